"""An artifact is a folder of safetensors, ONNX, Parquet and JSON, sealed by a manifest with checksums."""

import fcntl
import glob
import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from recommender.errors import InputError, LibraryError

SCHEMA = 2  # 2: the encoder's network reads rows of the item table, which it held itself before; both are served
MANIFEST = "manifest.json"
UNFINISHED = "unfinished-"  # begins the end of the name of a folder that is being filled
LEFTOVER_SECONDS = 60  # a younger folder may belong to a training that is about to lock it


class ArtifactError(LibraryError):
    """The artifact cannot be used; the message names the file."""

    exit_code = 2


@contextmanager
def new_artifact(out: Path, manifest: dict[str, Any]) -> Iterator[Path]:
    """A temporary folder to fill; on leaving it is sealed with `manifest` and becomes `out`, all or nothing.

    `manifest` may be completed while the folder is filled. An artifact that stood at `out` is replaced. Raises
    InputError where `out` is something else than an artifact, so that no other folder is ever overwritten.
    """
    out = out.resolve()  # what a link leads to is replaced, not the link
    _refuse_foreign(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    _clear_leftovers(out)
    folder = Path(tempfile.mkdtemp(prefix=f".{out.name}.{UNFINISHED}", dir=out.parent))
    try:
        with _held(folder):
            yield folder
            _seal(folder, manifest)
            _replace(folder, out)
    except OSError as error:
        if error.filename is not None:
            raise
        raise LibraryError(f"{out}: cannot be written ({error.strerror or error})") from error  # a full disk names none
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


def parts_of(folder: Path) -> list[Path]:
    """The files that an artifact is made of."""
    return [folder / MANIFEST, *(folder / name for name in read_manifest(folder, verify=False)["checksums"])]


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


def _clear_leftovers(out: Path) -> None:
    """Remove what killed trainings left beside `out`: their folders are locked by nobody. What an interrupted swap set
    aside (`.old`) is an artifact and stays."""
    for folder in out.parent.glob(f".{glob.escape(out.name)}.{UNFINISHED}*"):
        if folder.is_dir() and folder.suffix != ".old" and time.time() - folder.stat().st_mtime > LEFTOVER_SECONDS:
            with suppress(BlockingIOError), _held(folder):
                shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    """A lock on the folder that ends with this process, however it ends. Raises BlockingIOError if another has it."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)


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
