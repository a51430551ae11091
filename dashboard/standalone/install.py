"""Make `.venv` and fill it: plain pip, progress on the terminal, mended when an earlier try was cut off.

Standard library only: this runs on the bare Python of the system.
"""

import fcntl
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from dashboard.standalone import pip, stamps
from dashboard.standalone.discovery import ROOT
from dashboard.standalone.disk import INSTALL_MIB, require_space
from dashboard.standalone.errors import StartError

VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LOG = VENV / "install.log"
ENGINE = "requirements/engine.txt"
# bin/up leaves the test tools out; a .venv that bin/test filled serves both.
REQUIREMENTS = {
    "up": ("requirements/web.txt", "requirements/worker.txt"),
    "test": ("requirements.txt", "requirements/web.txt", "requirements/worker.txt", "requirements/test.txt"),
}
COVERS = {"up": ("up",), "test": ("up", "test")}

Report = Callable[[str], None]


def is_installed(purpose: str) -> bool:
    """Whether `.venv` holds what `purpose` (up or test) needs, and runs."""
    return stamps.matches(_stamp(purpose), _fingerprint(purpose)) and _venv_runs()


def install(purpose: str, report: Report) -> None:
    """Bring `.venv` to the state of the requirement files. Safe to cut off at any moment: the next call mends it."""
    with _one_installer(report):
        if is_installed(purpose):
            return
        require_space(ROOT, INSTALL_MIB)
        if not _venv_runs() or not _has_pip():
            report("making .venv")
            _make_venv()
        for name in COVERS["test"]:
            _stamp(name).unlink(missing_ok=True)
        _remove_half_installed()
        _install_requirements(purpose, report)
        for name in COVERS[purpose]:
            stamps.leave(_stamp(name), _fingerprint(name))


def site_packages() -> Path:
    """The folder of `.venv` into which pip unpacks."""
    return next(iter(sorted((VENV / "lib").glob("python3*/site-packages"))), VENV / "lib")


@contextmanager
def _one_installer(report: Report) -> Iterator[None]:
    """A lock on the project folder. pip inherits it, so that an orphaned pip keeps a second one away."""
    folder = os.open(ROOT, os.O_RDONLY)
    try:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            report("waiting for another installation to end")
            fcntl.flock(folder, fcntl.LOCK_EX)
        os.set_inheritable(folder, True)
        yield
    finally:
        os.close(folder)


def _install_requirements(purpose: str, report: Report) -> None:
    wanted = [f"--requirement={ROOT / name}" for name in REQUIREMENTS[purpose] if name != "requirements.txt"]
    with LOG.open("w", encoding="utf-8") as log:
        pip.run(PYTHON, wanted, packages=site_packages(), log=log, report=report)
        engine = ["--no-deps", f"--requirement={ROOT / ENGINE}"]
        pip.run(PYTHON, engine, packages=site_packages(), log=log, report=report)


def _stamp(purpose: str) -> Path:
    return VENV / f"forage-{purpose}.stamp"


def _fingerprint(purpose: str) -> str:
    return stamps.fingerprint([ROOT / name for name in (*REQUIREMENTS[purpose], ENGINE)], extra=_venv_version())


def _venv_version() -> str:
    """The Python that made `.venv`, as the folder itself says."""
    try:
        found = re.search(r"^version\s*=\s*(\S+)", (VENV / "pyvenv.cfg").read_text(), re.MULTILINE)
    except OSError:
        return ""
    return found.group(1) if found else ""


def _venv_runs() -> bool:
    """False where the system's Python was replaced or removed under `.venv`."""
    check = "import sys; print('.'.join(map(str, sys.version_info[:3])))"
    try:
        result = subprocess.run([PYTHON, "-I", "-S", "-c", check], capture_output=True, text=True, timeout=30)
    except OSError:
        return False
    return result.returncode == 0 and result.stdout.strip() == _venv_version()


def _has_pip() -> bool:
    return subprocess.run([PYTHON, "-I", "-m", "pip", "--version"], capture_output=True).returncode == 0


def _make_venv() -> None:
    try:
        if VENV.exists():
            shutil.rmtree(VENV)
        made = subprocess.run([sys.executable, "-m", "venv", VENV], capture_output=True, text=True)
    except OSError as error:
        raise StartError(f"cannot make {VENV}: {error.strerror or error}") from error
    if made.returncode != 0:
        lines = (made.stdout + made.stderr).strip().splitlines() or ["no reason given"]
        raise StartError(f"cannot make {VENV}: {lines[-1]} (Debian and Ubuntu: apt-get install python3-venv)")


def _remove_half_installed() -> None:
    """pip writes RECORD last: a package without it was cut off, but pip would take it for complete."""
    for metadata in site_packages().glob("*.dist-info"):
        if not (metadata / "RECORD").exists():
            shutil.rmtree(metadata)
