"""Make a backup while everything goes on: the database as of one moment, and every artifact that it names then."""

import io
import json
import tempfile
from collections.abc import Callable
from pathlib import Path

from django.conf import settings

from dashboard.core import clock, errors
from dashboard.core.tenancy import operator_scope
from dashboard.standalone.backups import kept_secrets, manifest, postgres_tools
from dashboard.standalone.backups.manifest import Manifest, artifact_file
from dashboard.standalone.backups.place import FileFacts, Place
from dashboard.standalone.backups.snapshot import Snapshot, database_snapshot
from dashboard.training import selectors, store

Report = Callable[[str, float], None]
ATTEMPTS = 3
# Shares of the whole: the database takes as long as it is large, and every file is read again at the end.
_ARTIFACTS_FROM, _DATABASE_FROM, _CHECK_FROM = 0.0, 0.4, 0.7


#: (facts of each file, the files of each artifact, paths of artifacts that are not whole)
_Stored = tuple[dict[str, FileFacts], dict[str, list[str]], list[str]]


class _ReplacedMeanwhileError(Exception):
    """An artifact that the snapshot names is stored under another path by now, or was let go."""


def make_backup(address: str, *, with_secrets: bool = True, report: Report = lambda text, share: None) -> Manifest:
    """Store all of this installation at `address`; every file is read again and compared.

    Raises `Conflict` where a backup lies there already, `Unavailable` where the place or the database fails.
    """
    place = Place(address)
    if place.has(manifest.FILE):
        raise errors.Conflict(f"{address} holds a backup already; choose another folder, or remove that one.")
    for _attempt in range(ATTEMPTS):
        try:
            found = _stored(place, with_secrets, report)
        except _ReplacedMeanwhileError:
            continue
        _check(place, found, report)
        found.write(place)
        return found
    raise errors.Conflict("Artifacts are being replaced all the time; try again in some minutes.")


def _stored(place: Place, with_secrets: bool, report: Report) -> Manifest:
    with database_snapshot() as snapshot:
        files, artifacts, damaged = _store_artifacts(place, snapshot, report)
        report("database", _DATABASE_FROM)
        files[manifest.DUMP] = _store_dump(place, snapshot)
    if with_secrets:
        document = json.dumps(kept_secrets.taken()).encode()
        files[manifest.SECRETS] = place.write(manifest.SECRETS, io.BytesIO(document))
    return Manifest(
        made_at=clock.now().isoformat(),
        server_version=snapshot.server_version,
        shops=snapshot.shops,
        migrations=snapshot.migrations,
        rows=snapshot.rows,
        artifacts=artifacts,
        damaged=damaged,
        files=files,
    )


def _store_artifacts(place: Place, snapshot: Snapshot, report: Report) -> _Stored:
    files: dict[str, FileFacts] = {}
    artifacts: dict[str, list[str]] = {}
    damaged: list[str] = []
    for done, (path, checksums) in enumerate(snapshot.artifacts.items()):
        report(path, _ARTIFACTS_FROM + (_DATABASE_FROM - _ARTIFACTS_FROM) * done / len(snapshot.artifacts))
        stored = _store_artifact(place, path, checksums)
        if stored is None:
            damaged.append(path)
            continue
        artifacts[path] = sorted(stored)
        files |= {artifact_file(path, name): facts for name, facts in stored.items()}
    return files, artifacts, damaged


def _store_artifact(place: Place, path: str, checksums: dict[str, str]) -> dict[str, FileFacts] | None:
    """Facts of its files; None for an artifact that serving would refuse as well."""
    stored: dict[str, FileFacts] = {}
    try:
        for name in [*checksums, store.MANIFEST]:
            with store.opened_file(f"{path}/{name}") as source:
                stored[name] = place.write(artifact_file(path, name), source)
    except errors.NotFound:
        if not _is_named_still(path):
            raise _ReplacedMeanwhileError from None
        return None
    is_whole = all(stored[name].sha256 == digest for name, digest in checksums.items())
    return stored if checksums and is_whole else None


@operator_scope("an artifact of any shop")
def _is_named_still(path: str) -> bool:
    return selectors.is_artifact_path(path)


def _store_dump(place: Place, snapshot: Snapshot) -> FileFacts:
    settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=settings.DATA_DIR, prefix=".backup-") as folder:
        path = Path(folder) / manifest.DUMP
        postgres_tools.dump(path, snapshot.name)
        with path.open("rb") as source:
            return place.write(manifest.DUMP, source)


def _check(place: Place, found: Manifest, report: Report) -> None:
    for done, (name, facts) in enumerate(found.files.items()):
        report(f"reading {name} again", _CHECK_FROM + (1 - _CHECK_FROM) * done / len(found.files))
        if place.facts(name) != facts:
            raise errors.Unavailable(f"{place.address}: {name} does not hold what was written there.")
