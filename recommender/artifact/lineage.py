"""Where an artifact comes from: by which one can tell whether another run would have made the same."""

import hashlib
import resource
import sys
import time
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from recommender.artifact import MANIFEST

LIBRARY = Path(__file__).resolve().parent.parent


def data_facts(interactions: Path, items: Path | None, seconds_N: np.ndarray) -> dict[str, Any]:
    """`{interactions, items, oldest_at, newest_at}`: SHA-256 of both files, and when what was learnt from happened."""
    return {
        "interactions": digest(interactions),
        "items": digest(items) if items else None,
        "oldest_at": _moment(float(seconds_N.min())),
        "newest_at": _moment(float(seconds_N.max())),
    }


def parent_of(previous: Path | None) -> str | None:
    """The SHA-256 of the manifest of the artifact before, which names all of its files."""
    return digest(previous / MANIFEST) if previous else None


def digest(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def cost_of(begun: float) -> dict[str, float]:
    """`{seconds, cpu_seconds, peak_memory_mib}` of this process, since `time.monotonic()` was `begun`."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    peak_bytes = used.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return {
        "seconds": round(time.monotonic() - begun, 1),
        "cpu_seconds": round(used.ru_utime + used.ru_stime, 1),
        "peak_memory_mib": round(peak_bytes / 1024 / 1024, 1),
    }


@cache
def source_digest() -> str:
    """16 hexadecimal digits of the library's own source: the same in two places where the same code runs."""
    whole = hashlib.sha256()
    for path in sorted(LIBRARY.rglob("*.py")):
        whole.update(path.relative_to(LIBRARY).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return whole.hexdigest()[:16]


def _moment(seconds: float) -> str:
    """To the microsecond, so that nothing that happened later in the same second counts as known."""
    return datetime.fromtimestamp(seconds, UTC).isoformat()
