"""Skip the preparation (prepare.py, a whole Django start) when nothing changed since the last one that ended well.

Needs no Django: the supervisor stays small, and a warm start fast.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import psycopg2

from dashboard.standalone import stamps
from dashboard.standalone.discovery import ROOT

PREPARED_FILE = "prepared.json"
SOURCES = ("dashboard/**/*.py", "dashboard/static/**/*", "locale/**/*.po", ".venv/forage-*.stamp")
SETTING_NAMES = ("DATABASE_URL", "DEBUG", "STATIC_ROOT")


@dataclass(frozen=True)
class State:
    """What the supervisor must know of the database: stages of the first start still to do, and the sample shop."""

    open_steps: list[str]
    has_sample: bool


def remembered_state(data: Path, environment: Mapping[str, str], *, is_empty: bool) -> State | None:
    """The state, read from the database itself; None: run the preparation. `is_empty`: no sample shop is wanted."""
    try:
        kept = json.loads((data / PREPARED_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if kept.get("fingerprint") != _fingerprint(environment) or (kept["open_steps"] and not is_empty):
        return None
    return _ask(environment["DATABASE_URL"], {tuple(pair) for pair in kept.get("migrations", [])})


def remember(data: Path, environment: Mapping[str, str], result: Mapping[str, object]) -> None:
    """Keep what the preparation found: `migrations` (app and name of each applied one) and `open_steps`."""
    kept = {"fingerprint": _fingerprint(environment), **result}
    (data / PREPARED_FILE).write_text(json.dumps(kept), encoding="utf-8")


def first_start_ended(data: Path) -> None:
    """No stage is left to do: the next start need not prepare again to see that."""
    path = data / PREPARED_FILE
    kept = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**kept, "open_steps": []}), encoding="utf-8")


def _ask(url: str, migrations: set[tuple[str, str]]) -> State | None:
    """None where the database is not the one that was prepared (an older backup was brought back, say)."""
    try:
        connection = psycopg2.connect(url.replace("postgres://", "postgresql://", 1), connect_timeout=5)
    except psycopg2.OperationalError:
        return None
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT app, name FROM django_migrations")
            if not migrations or not migrations <= set(cursor.fetchall()):
                return None
            cursor.execute("SELECT 1 FROM accounts_shop WHERE is_sample")
            return State(open_steps=[], has_sample=cursor.fetchone() is not None)
    except psycopg2.Error:
        return None
    finally:
        connection.close()


def _fingerprint(environment: Mapping[str, str]) -> str:
    settings = "\0".join(environment.get(name, "") for name in SETTING_NAMES)
    return stamps.quick_fingerprint(_sources(), extra=settings)


def _sources() -> Iterator[Path]:
    for pattern in SOURCES:
        yield from (path for path in ROOT.glob(pattern) if path.is_file())
