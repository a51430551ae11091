"""The tables of months: made ahead of time, and dropped when behaviour is older than the installation keeps.

Months are of UTC. What falls into no month (very old imports, or a schedule that stood still) lies in the default
partition until its month is made. Names come from this module alone, never from outside.
"""

import logging
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from functools import partial
from time import monotonic, sleep
from typing import Any

from django.conf import settings
from django.db import OperationalError, connection, transaction
from psycopg2.errors import DeadlockDetected, LockNotAvailable

from dashboard.accounts.row_security import protect_partitions
from dashboard.core import clock
from dashboard.core.tenancy import operator_scope
from dashboard.events.services.keys import KEY_GRACE_DAYS, drop_keys

logger = logging.getLogger(__name__)

#: The tables that are cut into months, and by which column.
TABLES = {"events_interaction": "timestamp", "events_impression": "timestamp", "events_exposure": "served_at"}
#: How rows of a table are stored: exposures with their items compressed, a third of the row, though they would fit.
STORED = {"events_exposure": "WITH (toast_tuple_target = 128)"}
MONTHS_AHEAD = 3
MONTHS_BACK = 60  # as far as a secret key may write; what is older stays in the default partition
LOCK_SECONDS = 3  # ingest waits behind us at most so long; what we cannot do now, we do at the next call
PAUSES_SECONDS = (1.0, 3.0)  # before trying again while somebody else holds a lock
GIVEN_UP_SECONDS = 300.0  # a dump reads for long, and an import that met it has better to do than to wait at each step
_given_up_until = 0.0

_LOCK_TIMEOUT = "SELECT set_config('lock_timeout', %s, true)"
_PARTITIONS = """
    SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = %s::regclass AND c.relname LIKE %s ORDER BY 1
"""


@operator_scope("months hold the rows of every shop")
def keep_partitions(*, now: datetime | None = None) -> list[str]:
    """Make the months that are needed and drop those that are too old; returns the names of both. Safe to repeat.

    A past month is made when the default partition holds rows of it, which then move there.
    """
    now = now or clock.now()
    changed = [name for table in TABLES for name in _make_missing(table, now)]
    cutoff = installation_cutoff(now)
    if cutoff is None:
        return changed
    drop_keys(received_before=cutoff - timedelta(days=KEY_GRACE_DAYS))
    return changed + [name for table in TABLES for name in _drop_before(table, cutoff)]


@operator_scope("months hold the rows of every shop")
def make_months(moments: Iterable[datetime], *, now: datetime | None = None) -> list[str]:
    """Make the past months in which these moments lie, before history is stored there; returns the names of those made.

    Where somebody keeps the tables locked (`pg_dump` does, to its end) none is: the rows are stored all the same, in
    the default partition, and move at night.
    """
    if monotonic() < _given_up_until:
        return []
    this_month = _month_number(now or clock.now())
    wanted = {_month_number(moment) for moment in moments}
    wanted &= set(range(this_month - MONTHS_BACK, this_month + 1))
    missing = [(table, month) for table in TABLES for month in sorted(wanted - months_of(table).keys())]
    return _made(missing)


def installation_cutoff(now: datetime) -> datetime | None:
    """The start of the oldest month that the installation keeps whole; None: it keeps all."""
    months = settings.EVENTS_RETENTION_MONTHS
    return _month_start(_month_number(now) - months) if months else None


def months_of(table: str) -> dict[int, str]:
    """The partitions of a table by month, as months since year 0."""
    with connection.cursor() as cursor:
        cursor.execute(_PARTITIONS, [table, f"{table}\\_m%"])
        names = [row[0] for row in cursor.fetchall()]
    return {int(name[-7:-3]) * 12 + int(name[-2:]) - 1: name for name in names}


def _make_missing(table: str, now: datetime) -> list[str]:
    present, this_month = months_of(table), _month_number(now)
    possible = range(this_month - MONTHS_BACK, this_month + MONTHS_AHEAD + 1)
    needed = [month for month in possible if month >= this_month - 1 or _has_rows(table, month)]
    return _made((table, month) for month in needed if month not in present)


def _made(months: Iterable[tuple[str, int]]) -> list[str]:
    """Make months one after the other, until one cannot be made; returns the names of those made."""
    names = []
    for table, month in months:
        name = f"{table}_m{_month_start(month):%Y_%m}"
        if not _patiently(partial(_make, table, month, name)):
            break
        names.append(name)
    return names


def _patiently(change: Callable[[], None]) -> bool:
    """Whether a change of the tables was made; tried again while somebody holds a lock that it needs."""
    global _given_up_until
    for pause_seconds in (*PAUSES_SECONDS, None):
        try:
            change()
        except OperationalError as problem:
            if not isinstance(problem.__cause__, LockNotAvailable | DeadlockDetected):
                raise
            if pause_seconds is not None:
                sleep(pause_seconds)
        else:
            return True
    _given_up_until = monotonic() + GIVEN_UP_SECONDS
    logger.warning("The tables of months are locked by somebody, a dump perhaps; they are changed later.")
    return False


def _has_rows(table: str, month: int) -> bool:
    """Whether the default partition holds rows of a month that has no partition of its own."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT EXISTS (SELECT FROM {table} WHERE {_within(table)})", _bounds(month))  # noqa: S608
        return bool(cursor.fetchone()[0])


def _within(table: str) -> str:
    return f"{TABLES[table]} >= %(start)s AND {TABLES[table]} < %(end)s"


@transaction.atomic
def _make(table: str, month: int, name: str) -> None:
    """Make a month, and move what the default partition has of it there: through the table, as row policies want it."""
    within, bounds = _within(table), _bounds(month)
    with connection.cursor() as cursor:
        cursor.execute(_LOCK_TIMEOUT, [f"{LOCK_SECONDS * 1000:.0f}ms"])
        like = f"(LIKE {table} INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE)"
        cursor.execute(f"CREATE TABLE {name} {like} {STORED.get(table, '')}")
        cursor.execute(f"LOCK TABLE {table}_default IN ACCESS EXCLUSIVE MODE")
        cursor.execute(f"CREATE TEMP TABLE moved ON COMMIT DROP AS SELECT * FROM {table} WHERE {within}", bounds)  # noqa: S608
        cursor.execute(f"DELETE FROM {table} WHERE {within}", bounds)  # noqa: S608
        cursor.execute(f"ALTER TABLE {table} ATTACH PARTITION {name} FOR VALUES FROM (%(start)s) TO (%(end)s)", bounds)
        cursor.execute(f"INSERT INTO {table} SELECT * FROM moved")  # noqa: S608
        cursor.execute("DROP TABLE moved")
    protect_partitions()


def _drop_before(table: str, cutoff: datetime) -> list[str]:
    months = [name for month, name in months_of(table).items() if month < _month_number(cutoff)]
    old = [name for name in months if _patiently(partial(_drop, name))]
    with connection.cursor() as cursor:  # only the default partition has such rows now
        cursor.execute(f"DELETE FROM {table} WHERE {TABLES[table]} < %s", [cutoff])  # noqa: S608
    return old


@transaction.atomic
def _drop(name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_LOCK_TIMEOUT, [f"{LOCK_SECONDS * 1000:.0f}ms"])
        cursor.execute(f"DROP TABLE {name}")


def _bounds(month: int) -> dict[str, Any]:
    return {"start": _month_start(month), "end": _month_start(month + 1)}


def _month_number(moment: datetime) -> int:
    moment = moment.astimezone(UTC)
    return moment.year * 12 + moment.month - 1


def _month_start(month: int) -> datetime:
    return datetime(month // 12, month % 12 + 1, 1, tzinfo=UTC)
