"""Workers and trainers that are killed, cancelled or overtaken: real processes, real signals."""

import json
import os
import signal
import subprocess
import sys
import time
from datetime import timedelta

import psutil
import pytest

from dashboard.core import clock
from dashboard.training import selectors, services
from dashboard.training.models import Run

WORKER = """
import django, sys
django.setup()
from dashboard.training.services import execute_run
from dashboard.training.services.lease import Timing
execute_run(run_id=int(sys.argv[1]), timing=Timing(tick_seconds=0.05))
"""


def eventually(condition, seconds=20):
    """The first true answer of `condition`; fails after `seconds`."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if answer := condition():
            return answer
        time.sleep(0.05)
    pytest.fail("it did not happen in time")


def trainer_pid(run):
    """What the hanging trainer wrote into the log, once it did."""
    run.refresh_from_db()
    lines = [line.split("  ", 1)[1] for line in run.log_tail.splitlines() if '"pid"' in line]
    return json.loads(lines[-1])["pid"] if lines else None


def is_gone(pid):
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


@pytest.fixture
def hanging(busy_shop, trainer, timing):
    """Work on a run whose trainer hangs, and call `then(run)` once it does; returns run and trainer's process id."""

    def work(then):
        trainer.does("hang")
        run = services.start_run(shop=busy_shop)
        pids = []

        def watch(stage, progress):
            if not pids and (pid := trainer_pid(run)):
                pids.append(pid)
                then(run)

        services.execute_run(run_id=run.pk, timing=timing, watch=watch)
        run.refresh_from_db()
        return run, pids[0]

    return work


def test_a_cancel_stops_the_trainer_within_seconds(hanging):
    begun_at = time.monotonic()
    run, pid = hanging(lambda run: services.cancel_run(run=run))
    assert run.state == "cancelled"
    assert is_gone(pid)
    assert time.monotonic() - begun_at < 20


def test_a_worker_that_lost_its_lease_stops_its_trainer_and_writes_nothing_more(hanging):
    def overtake(run):
        Run.objects.filter(pk=run.pk).update(fencing_token=99, stage="another worker's")

    run, pid = hanging(overtake)
    assert (run.state, run.fencing_token, run.stage) == ("running", 99, "another worker's")
    assert is_gone(pid)


def test_a_worker_that_is_shut_down_gives_the_run_back_without_using_up_an_attempt(busy_shop, trainer, timing):
    trainer.does("hang")
    run = services.start_run(shop=busy_shop)

    def shut_down(stage, progress):
        if trainer_pid(run):
            sys.exit()

    with pytest.raises(SystemExit):
        services.execute_run(run_id=run.pk, timing=timing, watch=shut_down)
    assert is_gone(trainer_pid(run))
    run.refresh_from_db()
    assert (run.state, run.attempt) == ("queued", 0)


@pytest.fixture
def worker(settings, trainer, folders):
    """A worker process of its own on the test's database."""
    database = settings.DATABASES["default"]
    address = f"{database['USER']}:{database['PASSWORD']}@{database['HOST']}:{database['PORT']}/{database['NAME']}"
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "dashboard.settings",
        "DATABASE_URL": f"postgres://{address}",
        "FORAGE_DATA": str(folders / "data"),
        "ARTIFACT_STORE": settings.ARTIFACT_STORE,
        "TRAINER_COMMAND": ",".join(trainer.command),
    }
    started = []

    def start(run):
        command = [sys.executable, "-c", WORKER, str(run.pk)]
        started.append(subprocess.Popen(command, env=environment, cwd=settings.BASE_DIR))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


@pytest.mark.django_db(transaction=True)
def test_when_a_worker_is_killed_its_trainer_dies_and_the_next_attempt_goes_on(
    transactional_db, busy_shop, trainer, worker, timing
):
    trainer.does("hang")
    run = services.start_run(shop=busy_shop)
    process = worker(run)
    pid = eventually(lambda: trainer_pid(run))
    process.send_signal(signal.SIGKILL)
    process.wait()
    eventually(lambda: is_gone(pid))

    assert services.sweep_runs(now=clock.now())["requeued"] == 0
    assert services.sweep_runs(now=clock.now() + timedelta(seconds=26))["requeued"] == 1
    trainer.does("finish")
    services.execute_run(run_id=run.pk, timing=timing)
    run.refresh_from_db()
    assert (run.state, run.attempt) == ("published", 2)
    assert "goes on from pass 7" in run.log_tail
    assert selectors.active_artifact(busy_shop).run_id == run.pk


@pytest.mark.django_db(transaction=True)
def test_two_workers_on_one_run_make_one_artifact(transactional_db, busy_shop, trainer, worker):
    run = services.start_run(shop=busy_shop)
    for process in [worker(run), worker(run)]:
        assert process.wait(timeout=60) == 0
    run.refresh_from_db()
    assert (run.state, run.attempt) == ("published", 1)
    assert len(selectors.artifacts(busy_shop)) == 1
