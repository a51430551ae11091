"""Reading a stranger's file in a process of its own, with limits: what it does there, it does to itself.

The process is exec'd, holds none of our secrets, and may take so much memory and so many seconds of computing; where it
takes more, the file is refused in words. Whoever stores its rows holds a frame of them at a time.
"""

import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from dashboard.core import errors
from dashboard.core.rows.types import Rows
from dashboard.core.rows.wire import rows_of

ROOT = Path(__file__).resolve().parents[3]
MIB = 1024 * 1024
#: With which a reader ends that has no memory left, even for saying so.
MEMORY_EXIT = 71
# One thread and one allocator each: what a file may take must not depend on how many cores there are.
_ENVIRONMENT = {
    "PATH": os.defpath,
    "LANG": "C.UTF-8",
    "OMP_NUM_THREADS": "1",
    "ARROW_IO_THREADS": "1",
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "MALLOC_ARENA_MAX": "1",
}


@dataclass(frozen=True)
class ReadingLimits:
    """What reading one file may take. `silence_seconds`: until the next piece of rows.

    A process that only imports Arrow has 230 MiB of addresses; a million rows of CSV take 20 s of a slow core.
    """

    memory_mib: int = 1024
    cpu_seconds: int = 300
    silence_seconds: float = 120.0


def rows_apart(module: str, arguments: Iterable[str], limits: ReadingLimits) -> Rows:
    """What `python -m module arguments` writes by `wire.frames`, with `impose` called first.

    Raises `Invalid` or `TooLarge`: what the reader says of the file, or which limit ended it.
    """
    command = [sys.executable, "-m", module, str(limits.memory_mib), str(limits.cpu_seconds), *arguments]
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, cwd=ROOT, env=_ENVIRONMENT, start_new_session=True
    )
    try:
        yield from rows_of(_reader(process, limits))
    except EOFError:
        raise _ended_early(process.wait(), limits) from None
    finally:
        process.kill()
        process.communicate()


def impose(memory_mib: int, cpu_seconds: int) -> None:
    """Limit this process, before it reads anything."""
    import resource

    for kind, limit in ((resource.RLIMIT_AS, memory_mib * MIB), (resource.RLIMIT_CPU, cpu_seconds)):
        with suppress(ValueError, OSError):  # macOS knows no limit of addresses
            resource.setrlimit(kind, (limit, limit))
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    nice = os.nice(5)  # slates share the machine
    with suppress(OSError):  # whose kernel compares nice values within a session alone (sched(7))
        Path("/proc/self/autogroup").write_text(str(nice))


def too_much_memory(memory_mib: int) -> errors.TooLarge:
    """What is said of a file that a small one may be, too: it unpacks to more than that."""
    return errors.TooLarge(
        f"Reading this file takes more than {memory_mib} MiB of memory. Send it in smaller parts; Parquet with smaller "
        "row groups, and texts of the length that a catalog needs."
    )


def _reader(process: "subprocess.Popen[bytes]", limits: ReadingLimits) -> Callable[[int], bytes]:
    assert process.stdout  # noqa: S101
    pipe = process.stdout.fileno()

    def read(size: int) -> bytes:
        found = bytearray()
        while len(found) < size:
            if not select.select([pipe], [], [], limits.silence_seconds)[0]:
                raise errors.TooLarge(f"Reading this file takes too long: nothing in {limits.silence_seconds:g} s.")
            block = os.read(pipe, size - len(found))
            if not block:
                break
            found += block
        return bytes(found)

    return read


def _ended_early(code: int, limits: ReadingLimits) -> errors.ForageError:
    if code in (-signal.SIGXCPU, -signal.SIGKILL):
        return errors.TooLarge(f"Reading this file takes more than {limits.cpu_seconds} seconds of computing.")
    if code in (MEMORY_EXIT, -signal.SIGABRT, -signal.SIGSEGV):
        return too_much_memory(limits.memory_mib)
    return errors.Invalid("This file cannot be read; the log of the worker says why.")
