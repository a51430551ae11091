"""Progress of commands that have one measure of it: a bar on a terminal, JSON lines for machines. All on standard
error, for standard output is the command's answer."""

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Report = Callable[[float, str], None]  # share done, 0..1, and a message
SECONDS = 0.5  # between JSON lines


def add_progress_argument(parser: argparse.ArgumentParser) -> None:
    """--progress."""
    parser.add_argument(
        "--progress",
        choices=("auto", "json", "bar", "none"),
        default="auto",
        help="on standard error: a bar, or JSON lines with progress (0..1) and message (auto: a bar on a terminal)",
    )


@contextmanager
def reporting(kind: str) -> Iterator[Report]:
    """What to tell progress to."""
    if kind == "bar" or (kind == "auto" and sys.stderr.isatty()):
        with _bar() as report:
            yield report
    elif kind == "json":
        yield _json_lines()
    else:
        yield _messages() if kind == "auto" else (lambda share, message: None)


@contextmanager
def _bar() -> Iterator[Report]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    columns = (BarColumn(), TaskProgressColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("", total=1.0)

        def report(share: float, message: str) -> None:
            bar.update(task, completed=share, description=message)

        yield report


def _json_lines() -> Report:
    told: list[tuple[float, str]] = []

    def report(share: float, message: str) -> None:
        now = time.monotonic()
        if told and now - told[-1][0] < SECONDS and message == told[-1][1] and share < 1:
            return
        told[:] = [(now, message)]
        line = {"progress": round(min(max(share, 0.0), 1.0), 4), "message": message}
        sys.stderr.write(json.dumps(line, ensure_ascii=False) + "\n")
        sys.stderr.flush()

    return report


def _messages() -> Report:
    """Without a terminal: each message once, without what comes after a colon, which changes too often."""
    told: list[str] = []

    def report(share: float, message: str) -> None:
        head = message.partition(":")[0]
        if head and head not in told:
            told.append(head)
            sys.stderr.write(f"{head} …\n")
            sys.stderr.flush()

    return report
