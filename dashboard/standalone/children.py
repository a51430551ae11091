"""Start and stop the programs of one installation: own process group, own log, dying with the supervisor."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
LAUNCH = HERE / "launch.py"
GUARD = HERE / "guard.py"
BARE_PYTHON = (sys.executable, "-I", "-S")  # a bare interpreter starts in about 15 ms
MARKER = "FORAGE_SUPERVISED"  # in the environment of every child: names its data folder


@dataclass(frozen=True)
class Account:
    """The unprivileged user that servers run as when the supervisor is root."""

    uid: int
    gid: int


def launched(at_our_end: signal.Signals, account: Account | None, *, nice: int = 0) -> list[str]:
    """The words before a command that ends when this process ends, as that user."""
    who = account or Account(-1, -1)
    return [*BARE_PYTHON, str(LAUNCH), *map(str, (os.getpid(), int(at_our_end), nice, who.uid, who.gid))]


@dataclass(frozen=True)
class Program:
    """What to run, and how to end it."""

    name: str
    command: tuple[str, ...]
    folder: Path
    environment: Mapping[str, str]
    stop_signal: signal.Signals = signal.SIGTERM
    account: Account | None = None
    stdin: str = ""
    nice: int = 0  # how far it stands back behind what visitors wait for
    is_server: bool = False  # servers stop last
    before_start: Callable[[], None] | None = field(default=None, compare=False)
    is_stuck: Callable[[int], bool] | None = field(default=None, compare=False)  # of its process number: runs, in vain


class Guard:
    """The process that stops the others if this one is killed (guard.py)."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [*BARE_PYTHON, GUARD], stdin=subprocess.PIPE, text=True, start_new_session=True
        )

    @property
    def pid(self) -> int:
        return self._process.pid

    def watch(self, pid: int, stop_signal: int) -> None:
        self._tell(f"watch {pid} {int(stop_signal)}")

    def forget(self, pid: int) -> None:
        self._tell(f"forget {pid}")

    def remove_at_end(self, folder: Path) -> None:
        self._tell(f"remove {folder}")

    def dismiss(self) -> None:
        """All is stopped: nothing to guard any more."""
        self._tell("dismiss")
        self._process.communicate()

    def _tell(self, line: str) -> None:
        try:
            assert self._process.stdin  # noqa: S101
            self._process.stdin.write(line + "\n")
            self._process.stdin.flush()
        except (BrokenPipeError, ValueError):  # someone killed the guard: PR_SET_PDEATHSIG and the next start remain
            return


class Child:
    """A running (or ended) program."""

    def __init__(self, program: Program, log: Path, guard: Guard) -> None:
        self.program = program
        self.log = log
        self._guard = guard
        self._process: subprocess.Popen[str] | None = None

    @property
    def pid(self) -> int:
        return self._process.pid if self._process else 0

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def exit_status(self) -> int | None:
        """As in `Popen.returncode`: negative for a signal."""
        return self._process.returncode if self._process else None

    def start(self) -> None:
        """Call it from the main thread: Linux ties the death signal to the thread that started a process."""
        if self.program.before_start:
            self.program.before_start()
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command(),
                cwd=self.program.folder,
                env=dict(self.program.environment),
                stdin=subprocess.PIPE if self.program.stdin else subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                text=True,
            )
        self._guard.watch(self.pid, self.program.stop_signal)
        if self.program.stdin and self._process.stdin:
            self._process.stdin.write(self.program.stdin)
            self._process.stdin.close()

    def ask_to_stop(self, number: signal.Signals | None = None) -> None:
        if self.is_running:
            os.kill(self.pid, number or self.program.stop_signal)

    def finish(self) -> None:
        """Kill what is left of the group (also grandchildren of a process that ended) and reap."""
        if not self._process:
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS: EPERM for a group of zombies
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()
        self._guard.forget(self.pid)

    def last_words(self) -> str:
        """The last line of the log that says something, for a message on the terminal."""
        lines = self.log.read_text(encoding="utf-8", errors="replace")[-4000:].strip().splitlines()
        return lines[-1].strip() if lines else "it left no message"

    def _command(self) -> list[str]:
        program = self.program
        return [*launched(program.stop_signal, program.account, nice=program.nice), *program.command]
