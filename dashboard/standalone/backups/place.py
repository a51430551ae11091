"""Where a backup lies: a folder, or any fsspec address (s3://…)."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import PurePosixPath
from typing import Any, BinaryIO

import fsspec
from fsspec.implementations.local import LocalFileSystem

from dashboard.core import errors

_CHUNK_BYTES = 1024 * 1024


@dataclass(frozen=True)
class FileFacts:
    """By which a file is known again. `sha256` in hexadecimal digits."""

    sha256: str
    bytes: int

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


class Place:
    """Files below one address, by names such as `artifacts/shop-1/run-3-1/manifest.json`.

    Every method raises `Unavailable` with the address where the place does not answer or does not take a file.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        with self._answering():
            self._filesystem, root = fsspec.core.url_to_fs(address)
            self._root = root.rstrip("/")

    def write(self, name: str, source: BinaryIO) -> FileFacts:
        """Store what `source` holds; on a disk readable by its owner alone, and there whole or not at all."""
        path = self._path(name)
        with self._answering():
            self._make_parent(path)
            written = f"{path}.part" if self._is_local else path
            with self._opened_for_writing(written) as target:
                facts = copied(source, target)
            if self._is_local:
                os.replace(written, path)  # noqa: PTH105  fsspec's paths are texts
        return facts

    @contextmanager
    def opened(self, name: str) -> Iterator[BinaryIO]:
        with self._answering(), self._filesystem.open(self._path(name), "rb") as source:
            yield source

    def has(self, name: str) -> bool:
        with self._answering():
            return bool(self._filesystem.exists(self._path(name)))

    def facts(self, name: str) -> FileFacts:
        """Of a file as it lies there now: all of it is read."""
        with self.opened(name) as source:
            return copied(source)

    @property
    def _is_local(self) -> bool:
        return isinstance(self._filesystem, LocalFileSystem)

    def _path(self, name: str) -> str:
        """Raises `Invalid` for a name that would lead out of the place: a manifest may come from anywhere."""
        parts = PurePosixPath(name).parts
        if not parts or name.startswith("/") or any(part in ("..", ".") for part in parts) or "\\" in name:
            raise errors.Invalid(f"{self.address}: “{name}” is no name of a file of a backup.")
        return f"{self._root}/{name}"

    def _make_parent(self, path: str) -> None:
        parent = path.rsplit("/", 1)[0]
        if self._is_local:
            os.makedirs(parent, mode=0o700, exist_ok=True)  # noqa: PTH103
        else:
            self._filesystem.makedirs(parent, exist_ok=True)

    @contextmanager
    def _opened_for_writing(self, path: str) -> Iterator[BinaryIO]:
        if not self._is_local:
            with self._filesystem.open(path, "wb") as target:
                yield target
            return
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as target:
            yield target
            target.flush()
            os.fsync(target.fileno())

    @contextmanager
    def _answering(self) -> Iterator[None]:
        try:
            yield
        except errors.ForageError:
            raise
        except FileNotFoundError as error:
            raise errors.NotFound(f"{self.address}: {error}") from error
        except Exception as error:  # object stores raise errors of their own, which are not known here
            raise errors.Unavailable(f"{self.address}: {error}") from error


def copied(source: BinaryIO, target: BinaryIO | None = None) -> FileFacts:
    """Read `source` to its end, into `target` where there is one."""
    digest, count = hashlib.sha256(), 0
    while chunk := source.read(_CHUNK_BYTES):
        digest.update(chunk)
        count += len(chunk)
        if target is not None:
            target.write(chunk)
    return FileFacts(digest.hexdigest(), count)
