"""An artifact is a folder of safetensors, ONNX, Parquet and JSON, sealed by a manifest with checksums."""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from recommender.errors import InputError, LibraryError

SCHEMA = 1
MANIFEST = "manifest.json"


class ArtifactError(LibraryError):
    """The artifact cannot be used; the message names the file."""

    exit_code = 2


@contextmanager
def new_artifact(out: Path, manifest: dict[str, Any]) -> Iterator[Path]:
    """A temporary folder to fill; on leaving it is sealed with `manifest` and becomes `out`, all or nothing.

    `manifest` may be completed while the folder is filled. An artifact that stood at `out` is replaced. Raises
    InputError where `out` is something else than an artifact, so that no other folder is ever overwritten.
    """
    _refuse_foreign(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
    try:
        yield folder
        _seal(folder, manifest)
        _replace(folder, out)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def read_manifest(folder: Path, *, verify: bool = True) -> dict[str, Any]:
    """The manifest of a whole, unaltered artifact. Raises ArtifactError with the name of the file that is wrong."""
    path = folder / MANIFEST
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        schema, checksums = int(manifest["schema"]), dict(manifest["checksums"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ArtifactError(f"{path}: is no manifest of an artifact ({error})") from error
    if schema > SCHEMA:
        raise ArtifactError(f"{path}: has schema {schema}, this version of Forage reads up to {SCHEMA}; upgrade Forage")
    if verify:
        _verify(folder, checksums)
    return manifest


def _verify(folder: Path, checksums: dict[str, str]) -> None:
    for name, expected in checksums.items():
        path = folder / name
        if not path.is_file():
            raise ArtifactError(f"{path}: is missing")
        if _digest(path) != expected:
            raise ArtifactError(f"{path}: was altered or is damaged (its checksum differs)")


def _seal(folder: Path, manifest: dict[str, Any]) -> None:
    checksums = {path.name: _digest(path) for path in sorted(folder.iterdir())}
    complete = {"schema": SCHEMA, **manifest, "checksums": checksums}
    (folder / MANIFEST).write_text(json.dumps(complete, indent=1, ensure_ascii=False), encoding="utf-8")
    for path in folder.iterdir():
        path.chmod(0o644)  # as the folder: a server under another user reads it
    for path in [*folder.iterdir(), folder]:
        _fsync(path)


def _replace(folder: Path, out: Path) -> None:
    folder.chmod(0o755)
    if out.exists():
        old = folder.with_name(folder.name + ".old")
        out.rename(old)
        folder.rename(out)
        shutil.rmtree(old)
    else:
        folder.rename(out)
    _fsync(out.parent)


def _refuse_foreign(out: Path) -> None:
    if out.exists() and not (out.is_dir() and ((out / MANIFEST).exists() or not any(out.iterdir()))):
        raise InputError("exists and is no artifact; choose another folder", file=out)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _fsync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
