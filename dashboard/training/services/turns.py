"""One training at a time on a machine, whatever number of workers it has: two would take each other's memory."""

import fcntl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from django.conf import settings


@contextmanager
def a_turn(*, wait: Callable[[], None], tick_seconds: float) -> Iterator[None]:
    """Hold one of the turns that this machine has (`TRAINER_RUNS_AT_ONCE`; 0: any number).

    `wait` is called each tick while there is none; what it raises ends the waiting. The kernel gives the turn of a
    process back that ends, however it ends.
    """
    turns = settings.TRAINER_RUNS_AT_ONCE
    while turns and (held := _free_turn(settings.DATA_DIR / "turns", turns)) is None:
        wait()
        time.sleep(tick_seconds)
    try:
        yield
    finally:
        if turns and held is not None:
            held.close()


def _free_turn(folder: Path, turns: int) -> IO[str] | None:
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(turns):
        file = (folder / f"training-{number}.lock").open("w")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
        else:
            return file
    return None
