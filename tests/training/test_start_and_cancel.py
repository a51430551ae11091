"""Starting a run and ending it before it has done anything."""

import pytest

from dashboard.accounts.models import AuditEntry
from dashboard.core import errors, jobs
from dashboard.training import selectors, services, states
from dashboard.training.models import Run


def test_a_run_is_queued_and_sent_to_the_train_queue_on_commit(shop, owner, sent, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        run = services.start_run(shop=shop, preset="fast", requested_by=owner)
        assert sent == []
    assert run.state == "queued"
    assert sent == [("training.train", "train", {"run_id": run.pk})]


def test_a_second_run_is_refused_and_the_running_one_named(shop):
    run = services.start_run(shop=shop)
    with pytest.raises(errors.Conflict, match=f"Run {run.pk} .* queued"):
        services.start_run(shop=shop)
    assert Run.objects.count() == 1


def test_another_shop_trains_at_the_same_time(shop, other_shop):
    services.start_run(shop=shop)
    assert services.start_run(shop=other_shop).state == "queued"


def test_an_unknown_preset_is_refused_by_field(shop):
    with pytest.raises(errors.Invalid) as refused:
        services.start_run(shop=shop, preset="magic")
    assert "preset" in refused.value.fields


def test_a_run_stays_queued_when_the_broker_does_not_answer(
    shop, monkeypatch, settings, django_capture_on_commit_callbacks, caplog
):
    monkeypatch.undo()
    settings.CELERY_BROKER_URL = "redis://127.0.0.1:1/0"
    jobs._producer.cache_clear()
    with django_capture_on_commit_callbacks(execute=True):
        run = services.start_run(shop=shop)
    jobs._producer.cache_clear()
    assert Run.objects.get(pk=run.pk).state == "queued"
    assert "training.train was not sent" in caplog.text


def test_a_queued_run_is_cancelled_at_once(shop, owner):
    run = services.start_run(shop=shop)
    services.cancel_run(run=run, actor=owner)
    run.refresh_from_db()
    assert (run.state, run.reason_code) == ("cancelled", "cancelled")
    assert selectors.active_run(shop) is None


def test_what_has_ended_cannot_be_cancelled(shop):
    run = services.start_run(shop=shop)
    services.cancel_run(run=run)
    with pytest.raises(errors.Conflict, match="ended already"):
        services.cancel_run(run=run)


def test_who_started_and_cancelled_is_in_the_audit_trail(shop, owner):
    run = services.start_run(shop=shop, requested_by=owner, preset="best")
    services.cancel_run(run=run, actor=owner)
    entries = AuditEntry.objects.filter(shop=shop, actor=owner).order_by("pk")
    assert [entry.action for entry in entries] == ["run.start", "run.cancel"]
    assert entries[0].detail["preset"] == "best"


@pytest.mark.parametrize("ended", ["published", "failed", "cancelled"])
@pytest.mark.parametrize("to", ["running", "evaluating", "rejected", "queued"])
def test_an_ended_run_never_moves_again(shop, ended, to):
    run = Run.objects.create(shop=shop, state=ended, trigger="manual")
    with pytest.raises(states.IllegalMove, match=ended):
        states.move(run.pk, to)


def test_a_worker_with_an_old_token_moves_nothing(shop):
    run = Run.objects.create(shop=shop, state="running", trigger="manual", fencing_token=4)
    with pytest.raises(states.LeaseLost):
        states.move(run.pk, "evaluating", token=3)
    run.refresh_from_db()
    assert run.state == "running"
