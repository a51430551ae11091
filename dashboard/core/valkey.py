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


class _Broker:
    """The connections to one address, and how long it is left alone after it did not answer."""

    def __init__(self, url: str) -> None:
        self.client = redis.Redis.from_url(
            url, socket_timeout=_TIMEOUT_SECONDS, socket_connect_timeout=_TIMEOUT_SECONDS
        )
        self.paused_until = 0.0

    def ask(self, question: Callable[[redis.Redis], Answer], otherwise: Answer) -> Answer:
        if time.monotonic() < self.paused_until:
            return otherwise
        try:
            return question(self.client)
        except redis.RedisError:
            self.paused_until = time.monotonic() + _PAUSE_SECONDS
            logger.warning("The broker does not answer; going on without it for %.0f s.", _PAUSE_SECONDS)
            return otherwise


@cache
def _broker(url: str) -> _Broker:
    return _Broker(url)


def ask(question: Callable[[redis.Redis], Answer], otherwise: Answer) -> Answer:
    """Put a question to the broker; `otherwise` is the answer while it is down."""
    return _broker(settings.REDIS_URL).ask(question, otherwise)


def answers() -> bool:
    """Whether the broker is there."""
    return ask(lambda client: bool(client.ping()), False)
