"""The tables of months: made ahead of time, and dropped when behaviour is older than the installation keeps.

Months are of UTC. What falls into no month (very old imports, or a schedule that stood still) lies in the default
partition until its month is made. Names come from this module alone, never from outside.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from dashboard.accounts.row_security import protect_partitions
from dashboard.core import clock
from dashboard.core.tenancy import operator_scope
from dashboard.events.services.keys import KEY_GRACE_DAYS, drop_keys

#: The tables that are cut into months, and by which column.
TABLES = {"events_interaction": "timestamp", "events_impression": "timestamp", "events_exposure": "served_at"}
MONTHS_AHEAD = 3
MONTHS_BACK = 60  # as far as a secret key may write; what is older stays in the default partition
LOCK_SECONDS = 3  # ingest waits behind us at most so long; what we cannot do now, we do at the next call

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
    """Make the past months in which these moments lie, before history is stored there; returns their names."""
    this_month = _month_number(now or clock.now())
    wanted = {_month_number(moment) for moment in moments}
    wanted &= set(range(this_month - MONTHS_BACK, this_month + 1))
    missing = [(table, month) for table in TABLES for month in sorted(wanted - months_of(table).keys())]
    return [_make(table, month) for table, month in missing]


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
    return [_make(table, month) for month in needed if month not in present]


def _has_rows(table: str, month: int) -> bool:
    """Whether the default partition holds rows of a month that has no partition of its own."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT EXISTS (SELECT FROM {table} WHERE {_within(table)})", _bounds(month))  # noqa: S608
        return bool(cursor.fetchone()[0])


def _within(table: str) -> str:
    return f"{TABLES[table]} >= %(start)s AND {TABLES[table]} < %(end)s"


@transaction.atomic
def _make(table: str, month: int) -> str:
    """Make a month, and move what the default partition has of it there: through the table, as row policies want it."""
    start = _month_start(month)
    name, within, bounds = f"{table}_m{start:%Y_%m}", _within(table), _bounds(month)
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout TO '{LOCK_SECONDS}s'")
        cursor.execute(f"CREATE TABLE {name} (LIKE {table} INCLUDING DEFAULTS INCLUDING CONSTRAINTS)")
        cursor.execute(f"LOCK TABLE {table}_default IN ACCESS EXCLUSIVE MODE")
        cursor.execute(f"CREATE TEMP TABLE moved ON COMMIT DROP AS SELECT * FROM {table} WHERE {within}", bounds)  # noqa: S608
        cursor.execute(f"DELETE FROM {table} WHERE {within}", bounds)  # noqa: S608
        cursor.execute(f"ALTER TABLE {table} ATTACH PARTITION {name} FOR VALUES FROM (%(start)s) TO (%(end)s)", bounds)
        cursor.execute(f"INSERT INTO {table} SELECT * FROM moved")  # noqa: S608
        cursor.execute("DROP TABLE moved")
    protect_partitions()
    return name


def _drop_before(table: str, cutoff: datetime) -> list[str]:
    old = [name for month, name in months_of(table).items() if month < _month_number(cutoff)]
    for name in old:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout TO '{LOCK_SECONDS}s'")
            cursor.execute(f"DROP TABLE {name}")
    with connection.cursor() as cursor:  # only the default partition has such rows now
        cursor.execute(f"DELETE FROM {table} WHERE {TABLES[table]} < %s", [cutoff])  # noqa: S608
    return old


def _bounds(month: int) -> dict[str, Any]:
    return {"start": _month_start(month), "end": _month_start(month + 1)}


def _month_number(moment: datetime) -> int:
    moment = moment.astimezone(UTC)
    return moment.year * 12 + moment.month - 1


def _month_start(month: int) -> datetime:
    return datetime(month // 12, month % 12 + 1, 1, tzinfo=UTC)
