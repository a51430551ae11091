"""`bin/test` inside `.venv`: every check and every test, on embedded services that last as long as this process.

    python -m tests.runner [pytest arguments]

With DATABASE_URL and REDIS_URL (or CELERY_BROKER_URL) in the environment those servers are used. Chromium is brought
along where that is possible. Tests marked `slow` are left out unless the arguments choose with -m.
Without arguments a process a core shares the tests (tests/apart.py), and mypy, which takes longest, runs beside them.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from dashboard.standalone.environment import Given, adopt_broker_as_cache
from dashboard.standalone.errors import StartError
from dashboard.standalone.servers import start_servers
from dashboard.standalone.stopping import StopRequest
from dashboard.standalone.supervisor import Supervisor
from tests.browser.chromium import chromium_path

CHECKS = {
    "ruff check": ["-m", "ruff", "check", "."],
    "ruff format": ["-m", "ruff", "format", "--check", "."],
    "templates": ["-m", "djlint", "--check", "--quiet", "templates"],
    "import-linter": ["-c", "import sys; from importlinter.cli import lint_imports_command as run; sys.exit(run())"],
}
TYPES = ["-m", "mypy", "dashboard", "recommender", "workers"]
MOST_PROCESSES = 4  # each holds up to 0.7 GiB, and has a Chromium
BROWSER_PACKAGES = ["chromium", "fonts-wqy-microhei"]  # the second draws Chinese


def main(arguments: Sequence[str]) -> int:
    """Runs all checks, also after one failed; the exit status is 1 if any failed, else that of pytest."""
    signal.signal(signal.SIGTERM, _stop)
    ensure_browser()
    # The services come first: mypy's Django plugin reads the settings, which want a database address.
    with services() as environment:
        failed = [name for name, command in CHECKS.items() if not passes(name, command, environment)]
        with started(TYPES, environment) as types:
            status = subprocess.run([sys.executable, "-m", "pytest", *selection(arguments)], env=environment).returncode
            print(types.communicate()[0], end="")  # noqa: T201
        failed += ["mypy"] if types.returncode else []
    if failed:
        say(f"failed: {', '.join(failed)}")
    return status or int(bool(failed))


def passes(name: str, command: Sequence[str], environment: dict[str, str]) -> bool:
    began_at = time.monotonic()
    ok = subprocess.run([sys.executable, *command], stdin=subprocess.DEVNULL, env=environment).returncode == 0
    say(f"{name}: {'ok' if ok else 'FAILED'} ({time.monotonic() - began_at:.1f} s)")
    return ok


@contextmanager
def started(command: Sequence[str], environment: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """A check that runs beside what else there is to do, and ends with it; what it says is kept."""
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    with subprocess.Popen([sys.executable, *command], env=environment, **quiet) as process:
        try:
            yield process
        finally:
            process.kill()


def selection(arguments: Sequence[str], cores: int = os.cpu_count() or 1) -> list[str]:
    """What pytest is told: without slow tests unless the arguments choose themselves; shared where all are run."""
    if any(word.startswith("-m") for word in arguments):
        return list(arguments)
    processes = min(cores, MOST_PROCESSES)
    shared = ["-p", "tests.apart", "-n", str(processes), "--durations=15"] if processes > 1 and not arguments else []
    return ["-m", "not slow", *shared, *arguments]


@contextmanager
def services() -> Iterator[dict[str, str]]:
    """The environment of pytest; whatever had to be started is stopped and removed at the end, however it comes."""
    os.environ.update(adopt_broker_as_cache(os.environ))
    given = Given.of(os.environ)
    data = Path(tempfile.mkdtemp(prefix="forage-test-")).resolve()
    (data / "logs").mkdir()
    supervisor = Supervisor(data / "logs", say, StopRequest())
    supervisor.guard.remove_at_end(data)
    try:
        urls = start_servers(data, supervisor, given, throwaway=True)
        yield {**os.environ, **urls, "FORAGE_DATA": str(data)}
    finally:
        supervisor.stop()
        shutil.rmtree(data, ignore_errors=True)


def ensure_browser() -> None:
    """Install Chromium where we may (root on Debian or Ubuntu); otherwise the browser tests say what is missing."""
    if chromium_path() or os.geteuid() != 0 or not shutil.which("apt-get"):
        return
    say(f"installing {' and '.join(BROWSER_PACKAGES)}")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for words in (["update", "-q"], ["install", "-q", "-y", "--no-install-recommends", *BROWSER_PACKAGES]):
        command = ["apt-get", *words]
        if subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, capture_output=True).returncode != 0:
            say(f"{' '.join(command)} failed; browser tests need Chromium")
            return


def say(text: str) -> None:
    print(f"bin/test: {text}", flush=True)  # noqa: T201


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + signal.SIGTERM)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except StartError as error:
        sys.exit(f"bin/test: {error}")
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)
