"""Figures that may be some minutes old: worked out by one process, kept for all in the shared cache."""

from collections.abc import Callable
from typing import TypeVar

from django.core.cache import cache

from dashboard.core import valkey

Value = TypeVar("Value")


def kept(key: str, seconds: int, work_out: Callable[[], Value]) -> Value:
    """The value of `key`, not older than `seconds`. While the cache is away it is worked out each time.

    `key` names all that it depends on. None is never kept.
    """
    value: Value | None = valkey.attempt(lambda: cache.get(key), None)
    if value is None:
        value = work_out()
        valkey.attempt(lambda: cache.set(key, value, seconds), None)
    return value
