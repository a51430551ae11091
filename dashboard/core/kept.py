"""Figures that may be some minutes old: worked out by one process, kept for all in the shared cache."""

from collections.abc import Callable
from typing import TypeVar

from django.core.cache import cache

from dashboard.core import valkey

Value = TypeVar("Value")


def kept(key: str, seconds: int | Callable[[Value], int], work_out: Callable[[], Value]) -> Value:
    """The value of `key`, not older than `seconds`, which may depend on it. While the cache is away it is worked out
    each time.

    `key` names all that it depends on. None is never kept.
    """
    found: Value | None = valkey.attempt(lambda: cache.get(key), None)
    if found is not None:
        return found
    value = work_out()
    return kept_anew(key, seconds(value) if callable(seconds) else seconds, value)


def kept_anew(key: str, seconds: int, value: Value) -> Value:
    """Keep a value in place of what was kept of `key`, and return it."""
    valkey.attempt(lambda: cache.set(key, value, seconds), None)
    return value
