"""Start background work by name, so that services and tasks never import each other."""

import json
import logging
import time
from functools import cache
from typing import TYPE_CHECKING, Any, cast

import redis
from django.conf import settings
from django.db import transaction

from dashboard.core import valkey
from dashboard.core.circuits import Circuit

if TYPE_CHECKING:
    from celery import Celery

logger = logging.getLogger(__name__)
QUEUES = ("default", "train")
SENT_AT = "forage_sent_at"  # a header of messages: seconds since 1970
PATIENCE_SECONDS = 1  # a person waits behind this
# One name of what bounds a wait, by transport: Redis reads `socket_…`, AMQP the others.
_TIMEOUTS = ("socket_timeout", "socket_connect_timeout", "connect_timeout", "read_timeout", "write_timeout")


@cache
def _producer() -> "Celery":
    from celery import Celery  # a web process that starts no job does not pay for Celery

    producer = Celery("forage-producer")
    # Celery prefers the environment's CELERY_BROKER_URL to `broker_url`; what the settings say must hold.
    producer.conf.broker_url = producer.conf.broker_write_url = settings.CELERY_BROKER_URL
    names = [name for name in _TIMEOUTS if name.startswith("socket_") == _is_redis()]
    producer.conf.broker_transport_options = dict.fromkeys(names, PATIENCE_SECONDS)
    producer.conf.broker_connection_timeout = PATIENCE_SECONDS
    return producer


@cache
def _circuit(url: str) -> Circuit:
    """After a message that was not taken in time the next ones of this process are not tried (see `enqueue`)."""
    return Circuit("broker of tasks", lambda: not broker_problem())


def _is_away() -> bool:
    """Where one server is broker and cache, asking the cache tells sooner: Celery takes half a second to load."""
    if settings.CELERY_BROKER_URL == settings.REDIS_URL and not valkey.answers():
        return True
    return _circuit(settings.CELERY_BROKER_URL).is_open


def _is_redis() -> bool:
    return bool(settings.CELERY_BROKER_URL.startswith(("redis://", "rediss://")))


def _send(name: str, queue: str, arguments: dict[str, Any]) -> None:
    _producer().send_task(name, kwargs=arguments, queue=queue, retry=False, headers={SENT_AT: time.time()})


def consumers() -> dict[str, set[str]]:
    """Names of the workers that answer now, by queue; empty where the broker or nobody answers."""
    try:
        answers = _producer().control.inspect(timeout=PATIENCE_SECONDS).active_queues() or {}
    except Exception as error:  # whatever the transport raises
        logger.warning("Nobody can be asked, the broker does not answer: %s", error)
        return {}
    found: dict[str, set[str]] = {}
    for worker, queues in answers.items():
        for queue in queues:
            found.setdefault(queue["name"], set()).add(worker)
    return found


def waiting_tasks() -> dict[str, int]:
    """How many messages wait, by queue; empty where the broker is no Valkey or Redis, or does not answer."""
    if not _is_redis():
        return {}
    try:
        with redis.Redis.from_url(settings.CELERY_BROKER_URL, socket_timeout=1, socket_connect_timeout=1) as broker:
            return {queue: int(broker.llen(queue)) for queue in QUEUES}
    except redis.RedisError:
        return {}


def oldest_waiting_seconds() -> dict[str, float | None]:
    """How long the oldest message of each queue has waited, None where none waits; empty as `waiting_tasks` is."""
    if not _is_redis():
        return {}
    try:
        with redis.Redis.from_url(settings.CELERY_BROKER_URL, socket_timeout=1, socket_connect_timeout=1) as broker:
            # Celery puts in on the left and takes out on the right
            return {queue: _waited(cast(bytes | None, broker.lindex(queue, -1))) for queue in QUEUES}
    except redis.RedisError:
        return {}


def _waited(message: bytes | None) -> float | None:
    """None also for a message that does not tell when it was sent: those of versions before do not."""
    sent_at = json.loads(message)["headers"].get(SENT_AT) if message else None
    return None if sent_at is None else max(0.0, time.time() - float(sent_at))


def broker_problem() -> str:
    """Why the broker takes no messages; empty where it does."""
    try:
        with _producer().connection_for_write() as broker:
            broker.ensure_connection(max_retries=1, timeout=PATIENCE_SECONDS)
    except Exception as error:  # whatever the transport raises
        return str(error) or type(error).__name__
    return ""


def enqueue(name: str, *, queue: str = "default", **arguments: Any) -> None:
    """Send the task `name` once the current transaction commits; nothing is sent if it rolls back.

    Where the broker does not answer the log says so and the caller goes on: what must be done is a row in Postgres,
    and a periodic task finds it again.
    """

    def send() -> None:
        if _is_away():
            logger.warning("%s was not sent, the broker does not answer yet", name)
            return
        try:
            _send(name, queue, arguments)
        except Exception as error:  # whatever the transport raises: the caller's work is committed
            _circuit(settings.CELERY_BROKER_URL).open()
            logger.warning("%s was not sent, the broker does not answer: %s", name, error)

    transaction.on_commit(send)
