"""The connection to PostgreSQL."""

import pytest
from django.db import connection

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
