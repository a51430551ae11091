"""Values that each process keeps in memory until somebody changes them.

A token per scope lives in the shared cache; a process reuses its value only while the token is the one it loaded under.
So a change is seen by every process at its next read, for one cache read (0.1 ms) instead of a query and its parsing.
"""

import logging
import uuid
from collections.abc import Callable, Hashable
from functools import partial
from typing import Generic, TypeVar

from django.core.cache import cache
from django.db import transaction
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)
Value = TypeVar("Value")


class Versioned(Generic[Value]):
    """In-process values of one kind, `scope` names what is invalidated together (a shop, for instance)."""

    def __init__(self, name: str, *, max_entries: int = 2000) -> None:
        self._name = name
        self._max_entries = max_entries
        self._entries: dict[Hashable, tuple[str, Value]] = {}

    def get(self, scope: object, key: Hashable, load: Callable[[], Value]) -> Value:
        """The value of `key`; `load` is called where this process has none of the current version.

        Without a shared cache every call loads: slower, never stale.
        """
        token = self._token(scope)
        if token is None:
            return load()
        entry = self._entries.get((scope, key))
        if entry is not None and entry[0] == token:
            return entry[1]
        value = load()
        if len(self._entries) >= self._max_entries:
            self._entries.clear()
        self._entries[(scope, key)] = (token, value)
        return value

    def invalidate(self, scope: object) -> None:
        """Forget the scope: now, for this transaction's own reads, and at commit, for those who read in between."""
        self._renew(scope)
        transaction.on_commit(partial(self._renew, scope))

    def _cache_key(self, scope: object) -> str:
        return f"version:{self._name}:{scope}"

    def _token(self, scope: object) -> str | None:
        try:
            return cache.get(self._cache_key(scope)) or self._renew(scope)
        except (RedisError, OSError):
            logger.warning("The cache does not answer; %s is read from the database.", self._name)
            return None

    def _renew(self, scope: object) -> str | None:
        token = uuid.uuid4().hex
        try:
            cache.set(self._cache_key(scope), token, timeout=None)
        except (RedisError, OSError):
            logger.warning("The cache does not answer; a change of %s may be seen late.", self._name)
            return None
        return token
