"""Months while somebody else, a dump for instance, reads the tables."""

from datetime import timedelta

import psycopg2
import pytest
from django.db import OperationalError, connection

from dashboard.core import clock
from dashboard.events.models import Interaction
from dashboard.events.services import import_events, keep_partitions, partitions
from tests.events.test_partitions import in_default, partition_of

pytestmark = pytest.mark.django_db
LONG_AGO = clock.now() - timedelta(days=400)


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(partitions, "LOCK_SECONDS", 0.05)
    monkeypatch.setattr(partitions, "PAUSES_SECONDS", (0.0, 0.0))
    monkeypatch.setattr(partitions, "_given_up_until", 0.0)


@pytest.fixture
def dump():
    """Another session that reads every table of months in one transaction, as pg_dump does."""
    known = connection.get_connection_params()
    session = psycopg2.connect(**{name: known[name] for name in ("dbname", "user", "password", "host", "port")})
    with session.cursor() as cursor:
        cursor.execute(f"LOCK TABLE {', '.join(partitions.TABLES)} IN ACCESS SHARE MODE")
    yield session
    session.close()


@pytest.fixture
def history(tmp_path):
    path = tmp_path / "history.csv"
    path.write_text(f"event_id,visitor_id,item_id,timestamp\nold,v,mug,{LONG_AGO.isoformat()}\n")
    return path


def test_an_import_during_a_dump_stores_everything_and_its_months_come_later(shop, dump, history):
    assert import_events(shop=shop, path=history).accepted == 1
    assert Interaction.objects.filter(shop=shop).count() == in_default() == 1
    dump.rollback()
    keep_partitions()
    assert partition_of("old") == f"events_interaction_m{LONG_AGO:%Y_%m}"
    assert in_default() == 0


def test_a_month_is_made_as_soon_as_the_lock_is_gone(dump, monkeypatch):
    pauses = []

    def waiting(seconds):
        pauses.append(seconds)
        dump.rollback()

    monkeypatch.setattr(partitions, "sleep", waiting)
    assert f"events_interaction_m{LONG_AGO:%Y_%m}" in partitions.make_months([LONG_AGO])
    assert len(pauses) == 1


def test_who_has_given_up_does_not_wait_at_every_step(dump, django_assert_num_queries):
    assert partitions.make_months([LONG_AGO]) == []
    with django_assert_num_queries(0):
        assert partitions.make_months([LONG_AGO]) == []


def test_nightly_work_goes_on_while_a_dump_runs(dump, settings):
    settings.EVENTS_RETENTION_MONTHS = 1
    later = clock.now() + timedelta(days=31 * 8)
    assert keep_partitions(now=later) == []
    dump.rollback()
    assert keep_partitions(now=later)


def test_other_mistakes_are_not_taken_for_locks():
    def broken():
        raise OperationalError("the disk is full")

    with pytest.raises(OperationalError):
        partitions._patiently(broken)
