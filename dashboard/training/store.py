"""Where artifacts live: a folder, or any fsspec URL (s3://…), by the setting ARTIFACT_STORE.

A folder appears there whole or not at all: written beside, flushed to the disk, then renamed; in an object store, which
has no rename, the manifest is written last and a folder without it does not exist.
"""

import os
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import fsspec
from django.conf import settings

from dashboard.core import errors, ids
from dashboard.core.deadlines import within

Answer = TypeVar("Answer")

MANIFEST = "manifest.json"
LOOK_SECONDS = 10.0  # for a question to a remote store: what is there?
FILE_SECONDS = 300.0  # for one file there or back; 1 GiB at 30 Mbit/s
_AGAIN = "."


def put_folder(source: Path, name: str) -> None:
    """Store the files of `source` under `name`. Raises `Unavailable` where the store does not take them."""
    try:
        if _is_remote():
            _upload(source, name)
        else:
            _copy_durably(source, _local_root() / name)
    except OSError as error:
        raise errors.Unavailable(f"{settings.ARTIFACT_STORE}: {error.strerror or error}") from error


def local_folder(name: str) -> Path:
    """The folder on this machine that holds `name`; downloaded once where the store is remote.

    Raises `NotFound` where the store does not hold it, `Unavailable` where the store does not answer.
    """
    folder = (_cache_root() if _is_remote() else _local_root()) / name
    if _is_remote() and not (folder / MANIFEST).exists():
        _download(name, folder)
    if not (folder / MANIFEST).exists():
        raise errors.NotFound(f"The artifact store does not hold {name}.")
    return folder


def delete_folder(name: str) -> None:
    """Remove it from the store and from this machine's cache; nothing happens where it is gone already."""
    if _is_remote():
        filesystem, root = _filesystem()
        if _asked(lambda: filesystem.exists(f"{root}/{name}")):
            _asked(lambda: filesystem.rm(f"{root}/{name}", recursive=True), FILE_SECONDS)
    shutil.rmtree((_cache_root() if _is_remote() else _local_root()) / name, ignore_errors=True)


def put_file(source: Path, name: str) -> None:
    """Store one file that is no part of an artifact. Raises `Unavailable` where the store does not take it."""
    try:
        if _is_remote():
            filesystem, root = _filesystem()
            _asked(lambda: filesystem.makedirs(f"{root}/{Path(name).parent}", exist_ok=True))
            _asked(partial(filesystem.put_file, str(source), f"{root}/{name}"), FILE_SECONDS)
            return
        target = _local_root() / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, incoming := target.with_suffix(".incoming"))
        incoming.rename(target)
    except OSError as error:
        raise errors.Unavailable(f"{settings.ARTIFACT_STORE}: {error.strerror or error}") from error


def opened_file(name: str) -> BinaryIO:
    """It, to be read here; fetched where the store is remote, and no copy stays. Raises `NotFound`, `Unavailable`."""
    try:
        return _fetched(name) if _is_remote() else (_local_root() / name).open("rb")
    except FileNotFoundError:
        raise errors.NotFound(f"The artifact store does not hold {name}.") from None


def delete_file(name: str) -> None:
    """Remove it; nothing happens where it is gone already."""
    if _is_remote():
        filesystem, root = _filesystem()
        if _asked(lambda: filesystem.exists(f"{root}/{name}")):
            _asked(lambda: filesystem.rm_file(f"{root}/{name}"))
    else:
        (_local_root() / name).unlink(missing_ok=True)


def shop_folder(shop_id: int) -> str:
    """What the folders of a shop's artifacts lie in, and nothing else."""
    return f"shop-{shop_id}"


def next_name(name: str) -> str:
    """What a changed folder is stored as: one that is stored never changes. Machines keep the newest they know."""
    return f"{name.partition(_AGAIN)[0]}{_AGAIN}{ids.time_ordered_hex()}"


def folder_names(parent: str) -> list[str]:
    """The folders below `parent` in the store, as `delete_folder` takes them; also what killed writers left there."""
    filesystem, root = _filesystem()
    if not _asked(lambda: filesystem.exists(f"{root}/{parent}")):
        return []
    found = _asked(lambda: filesystem.ls(f"{root}/{parent}", detail=False))
    return sorted(f"{parent}/{path.rstrip('/').rsplit('/', 1)[-1]}" for path in found)


