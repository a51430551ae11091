"""Start background work by name, so that services and tasks never import each other."""

from functools import cache, partial
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction

if TYPE_CHECKING:
    from celery import Celery


@cache
def _producer() -> "Celery":
    from celery import Celery  # a web process that starts no job does not pay for Celery

    return Celery("forage-producer", broker=settings.CELERY_BROKER_URL)


def _send(name: str, queue: str, arguments: dict[str, Any]) -> None:
    _producer().send_task(name, kwargs=arguments, queue=queue)


def enqueue(name: str, *, queue: str = "default", **arguments: Any) -> None:
    """Send the task `name` once the current transaction commits; nothing is sent if it rolls back."""
    transaction.on_commit(partial(_send, name, queue, arguments))
