"""What management commands share: progress on a terminal, JSON for machines, reports, errors in one line."""

import csv
import json
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
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

from dashboard.core.csv_lines import safe_cell
from dashboard.core.errors import ForageError, Invalid
from dashboard.core.imports import ImportReport, Refused
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
        parser.add_argument("--refused", metavar="CSV", help="write every refused row there: line, code, message")

    def report(self, report: ImportReport, *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps(asdict(report)))
        else:
            self._say(report)
        if report.rejected_count:
            sys.exit(1)

    def _say(self, report: ImportReport) -> None:
        stored = "" if report.stored else "; nothing was stored"
        changes = ", ".join(f"{count:,} {name}" for name, count in report.changes.items())
        self.stdout.write(
            f"{report.rows:,} rows: {report.accepted:,} accepted{f' ({changes})' if changes else ''}, "
            f"{report.duplicates:,} duplicates, {report.rejected_count:,} refused{stored}."
        )
        for rejection in report.rejected[:SHOWN_REJECTIONS]:
            # a file may hold anything: what a terminal would act on is shown as its escape
            self.stderr.write(ascii_safe(f"line {rejection['line']}: {rejection['message']} ({rejection['code']})"))
        if report.rejected_count > SHOWN_REJECTIONS:
            more = report.rejected_count - SHOWN_REJECTIONS
            self.stderr.write(f"and {more:,} more; --refused FILE keeps them all.")


@contextmanager
def refused_rows(path: str | None) -> Iterator[Refused]:
    """Writes every refused row to a CSV as it comes; without a path it only listens."""
    if not path:
        yield lambda rejections: None
        return
    try:
        with Path(path).open("w", encoding="utf-8", newline="") as target:
            writer = csv.writer(target)
            writer.writerow(["line", "code", "message"])
            yield lambda rejections: writer.writerows(
                (entry["line"], entry["code"], safe_cell(entry["message"])) for entry in rejections
            )
    except OSError as problem:
        raise Invalid(f"{path}: {problem.strerror or problem}.") from None


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