def check_writable() -> None:
    """Write a small file and remove it. Raises `Unavailable` with the reason."""
    name = f".check-{ids.time_ordered_uuid().hex}"
    try:
        filesystem, root = _filesystem()
        _asked(lambda: filesystem.makedirs(root, exist_ok=True))
        _asked(lambda: filesystem.pipe_file(f"{root}/{name}", b"Forage"))
        _asked(lambda: filesystem.rm_file(f"{root}/{name}"))
    except errors.Unavailable:
        raise
    except Exception as error:  # object stores raise errors of their own, which are not known here
        raise errors.Unavailable(f"{settings.ARTIFACT_STORE}: {error}") from error


def _is_remote() -> bool:
    return "://" in settings.ARTIFACT_STORE and not settings.ARTIFACT_STORE.startswith("file://")


def _local_root() -> Path:
    return Path(settings.ARTIFACT_STORE.removeprefix("file://"))


def _cache_root() -> Path:
    return Path(settings.DATA_DIR) / "artifact-cache"


def _filesystem() -> tuple[Any, str]:
    filesystem, root = _asked(lambda: fsspec.core.url_to_fs(settings.ARTIFACT_STORE))
    return filesystem, root.rstrip("/")


def _asked(question: Callable[[], Answer], seconds: float | None = None) -> Answer:
    """An answer of the store. Raises `Unavailable` where a remote one gives none in time; a disk is waited for."""
    if not _is_remote():
        return question()
    seconds = LOOK_SECONDS if seconds is None else seconds
    try:
        return within(seconds, question)
    except TimeoutError:
        message = f"{settings.ARTIFACT_STORE} did not answer within {seconds:g} seconds. Try again when it does."
        raise errors.Unavailable(message) from None


def _copy_durably(source: Path, target: Path) -> None:
    if target.exists():
        return
    incoming = target.parent / f".{target.name}.{ids.time_ordered_uuid().hex}"
    incoming.mkdir(parents=True)
    try:
        for path in _files(source):
            shutil.copyfile(path, incoming / path.name)
            _flush(incoming / path.name)
        _flush(incoming)
        incoming.rename(target)
        _flush(target.parent)
    finally:
        shutil.rmtree(incoming, ignore_errors=True)


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _files(source: Path) -> list[Path]:
    """The manifest last."""
    files = (path for path in source.iterdir() if path.is_file())
    return sorted(files, key=lambda path: (path.name == MANIFEST, path.name))


def _upload(source: Path, name: str) -> None:
    filesystem, root = _filesystem()
    _asked(lambda: filesystem.makedirs(f"{root}/{name}", exist_ok=True))
    for path in _files(source):
        _asked(partial(filesystem.put_file, str(path), f"{root}/{name}/{path.name}"), FILE_SECONDS)


def _download(name: str, folder: Path) -> None:
    filesystem, root = _filesystem()
    if not _asked(lambda: filesystem.exists(f"{root}/{name}/{MANIFEST}")):
        return
    incoming = folder.parent / f".{folder.name}.{ids.time_ordered_uuid().hex}"
    incoming.mkdir(parents=True)
    try:
        for remote in _asked(lambda: filesystem.ls(f"{root}/{name}", detail=False)):
            _asked(partial(filesystem.get_file, remote, str(incoming / remote.rsplit("/", 1)[-1])), FILE_SECONDS)
        _take_place(incoming, folder)
    finally:
        shutil.rmtree(incoming, ignore_errors=True)
    _forget_replaced(folder)


def _fetched(name: str) -> BinaryIO:
    filesystem, root = _filesystem()
    if not _asked(lambda: filesystem.exists(f"{root}/{name}")):
        raise FileNotFoundError
    _cache_root().mkdir(parents=True, exist_ok=True)
    copy = _cache_root() / f".{ids.time_ordered_hex()}"
    try:
        _asked(partial(filesystem.get_file, f"{root}/{name}", str(copy)), FILE_SECONDS)
        return copy.open("rb")
    finally:
        copy.unlink(missing_ok=True)


def _take_place(incoming: Path, folder: Path) -> None:
    """`incoming` becomes `folder`, unless another process was faster: what it brought is the same."""
    try:
        incoming.rename(folder)
    except OSError:
        if not (folder / MANIFEST).exists():
            raise


def _forget_replaced(folder: Path) -> None:
    """Remove copies of what the folder took the place of in the store."""
    for other in folder.parent.iterdir():
        if other != folder and other.name.partition(_AGAIN)[0] == folder.name.partition(_AGAIN)[0]:
            shutil.rmtree(other, ignore_errors=True)
