"""The sweeper: runs that nobody works on any more."""

from datetime import timedelta

import pytest

from dashboard.core import clock
from dashboard.training import services, states
from dashboard.training.models import Run
from dashboard.training.services.lease import Timing, take_lease


@pytest.fixture
def lost(shop):
    """A run whose worker beat for the last time a minute ago."""

    def make(attempt=1, **columns):
        then = clock.now() - timedelta(minutes=1)
        defaults = {"state": "running", "trigger": "manual", "fencing_token": attempt, "attempt": attempt}
        return Run.objects.create(shop=shop, **{**defaults, "lease_expires_at": then, "heartbeat_at": then, **columns})

    return make


def test_a_lost_run_is_queued_and_sent_again(lost, sent, django_capture_on_commit_callbacks):
    run = lost()
    with django_capture_on_commit_callbacks(execute=True):
        assert services.sweep_runs()["requeued"] == 1
    run.refresh_from_db()
    assert run.state == "queued"
    assert sent == [("training.train", "train", {"run_id": run.pk})]


def test_the_old_worker_is_fenced_off_before_the_next_one_comes(lost):
    run = lost()
    services.sweep_runs()
    for to in ("failed", "cancelled", "evaluating"):
        with pytest.raises(states.LeaseLost):
            states.move(run.pk, to, token=1)


def test_after_three_attempts_a_lost_run_has_failed_and_says_why(lost):
    run = lost(attempt=3)
    assert services.sweep_runs()["failed"] == 1
    run.refresh_from_db()
    assert (run.state, run.reason_code) == ("failed", "worker_lost")
    assert "3 times" in run.reason


def test_a_run_whose_lease_holds_is_left_alone(lost):
    run = lost(lease_expires_at=clock.now() + timedelta(seconds=5))
    assert set(services.sweep_runs().values()) == {0}
    run.refresh_from_db()
    assert run.state == "running"


def test_a_cancelled_run_whose_worker_is_gone_ends_without_another_attempt(lost):
    run = lost(cancel_requested_at=clock.now(), lease_expires_at=clock.now() + timedelta(hours=1))
    assert services.sweep_runs()["cancelled"] == 1
    run.refresh_from_db()
    assert run.state == "cancelled"


def test_a_run_that_no_worker_was_told_of_is_sent_again_once_a_minute(shop, sent, django_capture_on_commit_callbacks):
    run = services.start_run(shop=shop)
    later = clock.now() + timedelta(seconds=61)
    with django_capture_on_commit_callbacks(execute=True):
        assert services.sweep_runs(now=later)["enqueued"] == 1
        assert services.sweep_runs(now=later + timedelta(seconds=15))["enqueued"] == 0
    assert ("training.train", "train", {"run_id": run.pk}) in sent


def test_each_lease_has_a_higher_token(shop):
    run = services.start_run(shop=shop)
    first = take_lease(run.pk, Timing())
    assert take_lease(run.pk, Timing()) is None
    services.sweep_runs(now=clock.now() + timedelta(minutes=5))
    second = take_lease(run.pk, Timing())
    assert second.token > first.token
    assert second.run.attempt == 2
    with pytest.raises(states.LeaseLost):
        first.beat(progress=0.9)
