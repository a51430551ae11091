"""Outlives a killed supervisor by seconds, to stop what it started.

    python -I -S guard.py

Reads lines on standard input: `watch PID SIGNAL`, `forget PID`, `remove FOLDER` (when all is over), `dismiss`.
When the input ends without `dismiss`, the supervisor was killed: every watched process gets its signal, and after
a grace its whole group SIGKILL. Works where PR_SET_PDEATHSIG does not: macOS, and grandchildren. Standard library only.
"""

import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterable

GRACE_SECONDS = 5.0
TICK_SECONDS = 0.05


def main(lines: Iterable[str]) -> None:
    watched: dict[int, int] = {}
    folders: list[str] = []
    for line in lines:
        word, _, rest = line.rstrip("\n").partition(" ")
        if word == "dismiss":
            return
        if word == "watch":
            pid, number = rest.split()
            watched[int(pid)] = int(number)
        elif word == "forget":
            watched.pop(int(rest), None)
        elif word == "remove":
            folders.append(rest)
    stop(watched)
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


def stop(watched: dict[int, int]) -> None:
    """Ask, wait, kill. Each watched process leads its own group."""
    for pid, number in watched.items():
        _signal(os.kill, pid, number)
    deadline = time.monotonic() + GRACE_SECONDS
    while time.monotonic() < deadline and any(_signal(os.kill, pid, 0) for pid in watched):
        time.sleep(TICK_SECONDS)
    for pid in watched:
        _signal(os.killpg, pid, signal.SIGKILL)


def _signal(send: Callable[[int, int], None], pid: int, number: int) -> bool:
    """Whether the process (or group) was there."""
    try:
        send(pid, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


if __name__ == "__main__":
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    main(sys.stdin)
