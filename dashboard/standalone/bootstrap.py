"""The first seconds of `bin/up` and `bin/test`: on the system's bare Python, before any package exists.

Takes the lock of the data folder, brings `.venv` up to date, and becomes `python -m dashboard.standalone`
(or the test runner) inside it. Standard library only, and so is all it imports.
"""

import os
import shutil
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from dashboard.standalone import install, lock, options, ports  # noqa: E402
from dashboard.standalone.discovery import RUNTIME_FILE  # noqa: E402
from dashboard.standalone.errors import StartError  # noqa: E402

PLAIN_INTERVAL_SECONDS = 5
CLEAR_LINE = "\r\033[K"


class Line:
    """The installation's progress: one line that is rewritten on a terminal, now and then a line elsewhere."""

    def __init__(self) -> None:
        self.is_terminal = sys.stdout.isatty()
        self.started = time.monotonic()
        self.printed = 0.0

    def update(self, text: str) -> None:
        elapsed = time.monotonic() - self.started
        if self.is_terminal:
            print(CLEAR_LINE + f"  install   {text}  {elapsed:.0f} s"[: _columns() - 1], end="", flush=True)  # noqa: T201
        elif not self.printed or elapsed - self.printed >= PLAIN_INTERVAL_SECONDS:
            self.printed = max(elapsed, 0.01)
            print(f"  install   {text}  {elapsed:.0f} s", flush=True)  # noqa: T201

    def finish(self) -> None:
        end = f"packages installed in {time.monotonic() - self.started:.0f} s"
        print(f"{CLEAR_LINE if self.is_terminal else ''}  install   {end}", flush=True)  # noqa: T201


def _columns() -> int:
    return shutil.get_terminal_size().columns


def main(arguments: Sequence[str]) -> None:
    """Never returns when all goes well: the process becomes what was asked for."""
    signal.signal(signal.SIGTERM, _stop)
    if arguments[0] == "test":
        _become_tests(arguments[1:])
    _become_supervisor(arguments[1:])


def _become_supervisor(arguments: Sequence[str]) -> None:
    wanted = options.parse(arguments)
    lock.make_data_folder(wanted.data)
    descriptor = lock.hold_lock(wanted.data)
    if not (wanted.data / RUNTIME_FILE).exists():  # nothing of an earlier run can hold the port: say it before the wait
        ports.require_free(wanted.port, wanted.host)
    _ensure_installed("up")
    os.set_inheritable(descriptor, True)
    os.environ[lock.LOCK_VARIABLE] = str(descriptor)
    _become(install.PYTHON, ["-m", "dashboard.standalone", *arguments, "--data", str(wanted.data)])


def _become_tests(arguments: Sequence[str]) -> None:
    given = os.environ.get("FORAGE_PYTHON")
    if not given:
        _ensure_installed("test")
    _become(Path(given or install.PYTHON), ["-m", "tests.runner", *arguments])


def _ensure_installed(purpose: str) -> None:
    if install.is_installed(purpose):
        return
    line = Line()
    install.install(purpose, line.update)
    line.finish()


def _become(python: Path, arguments: Sequence[str]) -> None:
    os.chdir(ROOT)
    os.execv(python, [str(python), *arguments])  # noqa: S606


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + signal.SIGTERM)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except StartError as error:
        sys.exit(f"\nbin/{sys.argv[1]}: {error}" if sys.stdout.isatty() else f"bin/{sys.argv[1]}: {error}")
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)
