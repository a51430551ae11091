"""The database as it is at one moment: what is counted, which artifacts it names, and a dump all tell of the same."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from psycopg2 import sql

from dashboard.standalone.backups.postgres_tools import own_session

_TABLES = """
    SELECT relname FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition ORDER BY relname
"""


@dataclass(frozen=True)
class Snapshot:
    """`name`: by which pg_dump joins it. `artifacts`: {path: {file: sha256}}."""

    name: str
    server_version: int
    rows: dict[str, int]
    shops: list[str]
    migrations: list[list[str]]
    artifacts: dict[str, dict[str, str]]


@contextmanager
def database_snapshot() -> Iterator[Snapshot]:
    """Lasts as long as the context: others go on writing meanwhile."""
    session = own_session()
    session.set_session(isolation_level="REPEATABLE READ", readonly=True)
    try:
        with session.cursor() as cursor:
            cursor.execute("SELECT pg_export_snapshot(), current_setting('server_version_num')::int")
            name, version = cursor.fetchone()
            cursor.execute(_TABLES)
            rows = {table: _count(cursor, table) for (table,) in cursor.fetchall()}
            cursor.execute("SELECT slug FROM public.accounts_shop ORDER BY id")
            shops = [slug for (slug,) in cursor.fetchall()]
            cursor.execute("SELECT app, name FROM public.django_migrations ORDER BY app, name")
            migrations = [[app, name_] for app, name_ in cursor.fetchall()]
            cursor.execute("SELECT path, checksums FROM public.training_artifact ORDER BY shop_id, version")
            artifacts = dict(cursor.fetchall())
        yield Snapshot(name, version, rows, shops, migrations, artifacts)
    finally:
        session.close()


def _count(cursor: Any, table: str) -> int:
    cursor.execute(sql.SQL("SELECT count(*) FROM public.{}").format(sql.Identifier(table)))
    return int(cursor.fetchone()[0])
