"""Stamps: a step is skipped when a hash of its sources matches the one left by the last time it ended."""

import hashlib
from collections.abc import Iterable
from pathlib import Path


def fingerprint(files: Iterable[Path], *, extra: str = "") -> str:
    """Hash of names and contents; for few or small files."""
    digest = hashlib.sha256(extra.encode())
    for path in sorted(files):
        digest.update(f"\0{path}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def quick_fingerprint(files: Iterable[Path], *, extra: str = "") -> str:
    """Hash of names, sizes and times of change; for many files (1,000 in about 10 ms)."""
    digest = hashlib.sha256(extra.encode())
    for path in sorted(files):
        status = path.stat()
        digest.update(f"\0{path}\0{status.st_size}\0{status.st_mtime_ns}".encode())
    return digest.hexdigest()


def matches(stamp: Path, value: str) -> bool:
    try:
        return stamp.read_text().strip() == value
    except FileNotFoundError:
        return False


def leave(stamp: Path, value: str) -> None:
    stamp.write_text(value + "\n")
