"""Values that each process keeps in memory until somebody changes them.

A token per scope lives in the shared cache; a process reuses its value only while the token is the one it loaded under.
It asks for the token once a second: a change counts at once in the process that made it, and in every other within
FRESH_SECONDS. Each asking costs 0.15 ms, too much for every slate.
"""

import time
import uuid
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.core.cache import cache
from django.db import connection, transaction

from dashboard.core import valkey

Value = TypeVar("Value")
FRESH_SECONDS = 1.0
_AWAY = ""  # no token is empty


class Versioned(Generic[Value]):
    """In-process values of one kind, `scope` names what is invalidated together (a shop, for instance)."""

    def __init__(self, name: str, *, max_entries: int = 2000) -> None:
        self._name = name
        self._max_entries = max_entries
        self._entries: dict[Hashable, tuple[str, Value]] = {}
        self._tokens: dict[str, tuple[float, str]] = {}  # {cache key: (asked at, token)}

    def get(self, scope: object, key: Hashable, load: Callable[[], Value]) -> Value:
        """The value of `key`; `load` is called where this process has none of the current version.

        Without a shared cache every call loads: slower, never stale. So does every call of a transaction that has
        changed the scope: what it reads may never be committed.
        """
        if self._is_changed_here(scope):
            return load()
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

    def ask_again(self) -> None:
        """Look whether something has changed at the very next `get`, and not within a second."""
        self._tokens.clear()

    def invalidate(self, scope: object) -> None:
        """Forget the scope once this transaction commits; its own reads go past the memory until then."""
        transaction.on_commit(_Renewal(self, scope))

    def renew(self, scope: object) -> str | None:
        """A new token: from now on every process loads anew.

        None while the cache is away; then no process uses what it keeps, and this one sets the token once it is back.
        """
        key, token = self._cache_key(scope), uuid.uuid4().hex
        if len(self._tokens) >= self._max_entries:
            self._tokens.clear()
        self._tokens.pop(key, None)
        if not valkey.attempt(lambda: _set(key, token), False):
            valkey.when_back(key, lambda: self.renew(scope))
            return None
        self._tokens[key] = (time.monotonic(), token)
        return token

    def _is_changed_here(self, scope: object) -> bool:
        """Whether this transaction has changed the scope, and has not taken it back by a savepoint."""
        waiting = connection.run_on_commit
        return bool(waiting) and any(entry[1] == _Renewal(self, scope) for entry in waiting)

    def _cache_key(self, scope: object) -> str:
        return f"version:{self._name}:{scope}"

    def _token(self, scope: object) -> str | None:
        key = self._cache_key(scope)
        asked_at, token = self._tokens.get(key, (0.0, ""))
        if token and time.monotonic() - asked_at < FRESH_SECONDS:
            return token
        found: str | None = valkey.attempt(lambda: cache.get(key), _AWAY)
        if found == _AWAY:
            return None
        if found is None:
            return self.renew(scope)
        self._tokens[key] = (time.monotonic(), found)
        return found


def _set(key: str, token: str) -> bool:
    cache.set(key, token, timeout=None)
    return True


@dataclass(frozen=True)
class _Renewal:
    """What is done when a transaction that changed a scope commits."""

    values: Versioned[Any]
    scope: object

    def __call__(self) -> None:
        self.values.renew(self.scope)
