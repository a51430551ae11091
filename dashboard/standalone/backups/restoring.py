"""Put a backup in the place of what is there: artifacts first, then all of the database by one transaction.

Until that commits nothing that is served has changed, so a restore that fails or is killed leaves what there was.
"""

import io
import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import redis
from django.conf import settings
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from dashboard.core import errors, valkey
from dashboard.core.heartbeats import PREFIX as HEARTBEATS
from dashboard.core.tenancy import operator_scope
from dashboard.standalone.backups import kept_secrets, manifest, postgres_tools
from dashboard.standalone.backups.manifest import Manifest, artifact_file
from dashboard.standalone.backups.place import Place, copied
from dashboard.training import store

Report = Callable[[str, float], None]
_DATABASE_FROM, _LAST_FROM = 0.4, 0.9
_EMPTIED = """SET client_min_messages = warning;
SET lock_timeout = '60s';
DROP SCHEMA IF EXISTS public CASCADE;
CREATE SCHEMA public;"""
_SEEN_WHOLE = "SET row_security = on;"
_COUNTED = (
    "DO $$ BEGIN IF (SELECT count(*) FROM public.{table}) <> {rows} THEN "
    "RAISE EXCEPTION 'the table {table} does not hold the {rows} rows of the backup'; END IF; END $$;"
)


@dataclass(frozen=True)
class Restored:
    """`needs_restart`: the secret key of the backup is another one than running processes have."""

    manifest: Manifest
    has_secrets: bool
    needs_restart: bool


def check_backup(address: str, *, report: Report = lambda text, share: None) -> Manifest:
    """Read all of a backup, and compare every file with the manifest. Raises `Conflict` that names a wrong one."""
    place = Place(address)
    found = Manifest.read(place)
    for done, (name, facts) in enumerate(found.files.items()):
        report(name, done / len(found.files))
        if not place.has(name) or place.facts(name) != facts:
            raise _altered(place, name)
    return found


def restore_backup(address: str, *, replace: bool = False, report: Report = lambda text, share: None) -> Restored:
    """Put the backup at `address` into this installation.

    Raises `Conflict` where there are shops here already and `replace` is False, where a file is not as the manifest
    says, for a backup of a newer Forage, and where the database does not take it.
    """
    place = Place(address)
    found = Manifest.read(place)
    _require_known(found)
    postgres_tools.require_tools()
    if not replace and _has_shops():
        raise errors.Conflict("There are shops here already. A restore replaces all of them: say so with --replace.")
    settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=settings.DATA_DIR, prefix=".restore-") as folder:
        dumped = _fetched(place, found, manifest.DUMP, Path(folder))
        secrets = _secrets(place, found)
        connection.close()
        with postgres_tools.others_cut_off():
            names = _artifacts_stored(place, found, Path(folder), report)
            report("database", _DATABASE_FROM)
            _load(dumped, found, names)
    report("what this version adds", _LAST_FROM)
    _finish()
    return Restored(found, bool(secrets), kept_secrets.put_back(secrets))


def _require_known(found: Manifest) -> None:
    loader = MigrationLoader(None, ignore_no_migrations=True)
    known = _known(loader)
    unknown = [f"{app}.{name}" for app, name in found.migrations if (app, name) not in known]
    if unknown:
        raise errors.Conflict(f"The backup is of a newer Forage, which has {unknown[0]}: restore it with that version.")


def _known(loader: MigrationLoader) -> set[tuple[str, str]]:
    replaced = {key for migration in loader.disk_migrations.values() for key in migration.replaces}
    return set(loader.disk_migrations) | replaced


def _has_shops() -> bool:
    with connection.cursor() as cursor:
        if "accounts_shop" not in connection.introspection.table_names(cursor):
            return False
        cursor.execute("SELECT EXISTS (SELECT 1 FROM accounts_shop)")
        return bool(cursor.fetchone()[0])


def _fetched(place: Place, found: Manifest, name: str, folder: Path) -> Path:
    """A copy here, compared with the manifest."""
    path = folder / Path(name).name
    with place.opened(name) as source, path.open("wb") as target:
        facts = copied(source, target)
    if facts != found.files.get(name):
        raise _altered(place, name)
    return path


def _secrets(place: Place, found: Manifest) -> dict[str, str]:
    if manifest.SECRETS not in found.files:
        return {}
    with place.opened(manifest.SECRETS) as source:
        raw = source.read()
    if copied(io.BytesIO(raw)) != found.files[manifest.SECRETS]:
        raise _altered(place, manifest.SECRETS)
    return dict(json.loads(raw))


def _artifacts_stored(place: Place, found: Manifest, folder: Path, report: Report) -> dict[str, str]:
    """{path in the backup: path in the store}. What was stored is taken out again where a later one fails."""
    names: dict[str, str] = {}
    try:
        for done, (path, files) in enumerate(found.artifacts.items()):
            report(path, _DATABASE_FROM * done / len(found.artifacts))
            names[path] = _artifact_stored(place, found, path, files, folder)
    except BaseException:
        _forget(names)
        raise
    return names


def _artifact_stored(place: Place, found: Manifest, path: str, files: list[str], folder: Path) -> str:
    with tempfile.TemporaryDirectory(dir=folder) as own:
        for name in files:
            _fetched(place, found, artifact_file(path, name), Path(own))
        there = _manifest_there(path)
        if there is not None and there == (Path(own) / store.MANIFEST).read_bytes():
            return path
        name = path if there is None else store.next_name(path)
        store.put_folder(Path(own), name)
        return name


def _manifest_there(path: str) -> bytes | None:
    """Of what the store holds under this path; None where it holds nothing."""
    try:
        with store.opened_file(f"{path}/{store.MANIFEST}") as source:
            return source.read()
    except errors.NotFound:
        return None


def _load(dumped: Path, found: Manifest, names: dict[str, str]) -> None:
    moved = [_moved(path, name) for path, name in names.items() if path != name]
    counted = [_COUNTED.format(table=table, rows=rows) for table, rows in found.rows.items()]
    try:
        postgres_tools.load(dumped, before=_EMPTIED, after="\n".join([_SEEN_WHOLE, *moved, *counted]))
    except BaseException:
        _forget(names)
        raise


def _moved(path: str, name: str) -> str:
    old, new = (text.replace("'", "''") for text in (path, name))
    return f"UPDATE public.training_artifact SET path = '{new}' WHERE path = '{old}';"  # noqa: S608


def _forget(names: dict[str, str]) -> None:
    """Take out what was stored under a name of its own; what has its old name may have been there before."""
    for path, name in names.items():
        if path != name:
            store.delete_folder(name)


@operator_scope("a backup is of every shop")
def _finish() -> None:
    """The schema of this version, statistics for plans, and nothing remembered of what was there before."""
    call_command("migrate", interactive=False, verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    for pattern in ("forage:*", cache.make_key("*")):
        valkey.ask(partial(_delete, pattern=pattern), None)


def _delete(client: redis.Redis, pattern: str) -> None:
    """All but signs of life: those that work go on working."""
    for key in client.scan_iter(pattern, count=1_000):
        if not key.startswith(HEARTBEATS.encode()):
            client.delete(key)


def _altered(place: Place, name: str) -> errors.Conflict:
    return errors.Conflict(f"{place.address}: {name} is missing or was altered; this backup cannot be restored.")
