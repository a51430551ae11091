"""The broker used for small counters. It may be down: nothing that a shop sent depends on it."""

import logging
import time
from collections.abc import Callable
from functools import cache
from typing import TypeVar

import redis
from django.conf import settings

logger = logging.getLogger(__name__)
Answer = TypeVar("Answer")

_TIMEOUT_SECONDS = 0.25
_PAUSE_SECONDS = 5.0  # after a failure: a broker that is down must not cost every request a timeout
_paused_until = 0.0


@cache
def _client() -> redis.Redis:
    return redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=_TIMEOUT_SECONDS, socket_connect_timeout=_TIMEOUT_SECONDS
    )


def ask(question: Callable[[redis.Redis], Answer], otherwise: Answer) -> Answer:
    """Put a question to the broker; `otherwise` is the answer while it is down."""
    global _paused_until
    if time.monotonic() < _paused_until:
        return otherwise
    try:
        return question(_client())
    except redis.RedisError:
        _paused_until = time.monotonic() + _PAUSE_SECONDS
        logger.warning("The broker does not answer; going on without it for %.0f s.", _PAUSE_SECONDS)
        return otherwise


def answers() -> bool:
    """Whether the broker is there."""
    return ask(lambda client: bool(client.ping()), False)
