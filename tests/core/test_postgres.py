"""The connection to PostgreSQL."""

import pytest
from django.db import connection

from dashboard.core import clock
from dashboard.core.prepared import Prepared

pytestmark = pytest.mark.django_db


def asked_again(connection):
    """What a new request does before its first query; whether the server was asked."""
    connection.health_check_enabled, connection.health_check_done = True, False
    with pytest.MonkeyPatch.context() as patch:
        asked = []
        patch.setattr(connection, "is_usable", lambda: not asked.append(1))
        connection.close_if_health_check_failed()
    return bool(asked)


def test_its_health_is_asked_once_a_second(monkeypatch):
    monkeypatch.setattr(connection, "_answered_at", -1.0)
    assert [asked_again(connection), asked_again(connection)] == [True, False]
    assert connection.health_check_done
    connection._answered_at -= 1.0
    assert asked_again(connection)


def plans_of(name):
    with connection.cursor() as cursor:
        cursor.execute("SELECT generic_plans, custom_plans FROM pg_prepared_statements WHERE name = %s", [name])
        return cursor.fetchone()


def test_a_prepared_statement_is_planned_once_however_often_it_is_asked():
    days = Prepared(
        "test_days",
        "bigint, text, timestamptz",
        "SELECT count(*) FROM events_interaction WHERE shop_id = $1 AND visitor_id = $2 AND timestamp > $3",
    )
    for _ in range(7):
        assert days.rows([1, "anna", clock.now()]) == [(0,)]
    assert plans_of("test_days") == (7, 0)
