"""The bytes of a file: unpacked, counted, and every damage said in words."""

import gzip
import io
import zlib
from pathlib import Path
from typing import IO, cast

from dashboard.core import errors

MIB = 1024 * 1024
MAX_UNPACKED_BYTES = 16 * 1024 * MIB  # of a .gz; a catalog of a million items takes about 1 GiB
MAX_EXPANSION = 250  # tables of text shrink to a tenth; a thousandth is the most that gzip can do
EXPANSION_COUNTS_FROM_BYTES = 64 * MIB


def opened(path: Path) -> io.BufferedReader:
    """The file's bytes, unpacked where its name ends in .gz.

    Raises `Invalid` with what is wrong, then or while it is read: no such file, a damaged archive, one that unpacks
    to far more than it says (a bomb).
    """
    try:
        return io.BufferedReader(_Counted(path))
    except OSError as problem:
        raise errors.Invalid(f"{path.name}: {problem.strerror or problem}.") from None


class _Counted(io.RawIOBase):
    def __init__(self, path: Path) -> None:
        self._name = path.name
        self._is_packed = path.suffix.lower() == ".gz"
        self._source = cast(IO[bytes], gzip.GzipFile(path) if self._is_packed else path.open("rb"))
        self._packed = path.stat().st_size
        self._count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "memoryview") -> int:  # type: ignore[override]
        try:
            block = self._source.read(len(buffer))
        except (OSError, EOFError, zlib.error) as problem:
            raise errors.Invalid(f"{self._name}: the file is damaged: {problem}.") from None
        self._count += len(block)
        if self._is_packed:
            self._check_expansion()
        buffer[: len(block)] = block
        return len(block)

    def _check_expansion(self) -> None:
        suspicious = self._count > EXPANSION_COUNTS_FROM_BYTES and self._count > MAX_EXPANSION * self._packed
        if suspicious or self._count > MAX_UNPACKED_BYTES:
            raise errors.TooLarge(f"{self._name}: it unpacks to more than {self._count // MIB} MiB; send less at once.")

    def close(self) -> None:
        self._source.close()
        super().close()
