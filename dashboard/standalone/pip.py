"""Run pip and tell how far it is. Standard library only."""

import re
import subprocess
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO

from dashboard.standalone.errors import StartError

TICK_SECONDS = 0.5
OPTIONS = (
    "--disable-pip-version-check",
    "--no-input",
    "--progress-bar=off",
    "--retries=2",
    # Python compiles what is imported when it is imported: pip would spend a minute on files that nobody reads
    "--no-compile",
)
OFFLINE = re.compile(r"NewConnectionError|Failed to establish a new connection|name resolution|Network is unreachable")


class Progress:
    """What pip's lines mean: which package of how many."""

    def __init__(self, packages: Path) -> None:
        self.packages = packages
        self.fetched: list[str] = []
        self.file = ""
        self.to_install: list[str] = []
        self.installed_before = 0
        self.errors: list[str] = []
        self.offline = False
        self.disk_full = False

    def read(self, line: str) -> None:
        """Take in one line of pip's output."""
        text = line.strip()
        if found := re.match(r"Collecting ([\w.\[\]-]+)", text):
            self.fetched.append(found.group(1))
            self.file = ""
        elif found := re.match(r"(?:Downloading|Using cached) \S+ (\([\d.]+ [kMG]B\))", text):
            self.file = f" {found.group(1)}"
        elif text.startswith("Installing collected packages: "):
            self.installed_before = self._installed()
            self.to_install = text.partition(": ")[2].split(", ")
        elif text.startswith("ERROR: "):
            self.errors.append(text.removeprefix("ERROR: "))
        self.offline |= bool(OFFLINE.search(text))
        self.disk_full |= "No space left on device" in text

    def describe(self) -> str:
        """One line for the terminal."""
        if self.to_install:
            done = min(self._installed() - self.installed_before, len(self.to_install) - 1)
            return f"unpacking package {done + 1} of {len(self.to_install)}: {self.to_install[done]}"
        if self.fetched:
            return f"fetching package {len(self.fetched)}: {self.fetched[-1]}{self.file}"
        return "asking the package index"

    def failure(self) -> str:
        """Why pip failed, in one line."""
        if self.disk_full:
            return "no space left on the disk while installing packages; free some and start again"
        if self.offline:
            return "cannot reach the package index: check the network (or pip's proxy settings) and start again"
        return f"pip failed: {self.errors[0] if self.errors else 'no reason given'}"

    def _installed(self) -> int:
        return sum(1 for _ in self.packages.glob("*.dist-info"))


def run(python: Path, arguments: Sequence[str], *, packages: Path, log: IO[str], report: Callable[[str], None]) -> None:
    """`pip install` with the arguments; raises StartError with the reason, the whole output is in the log."""
    command = [str(python), "-m", "pip", "install", *OPTIONS, *arguments]
    progress = Progress(packages)
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, close_fds=False
    )
    reader = threading.Thread(target=_read_lines, args=(process, progress, log))
    reader.start()
    try:
        while reader.is_alive():
            reader.join(TICK_SECONDS)
            report(progress.describe())
    except BaseException:  # Ctrl-C or SIGTERM: pip must not go on alone
        process.terminate()
        raise
    finally:
        reader.join()
        process.wait()
    if process.returncode != 0:
        raise StartError(f"{progress.failure()} (all of it: {log.name})")


def _read_lines(process: subprocess.Popen[str], progress: Progress, log: IO[str]) -> None:
    for line in process.stdout or ():
        log.write(line)
        log.flush()
        progress.read(line)
