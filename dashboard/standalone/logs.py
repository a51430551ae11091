"""Logs of child processes: appended by them, kept small by us."""

import shutil
from pathlib import Path

LARGEST_BYTES = 10 * 1024 * 1024
KEPT = 3


def rotate(log: Path, *, largest_bytes: int = LARGEST_BYTES) -> bool:
    """Move a large log aside: name.log.1 is the newest of the old ones. The writer keeps its (appending) descriptor."""
    if not log.exists() or log.stat().st_size <= largest_bytes:
        return False
    for number in range(KEPT - 1, 0, -1):
        older = log.with_name(f"{log.name}.{number}")
        if older.exists():
            older.replace(log.with_name(f"{log.name}.{number + 1}"))
    shutil.copyfile(log, log.with_name(f"{log.name}.1"))
    with log.open("r+b") as file:
        file.truncate(0)
    return True
