"""Exposures of a web process: stored together, a moment after their slates, and none lost for another's sake."""

import threading

import pytest
from django.db import OperationalError, connection

from dashboard.core import metrics
from dashboard.events.models import Exposure
from dashboard.events.services import exposure_log, exposures
from dashboard.events.services.exposure_log import ExposureLog
from tests.events.test_exposures import log

pytestmark = pytest.mark.django_db(transaction=True)
TEN_SECONDS = 10


@pytest.fixture
def patient(monkeypatch):
    """The log of this process, which stores nothing before it is told to."""
    monkeypatch.setattr(exposure_log, "WAIT_SECONDS", 3600)
    found = ExposureLog(exposures._store)
    monkeypatch.setattr(exposures, "_log", found)
    return found


def test_the_slates_of_a_moment_are_stored_by_one_transaction(shop, patient):
    slates = {log(shop, visitor_id=f"v{number}", artifact_id=number or None, variant="B") for number in range(5)}
    assert Exposure.objects.count() == 0
    assert patient.flush()
    assert set(Exposure.objects.values_list("recommendation_id", flat=True)) == slates
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(DISTINCT xmin::text) FROM events_exposure")
        assert cursor.fetchone() == (1,)


def test_a_stored_slate_is_as_it_was_shown(shop, patient):
    slate = log(shop, visitor_id="ann", experiment_id=6, latency_ms=1.5, simulated=True)
    patient.flush()
    row = Exposure.objects.get(recommendation_id=slate)
    assert (row.visitor_id, row.artifact_id, row.experiment_id, row.latency_ms) == ("ann", None, 6, 1.5)
    assert (row.items[0]["propensity"], bytes(row.record)[0], row.simulated) == (0.25, 2, True)


def test_nobody_has_to_ask_for_it(monkeypatch):
    stored = threading.Event()
    ExposureLog(lambda rows: stored.set()).add(("a slate",))
    assert stored.wait(TEN_SECONDS)


def test_a_slate_that_cannot_be_stored_takes_no_other_with_it(shop, patient):
    kept = [log(shop), log(shop, visitor_id="v" * 1000), log(shop)]
    assert patient.flush()
    assert set(Exposure.objects.values_list("recommendation_id", flat=True)) == {kept[0], kept[2]}


def test_slates_wait_in_their_order_while_the_database_is_away(monkeypatch):
    monkeypatch.setattr(exposure_log, "WAIT_SECONDS", 3600)
    away, stored = [True], []

    def store(rows):
        if away:
            raise OperationalError("away")
        stored.extend(rows)

    waiting = ExposureLog(store)
    for name in ("first", "second"):
        waiting.add((name,))
    assert not waiting.flush()
    away.clear()
    assert waiting.flush()
    assert stored == [("first",), ("second",)]


def test_no_more_wait_than_memory_is_meant_for(monkeypatch):
    monkeypatch.setattr(exposure_log, "WAIT_SECONDS", 3600)
    monkeypatch.setattr(exposure_log, "MOST_WAITING", 2)
    stored = []
    waiting = ExposureLog(stored.extend)
    for name in ("first", "second", "third"):
        waiting.add((name,))
    waiting.flush()
    assert stored == [("second",), ("third",)]


@pytest.mark.parametrize("stored_before", [1, 3])
def test_a_slate_whose_answer_was_lost_is_stored_once_and_counts_as_none_lost(shop, monkeypatch, stored_before):
    monkeypatch.setattr(exposure_log, "WAIT_SECONDS", 3600)
    away = [True]

    def store(rows):
        exposures._store(rows[:stored_before])
        if away:
            raise OperationalError("the connection was cut after the commit")
        exposures._store(rows)

    patient = ExposureLog(store)
    monkeypatch.setattr(exposures, "_log", patient)
    slates = {log(shop) for _ in range(3)}
    lost = metrics.totals().get(exposure_log.LOST, 0)
    assert not patient.flush()
    away.clear()
    assert patient.flush()
    assert set(Exposure.objects.values_list("recommendation_id", flat=True)) == slates
    assert metrics.totals().get(exposure_log.LOST, 0) == lost


def test_a_slate_that_cannot_be_stored_counts_as_lost_once(shop, patient):
    lost = metrics.totals().get(exposure_log.LOST, 0)
    log(shop, visitor_id="v" * 1000)
    log(shop)
    assert patient.flush()
    assert metrics.totals()[exposure_log.LOST] == lost + 1
