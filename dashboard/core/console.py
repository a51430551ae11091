"""What management commands share: progress on a terminal, JSON for machines, reports, errors in one line."""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
)

from dashboard.core.errors import ForageError
from dashboard.core.imports import ImportReport
from dashboard.core.imports import Progress as ReportProgress

SHOWN_REJECTIONS = 20


class ForageCommand(BaseCommand):
    """A command whose domain errors are one clear line and exit code 1. Subclasses write `run`."""

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self.run(**options)
        except ForageError as problem:
            raise CommandError(problem.message) from None

    def run(self, **options: Any) -> None:
        raise NotImplementedError


class ImportCommand(ForageCommand):
    """A command that imports a file into a shop. Exits with 1 where a row was refused."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE")
        parser.add_argument("--shop", required=True, metavar="SLUG")
        parser.add_argument("--format", default="", help="how to read the file; detected where left out")
        parser.add_argument("--dry-run", action="store_true", help="run every check, store nothing")
        parser.add_argument("--all-or-nothing", action="store_true", help="store nothing where one row is refused")
        parser.add_argument("--json", action="store_true", help="print the report as JSON")

    def report(self, report: ImportReport, *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps(asdict(report)))
        else:
            self._say(report)
        if report.rejected_count:
            sys.exit(1)

    def _say(self, report: ImportReport) -> None:
        stored = "" if report.stored else "; nothing was stored"
        self.stdout.write(
            f"{report.rows:,} rows: {report.accepted:,} accepted, {report.duplicates:,} duplicates, "
            f"{report.rejected_count:,} refused{stored}."
        )
        for rejection in report.rejected[:SHOWN_REJECTIONS]:
            # a file may hold anything: what a terminal would act on is shown as its escape
            self.stderr.write(ascii_safe(f"line {rejection['line']}: {rejection['message']} ({rejection['code']})"))
        if report.rejected_count > SHOWN_REJECTIONS:
            more = report.rejected_count - SHOWN_REJECTIONS
            self.stderr.write(f"and {more:,} more; --json lists the first {len(report.rejected):,}.")


def ascii_safe(text: str) -> str:
    """Control characters as escapes; every printable letter stays."""
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text)


@contextmanager
def row_progress(title: str, total: int | None = None) -> Iterator[ReportProgress]:
    """A bar on standard error that counts rows; silent where that is no terminal."""
    console = Console(stderr=True)
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(title, total=total)
        yield lambda rows: bar.update(task, completed=rows)


@contextmanager
def share_progress(title: str) -> Iterator[Callable[[str, float], None]]:
    """A bar on standard error that is told what is being done and the share of the whole (0..1) that is done."""
    console = Console(stderr=True)
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(title, total=1.0)
        yield lambda text, share: bar.update(task, description=f"{title}: {text}", completed=share)
