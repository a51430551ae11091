"""The whole system as `bin/up` runs it, in a folder of its own."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from dashboard.standalone.leftovers import stop_leftovers

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 300  # a busy machine; nothing here asserts a speed
OURS = (
    "DATABASE_URL",
    "REDIS_URL",
    "CELERY_BROKER_URL",
    "SECRET_KEY",
    "DEBUG",
    "FORAGE_DATA",
    "DJANGO_SETTINGS_MODULE",
)


@dataclass(frozen=True)
class System:
    """A running Forage."""

    url: str
    data: Path

    def manage(self, *arguments: str) -> str:
        """What a second terminal would see of `manage.py …`."""
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(command, cwd=ROOT, env=environment(self.data), capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def create_shop(self, slug: str) -> dict[str, Any]:
        return dict(json.loads(self.manage("create_shop", slug, "--name", slug.title(), "--json")))


def environment(data: Path) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if name not in OURS}
    return {**inherited, "FORAGE_DATA": str(data)}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def eventually(ask: Callable[[], Any]) -> Any:
    """The first answer that is not None; fails loudly after PATIENCE_SECONDS."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if (answer := ask()) is not None:
            return answer
        time.sleep(0.5)
    raise AssertionError(f"nothing came of {ask} in {PATIENCE_SECONDS} s")


@contextmanager
def running_system() -> Iterator[System]:
    """Start everything on a free port; stop it, with all that it left, at the end."""
    parent = Path(tempfile.mkdtemp(prefix="forage-journey-")).resolve()
    data, port = parent / "var", free_port()
    command = [sys.executable, "-m", "dashboard.standalone", "--empty", "--port", str(port), "--data", str(data)]
    output = (parent / "up.log").open("w+")
    process = subprocess.Popen(command, cwd=ROOT, env=environment(data), stdout=output, stderr=output)
    system = System(f"http://127.0.0.1:{port}", data)
    try:
        eventually(lambda: _ready(system, process, output.name))
        yield system
    finally:
        process.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(60)
        stop_leftovers(data)
        output.close()
        shutil.rmtree(parent)


def _ready(system: System, process: "subprocess.Popen[bytes]", log: str) -> bool | None:
    assert process.poll() is None, Path(log).read_text(encoding="utf-8")
    try:
        paths = ("/readyz", "/sign-in/")  # of serving, and of pages
        answers = [httpx.get(f"{system.url}{path}", follow_redirects=True) for path in paths]
        return all(answer.is_success for answer in answers) or None
    except httpx.TransportError:
        return None
