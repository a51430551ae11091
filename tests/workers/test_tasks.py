"""Tasks fetch, call, and nothing more: what each of them sets going."""

import subprocess
import sys

import pytest

from dashboard.accounts.models import Shop
from dashboard.core import clock
from dashboard.events.models import DailyKpi, Interaction
from dashboard.training.models import Run
from workers.tasks import events, experiments, training


@pytest.fixture(autouse=True)
def sent(monkeypatch):
    jobs = []
    monkeypatch.setattr(
        "dashboard.core.jobs._send", lambda name, queue, arguments: jobs.append((name, queue, arguments))
    )
    return jobs


def test_training_is_acknowledged_when_it_begins_and_all_else_when_it_is_done():
    from workers.app import app

    app.loader.import_default_modules()
    late = {name: task.acks_late for name, task in app.tasks.items() if not name.startswith("celery.")}
    assert [name for name, acks_late in late.items() if not acks_late] == ["training.train"]
    assert app.amqp.router.route({}, "training.train")["queue"].name == "train"


def test_a_train_message_of_a_run_that_is_gone_does_no_harm(db):
    training.train.apply(kwargs={"run_id": 7, "added_by_a_newer_version": True}, throw=True)


def test_the_sweep_finds_a_run_whose_worker_was_lost(shop, sent, django_capture_on_commit_callbacks):
    run = Run.objects.create(
        shop=shop, state="running", trigger="manual", attempt=1, lease_expires_at=clock.now(), heartbeat_at=clock.now()
    )
    with django_capture_on_commit_callbacks(execute=True):
        training.sweep.apply(throw=True)
    run.refresh_from_db()
    assert run.state == "queued"
    assert sent == [("training.train", "train", {"run_id": run.pk})]


def test_the_rollup_sums_today_for_every_shop(shop, other_shop):
    now = clock.now()
    for each in (shop, other_shop):
        Interaction.objects.create(
            shop=each, event_id="e", type="view_item", visitor_id="ada", item_id="mug", timestamp=now, received_at=now
        )
    events.rollup.apply(throw=True)
    assert set(DailyKpi.objects.filter(placement="", interactions=1).values_list("shop_id", flat=True)) == {
        shop.pk,
        other_shop.pk,
    }


def test_a_shop_whose_work_fails_keeps_no_other_from_its_own(shop, other_shop):
    Shop.objects.filter(pk=shop.pk).update(timezone="Mars/Base")
    now = clock.now()
    Interaction.objects.create(
        shop=other_shop, event_id="e", type="view_item", visitor_id="ada", item_id="mug", timestamp=now, received_at=now
    )
    assert shop.pk < other_shop.pk
    assert events.rollup.apply().failed()
    assert DailyKpi.objects.get(placement="").shop_id == other_shop.pk


@pytest.mark.parametrize("task", [events.rollup_all, experiments.refresh, training.start_due_runs, training.prune])
def test_periodic_tasks_have_nothing_to_do_in_an_empty_shop(shop, task):
    task.apply(throw=True)
    assert Run.objects.count() == 0


def test_a_worker_process_never_imports_torch():
    code = (
        "import sys; from workers.app import app; app.loader.import_default_modules();"
        "heavy = {'torch', 'sklearn', 'onnxruntime'} & set(sys.modules); sys.exit(', '.join(heavy) or 0)"
    )
    finished = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr
