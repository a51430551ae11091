"""What workers tell of themselves."""

import json
import time

import pytest
import redis
from django.conf import settings

from dashboard.core import heartbeats, jobs, valkey
from dashboard.operations.models import TaskFailure
from workers import watching
from workers.tasks import events, exports


@pytest.fixture
def queue(monkeypatch):
    """A queue of our own, empty before and after."""
    name = "of-this-test"
    monkeypatch.setattr(jobs, "QUEUES", (name,))
    with redis.Redis.from_url(settings.CELERY_BROKER_URL) as broker:
        broker.delete(name)
        yield name
        broker.delete(name)


def test_a_task_that_fails_leaves_a_row_with_its_reason(db, monkeypatch):
    monkeypatch.setattr(exports.services, "run_export", lambda **_: 1 / 0)
    exports.write.apply(kwargs={"export_id": 7})
    found = TaskFailure.objects.get()
    assert (found.task, found.arguments, found.times) == ("exports.write", {"export_id": 7}, 1)
    assert found.reason.startswith("ZeroDivisionError")


def test_a_task_that_is_done_leaves_none(shop):
    events.rollup.apply(throw=True)
    assert not TaskFailure.objects.exists()


def test_a_message_tells_how_long_it_has_waited(db, queue, django_capture_on_commit_callbacks):
    assert jobs.oldest_waiting_seconds() == {queue: None}
    with django_capture_on_commit_callbacks(execute=True):
        jobs.enqueue("exports.sweep", queue=queue)
        jobs.enqueue("exports.sweep", queue=queue)
    with redis.Redis.from_url(settings.CELERY_BROKER_URL) as broker:
        oldest = json.loads(broker.lindex(queue, -1))
        oldest["headers"][jobs.SENT_AT] = time.time() - 1_000
        broker.lset(queue, -1, json.dumps(oldest))
    assert jobs.waiting_tasks() == {queue: 2}
    assert jobs.oldest_waiting_seconds()[queue] == pytest.approx(1_000, abs=60)


def test_what_beat_sends_tells_it_too():
    headers = {}
    watching.note_when_sent(headers=headers)
    assert headers[jobs.SENT_AT] == pytest.approx(time.time(), abs=60)


class _Eventer:
    hostname = "default@of-this-test"

    class app:  # noqa: N801
        class amqp:  # noqa: N801
            class queues:  # noqa: N801
                consume_from = {"default": None}


class _Heart:
    eventer = _Eventer


def test_a_worker_tells_that_it_lives_every_ten_seconds_at_most(monkeypatch):
    told = []
    monkeypatch.setattr(watching, "_beaten_at", -1_000.0)
    monkeypatch.setattr(heartbeats, "beat_worker", lambda name, **facts: told.append((name, facts["queues"])))
    for _ in range(3):
        watching.tell_of_life(sender=_Heart)
    assert told == [("default@of-this-test", ["default"])]


def test_a_worker_that_fell_silent_is_told_from_one_that_lives(monkeypatch):
    valkey.ask(lambda client: client.delete(heartbeats.WORKERS_KEY), None)
    heartbeats.beat_worker("lives@here", queues=["default"], busy=2, done=5)
    now = time.time
    with monkeypatch.context() as earlier:
        earlier.setattr(heartbeats.time, "time", lambda: now() - heartbeats.WORKER_ALIVE_SECONDS - 1)
        heartbeats.beat_worker("silent@here", queues=["train"], busy=0, done=1)
    assert [(worker.name, worker.is_alive) for worker in heartbeats.workers()] == [
        ("lives@here", True),
        ("silent@here", False),
    ]
