"""What workers tell of themselves: that they live, which tasks they could not do, and since when a message waits."""

import time
from collections.abc import Mapping
from typing import Any

from celery.signals import before_task_publish, heartbeat_sent, task_failure
from celery.worker.state import active_requests, total_count

from dashboard.core import heartbeats
from dashboard.core.jobs import SENT_AT

BEAT_SECONDS = 10.0  # Celery's own comes every two
_beaten_at = 0.0


def tell_of_life(sender: Any, **_: Any) -> None:
    """Of a worker's main process; it waits for the broker a quarter of a second at most."""
    global _beaten_at
    if time.monotonic() - _beaten_at < BEAT_SECONDS:
        return
    _beaten_at = time.monotonic()
    eventer = sender.eventer
    queues = list(eventer.app.amqp.queues.consume_from)
    heartbeats.beat_worker(eventer.hostname, queues=queues, busy=len(active_requests), done=sum(total_count.values()))


def keep_failure(sender: Any, exception: BaseException, kwargs: Mapping[str, Any] | None = None, **_: Any) -> None:
    """A row for whoever runs the installation; Celery logs what goes wrong here."""
    from dashboard.operations.services import record_failure  # models, which are there once Django is set up

    queue = (getattr(sender.request, "delivery_info", None) or {}).get("routing_key") or "default"
    record_failure(task=sender.name, queue=queue, arguments=kwargs or {}, error=exception)


def note_when_sent(headers: dict[str, Any], **_: Any) -> None:
    headers.setdefault(SENT_AT, time.time())


heartbeat_sent.connect(tell_of_life)
task_failure.connect(keep_failure)
before_task_publish.connect(note_when_sent)
