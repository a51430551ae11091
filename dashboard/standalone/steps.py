"""Run a step in its own process (reports.py) and show on the console what it says."""

import os
import selectors
import subprocess
import sys
from collections import deque
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from dashboard.standalone import reports
from dashboard.standalone.console import Console
from dashboard.standalone.discovery import ROOT
from dashboard.standalone.errors import StartError
from dashboard.standalone.supervisor import TICK_SECONDS, Supervisor

STOP_SECONDS = 3.0
KEPT_LINES = 40


def run_step(
    module: str, *, supervisor: Supervisor, console: Console, environment: Mapping[str, str]
) -> dict[str, Any]:
    """`python -m module` to its end; returns its result. Raises StartError with its last line if it fails."""
    log = supervisor.logs / f"{module.rpartition('.')[2]}.log"
    process = subprocess.Popen(
        [sys.executable, "-m", module],
        cwd=ROOT,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    supervisor.guard.watch(process.pid, 15)
    try:
        result, last_lines = _show(process, log, supervisor, console)
    except BaseException:
        _end(process)
        raise
    finally:
        supervisor.guard.forget(process.pid)
    if process.wait() != 0:
        raise StartError(f"{_reason(last_lines)} (log: {log})")
    return result


def _show(
    process: subprocess.Popen[bytes], log: Path, supervisor: Supervisor, console: Console
) -> tuple[dict[str, Any], list[str]]:
    stage, result, last_lines = "", {}, deque[str](maxlen=KEPT_LINES)
    assert process.stdout  # noqa: S101
    with log.open("wb") as file:
        for line in _lines(process.stdout, file, supervisor):
            report = reports.read(line)
            if report.stage and report.stage != stage:
                stage = report.stage
                console.begin(stage)
            if report.result:
                result = report.result
            elif report.done:
                console.finish(report.text)
                stage = ""
            elif report.text:
                last_lines.append(report.text)
                console.update(report.text, report.fraction)
    return result, list(last_lines)


def _lines(stream: IO[bytes], log: IO[bytes], supervisor: Supervisor) -> Iterator[str]:
    """Lines, or what is between two carriage returns, as they come; the supervisor goes on meanwhile."""
    rest = b""
    with selectors.DefaultSelector() as selector:
        selector.register(stream, selectors.EVENT_READ)
        while True:
            supervisor.tick()
            if not selector.select(TICK_SECONDS):
                continue
            chunk = os.read(stream.fileno(), 65_536)
            if not chunk:
                break
            log.write(chunk)
            *whole, rest = (rest + chunk.replace(b"\r", b"\n")).split(b"\n")
            yield from (line.decode(errors="replace") for line in whole)
    yield rest.decode(errors="replace")


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _reason(lines: list[str]) -> str:
    """The line that names the error: the last one of a traceback, or what a command said."""
    return lines[-1] if lines else "it ended without a word"
