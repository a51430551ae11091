"""Valkey: small counters and the shared cache. It may be down or hang: nothing that a shop sent depends on it.

Whoever asks waits for a quarter of a second at most (settings.BROKER_TIMEOUTS); then all of this process go on without
it until it answers again.
"""

from collections.abc import Callable
from functools import cache
from typing import TypeVar

import redis
from django.conf import settings

from dashboard.core.circuits import Circuit

Answer = TypeVar("Answer")


class _Broker:
    """The connections to one address, and whether they are used at all."""

    def __init__(self, url: str) -> None:
        self.client = redis.Redis.from_url(url, **settings.BROKER_TIMEOUTS)
        self.circuit = Circuit("broker", lambda: bool(self.client.ping()))

    def attempt(self, question: Callable[[], Answer], otherwise: Answer) -> Answer:
        if self.circuit.is_open:
            return otherwise
        try:
            return question()
        except (redis.RedisError, OSError):
            self.circuit.open()
            return otherwise


@cache
def _broker(url: str) -> _Broker:
    return _Broker(url)


def ask(question: Callable[[redis.Redis], Answer], otherwise: Answer) -> Answer:
    """Put a question to the broker; `otherwise` is the answer while it is away."""
    broker = _broker(settings.REDIS_URL)
    return broker.attempt(lambda: question(broker.client), otherwise)


def attempt(question: Callable[[], Answer], otherwise: Answer) -> Answer:
    """The same for a question that has its own way there, as Django's cache has."""
    return _broker(settings.REDIS_URL).attempt(question, otherwise)


def when_back(key: object, action: Callable[[], object]) -> None:
    """Do it once the broker, which is away, answers again."""
    _broker(settings.REDIS_URL).circuit.when_back(key, action)


def answers() -> bool:
    """Whether the broker is there."""
    return ask(lambda client: bool(client.ping()), False)
