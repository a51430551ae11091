"""Python, the installed packages against the requirement files, and the Python that trains."""

import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from django.conf import settings

from dashboard.standalone.discovery import ROOT
from dashboard.standalone.doctor.finding import Finding, ok, problem, warning

PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s#;]+)")
OLDEST_PYTHON = (3, 11)
TRAINER_SECONDS = 60


def findings() -> Iterator[Finding]:
    if sys.version_info < OLDEST_PYTHON:
        yield problem(f"Python {sys.version.split()[0]} is too old", "Use Python 3.11 or newer.")
    yield from _packages()
    yield from _trainer()


def differing(pins: dict[str, str]) -> list[str]:
    """What is missing, or installed in another version than pinned, in words. A build (+cpu) makes no difference."""
    found = []
    for name, wanted in sorted(pins.items()):
        try:
            installed = version(name)
        except PackageNotFoundError:
            found.append(f"{name} {wanted} is missing")
            continue
        if installed.split("+")[0] != wanted.split("+")[0]:
            found.append(f"{name} {installed} instead of {wanted}")
    return found


def pins_of(*files: Path) -> dict[str, str]:
    """Names and versions of the lines `name==version`."""
    lines = (line for file in files for line in file.read_text(encoding="utf-8").splitlines())
    return {match[1]: match[2] for line in lines if (match := PIN.match(line))}


def _packages() -> Iterator[Finding]:
    folder = ROOT / "requirements"
    pins = pins_of(folder / "web.txt", folder / "engine.txt")
    if different := differing(pins):
        more = f" and {len(different) - 5} more" if len(different) > 5 else ""
        yield warning(", ".join(different[:5]) + more, "Run bin/up, or pip install -r requirements.txt in .venv.")
    else:
        yield ok(f"Python {sys.version.split()[0]} and {len(pins)} packages as pinned")


def _trainer() -> Iterator[Finding]:
    """Asked in its own process: it may be another Python, and torch takes seconds to load."""
    if reason := _failure([*settings.TRAINER_COMMAND, "train", "--help"]):
        yield problem(
            f"{' '.join(settings.TRAINER_COMMAND)} does not run: {reason}",
            "Install requirements/worker.txt for that Python, or correct TRAINER_COMMAND.",
        )
    else:
        yield ok("the trainer runs")


def _failure(command: list[str]) -> str:
    """Why the command does not run to a good end; empty where it does."""
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=TRAINER_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    if done.returncode == 0:
        return ""
    said = done.stderr.decode(errors="replace").strip().splitlines()
    return said[-1] if said else f"exit status {done.returncode}"
