"""Connections to PostgreSQL whose setting `forage.shop` follows the scope of core/tenancy.py.

Nothing is sent where the connection already has the right scope. Where it differs, `SET` travels with the next
statement in one message: 6 µs, and no round trip of its own. What a rollback may have undone is set again.
"""

import os
from contextlib import suppress
from typing import Any

from django.conf import settings
from psycopg2.extensions import connection, cursor

from dashboard.core.tenancy import NOBODY, current_scope

SETTING = "forage.shop"
#: Left to itself, the server plans a prepared statement anew each time where a plan for any visitor looks dearer than
#: one for this visitor, whatever the planning costs: a visitor's past took 4 ms of planning and 0.8 ms of reading.
_PLANNED_ONCE = "SET plan_cache_mode = force_generic_plan"
#: For whom a full machine stands back: helpers of a query would be forked by the server, and would not.
_WITHOUT_HELPERS = "SET max_parallel_workers_per_gather = 0"
_UNKNOWN = -2
#: These end or begin transactions, also failed ones: nothing may travel before them.
_CONTROL = ("ROLLBACK", "SAVEPOINT", "RELEASE", "COMMIT", "BEGIN", "SHOW")
#: These may share a message with another statement. Others (VACUUM, CREATE INDEX CONCURRENTLY) may not.
#: A statement that begins with SET may go on with a write ("SET LOCAL …; INSERT …"), so it is held to the scope too.
_SHARING = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "EXECUTE", "SET")
_LONGEST_WORD = 9


class ScopedCursor(cursor):
    """Sets the scope before whatever it sends."""

    def execute(self, query: Any, vars: Any = None) -> None:
        link: ScopedConnection = self.connection
        wanted = current_scope()
        if link.scope == wanted and not (isinstance(query, str) and query.startswith("ROLLBACK")):
            try:
                return super().execute(query, vars)
            except BaseException:
                link.scope = _UNKNOWN  # the failed transaction may have been the one that set it
                raise
        return self._execute_after_set(link, wanted, query, vars)

    def executemany(self, query: Any, vars_list: Any) -> None:
        self._prepare()
        super().executemany(query, vars_list)

    def callproc(self, *args: Any) -> Any:
        self._prepare()
        return super().callproc(*args)

    def copy_expert(self, *args: Any, **kwargs: Any) -> None:
        self._prepare()
        super().copy_expert(*args, **kwargs)

    def copy_from(self, *args: Any, **kwargs: Any) -> None:
        self._prepare()
        super().copy_from(*args, **kwargs)

    def copy_to(self, *args: Any, **kwargs: Any) -> None:
        self._prepare()
        super().copy_to(*args, **kwargs)

    def _execute_after_set(self, link: "ScopedConnection", wanted: int, query: Any, vars: Any) -> None:
        words = query.lstrip()[:_LONGEST_WORD].upper() if isinstance(query, str) else ""
        link.scope = _UNKNOWN
        if words.startswith(_CONTROL):
            return super().execute(query, vars)
        if self.name is None and words.startswith(_SHARING):
            super().execute(f"SET {SETTING} = '{wanted}'; {query}", vars)
        else:
            _set(link, wanted)
            super().execute(query, vars)
        link.scope = wanted
        return None

    def _prepare(self) -> None:
        link: ScopedConnection = self.connection
        wanted = current_scope()
        if link.scope != wanted:
            link.scope = _UNKNOWN
            _set(link, wanted)
            link.scope = wanted


class ScopedConnection(connection):
    """Remembers which scope the server has. A fresh connection has none: policies then show nothing."""

    scope: int = NOBODY

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.prepared: set[str] = set()  # names of the statements that the server has planned (core/prepared.py)
        with connection.cursor(self, cursor_factory=cursor) as plain:
            plain.execute("; ".join([_PLANNED_ONCE, *_stood_back(self)]))
        super().commit()  # or a rollback would undo it

    def cursor(self, *args: Any, **kwargs: Any) -> Any:
        kwargs.setdefault("cursor_factory", ScopedCursor)
        return super().cursor(*args, **kwargs)

    def rollback(self) -> None:
        self.scope = _UNKNOWN
        super().rollback()

    def reset(self) -> None:
        self.scope = _UNKNOWN
        super().reset()


def _stood_back(link: connection) -> list[str]:
    """The server's process of this connection, where the server is this machine's, gets the priority of ours: a sum
    of a nightly or minutely task must not take a core from what makes slates. Returns what is to be set for it."""
    priority = os.getpriority(os.PRIO_PROCESS, 0)
    if not settings.DATABASE_IS_HERE or priority <= 0:
        return []
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, link.get_backend_pid(), priority)
    return [_WITHOUT_HELPERS]


def _set(link: ScopedConnection, wanted: int) -> None:
    with connection.cursor(link, cursor_factory=cursor) as plain:
        plain.execute(f"SET {SETTING} = '{wanted}'")
