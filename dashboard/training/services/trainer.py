"""The trainer: an exec'd process of the library, whose lines we read and which we can stop.

Never a fork of a process that has loaded torch or OpenMP: those hang in the child.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue

from django.conf import settings

from dashboard.core import errors
from dashboard.training.limits import Limits
from dashboard.training.services.lease import Timing
from dashboard.training.services.turns import a_turn

EXEC_WITH_PARENT = Path(__file__).resolve().parent.parent / "exec_with_parent.py"
BAD_INPUT = 2  # exit code of the library
# The library needs none of these; a crash report of it must not hold them.
SECRETS = ("SECRET_KEY", "DATABASE_URL", "REDIS_URL", "CELERY_BROKER_URL")
LINE_MAX_LENGTH = 2_000
Hear = Callable[["Line | None"], None]


class BadData(errors.Invalid):
    """The library cannot use the data; trying again will not help."""


class TrainerFailed(errors.ForageError):
    """The library gave up with an error; trying again would repeat it."""


class TrainerKilled(errors.ForageError):
    """The process was killed from outside, most likely by the kernel for lack of memory."""


class TrainerTooSlow(errors.ForageError):
    """It took more minutes than it may."""


@dataclass(frozen=True)
class Line:
    """What the trainer printed: progress on standard output, words on standard error."""

    text: str
    is_progress: bool


def run_trainer(command: list[str], *, hear: Hear, timing: Timing, limits: Limits | None = None) -> None:
    """Run `command` to its end, once this machine has a turn for it; `limits` are the installation's by default.

    `hear` gets each line, and None when a tick passes without one. What it raises ends the trainer, and is passed on.
    Raises `BadData`, `TrainerFailed`, `TrainerKilled` or `TrainerTooSlow`.
    """
    memory_mib, cores = settings.TRAINER_MEMORY_MIB, settings.TRAINER_CORES
    if limits is not None:
        memory_mib, cores = limits.memory_mib, limits.cores
    minutes = settings.TRAINER_MINUTES if limits is None else limits.minutes
    with a_turn(wait=lambda: hear(None), tick_seconds=timing.tick_seconds):
        process, begun = _start(command, memory_mib, cores), time.monotonic()
        last_words = ""
        try:
            for line in _lines(process, timing.tick_seconds):
                hear(line)
                if minutes and time.monotonic() - begun > 60 * minutes:
                    raise TrainerTooSlow(f"{minutes:g}")
                if line and not line.is_progress:
                    last_words = line.text
        except BaseException:
            _end(process, timing.grace_seconds)
            raise
        judge(process.wait(), last_words)


def _start(command: list[str], memory_mib: int, cores: int) -> subprocess.Popen[bytes]:
    environment = {name: value for name, value in os.environ.items() if name not in SECRETS}
    limits = (settings.TRAINER_NICE, memory_mib, cores)
    return subprocess.Popen(
        [sys.executable, str(EXEC_WITH_PARENT), str(os.getpid()), *map(str, limits), *command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=settings.BASE_DIR,
        env={**environment, "PYTHONUNBUFFERED": "1"},
        start_new_session=True,
    )


def _lines(process: subprocess.Popen[bytes], tick_seconds: float) -> Iterator[Line | None]:
    heard: SimpleQueue[Line | None] = SimpleQueue()
    for stream, is_progress in ((process.stdout, True), (process.stderr, False)):
        threading.Thread(target=_listen, args=(stream, is_progress, heard), daemon=True).start()
    open_streams = 2
    while open_streams:
        try:
            line = heard.get(timeout=tick_seconds)
        except Empty:
            yield None
            continue
        if line is None:
            open_streams -= 1
        else:
            yield line


def _listen(stream: Iterator[bytes], is_progress: bool, heard: "SimpleQueue[Line | None]") -> None:
    for raw in stream:
        text = raw.decode("utf-8", "replace").replace("\0", "").rstrip()[:LINE_MAX_LENGTH]
        if text:
            heard.put(Line(text, is_progress))
    heard.put(None)


def _end(process: subprocess.Popen[bytes], grace_seconds: float) -> None:
    """Ask the whole process group to end, then kill it."""
    _signal(process, signal.SIGTERM)
    try:
        process.wait(timeout=grace_seconds)
    except subprocess.TimeoutExpired:
        _signal(process, signal.SIGKILL)
        process.wait()


def _signal(process: subprocess.Popen[bytes], number: int) -> None:
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        return


def judge(code: int, last_words: str) -> None:
    """Raises where a trainer did not end well; `code` below 0: killed by that signal."""
    if code == 0:
        return
    message = last_words.removeprefix("error: ")
    if code == BAD_INPUT:
        raise BadData(message or "the library refused the data")
    if code < 0:
        raise TrainerKilled(f"killed by signal {-code}")
    raise TrainerFailed(message or f"exit code {code}")
