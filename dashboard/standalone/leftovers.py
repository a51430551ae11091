"""Processes that a killed supervisor left behind: found by marker and by folder, stopped before anything starts."""

import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import psutil

from dashboard.standalone.children import MARKER

GRACE_SECONDS = 5.0
KILL_SECONDS = 5.0


def stop_leftovers(folder: Path) -> int:
    """Stop every process of an earlier supervisor of this data folder; returns how many there were."""
    found = list(leftovers(folder))
    for process in found:
        with contextlib.suppress(psutil.Error):
            process.send_signal(signal.SIGINT if process.name() == "postgres" else signal.SIGTERM)
    _, alive = psutil.wait_procs(found, timeout=GRACE_SECONDS)
    for process in alive:
        with contextlib.suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(alive, timeout=KILL_SECONDS)
    return len(found)


def leftovers(folder: Path) -> Iterator[psutil.Process]:
    """Processes of this data folder other than this one. Zombies have ended and do not count."""
    for process in psutil.process_iter():
        if process.pid != os.getpid() and _belongs_to(process, folder):
            yield process


def servers_of(folder: Path) -> list[psutil.Process]:
    """Processes whose current folder is this one: how Postgres and all its backends can be told."""
    return [process for process in psutil.process_iter() if _works_in(process, folder)]


def _belongs_to(process: psutil.Process, folder: Path) -> bool:
    """Postgres and Valkey overwrite their environment with a title: their folder tells."""
    if _works_in(process, folder / "postgres" / "cluster") or _works_in(process, folder / "valkey"):
        return True
    try:
        return process.environ().get(MARKER) == str(folder) and process.status() != psutil.STATUS_ZOMBIE
    except (psutil.Error, OSError):
        return False


def _works_in(process: psutil.Process, folder: Path) -> bool:
    try:
        return process.cwd() == str(folder) and process.status() != psutil.STATUS_ZOMBIE
    except (psutil.Error, OSError):
        return False
