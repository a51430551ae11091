"""What management commands share: progress on a terminal, JSON for machines, reports, errors in one line."""

import csv
import json
import os
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import translation
from django.utils.translation import gettext as _
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
from dashboard.core.imports import REFUSED_COLUMNS, ImportReport, Refused, in_the_readers_words
from dashboard.core.imports import Progress as ReportProgress
from dashboard.core.remark_words import remark_sentences, rows_sentence

SHOWN_REJECTIONS = 20


class ForageCommand(BaseCommand):
    """A command whose domain errors are one clear line and exit code 1. Subclasses write `run`.

    What is translated at all is said in the language of the terminal.
    """

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with translation.override(terminal_language(os.environ)):
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
        parser.add_argument(
            "--refused", metavar="CSV", help="write every refused row there: its line, item, field, value and why"
        )

    def report(self, report: ImportReport, *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps(asdict(report)))
        else:
            self._say(report)
        if report.rejected_count:
            sys.exit(1)

    def _say(self, report: ImportReport) -> None:
        self.stdout.write(_sum_of(report))
        for sentence in remark_sentences(report.remarks):
            self.stdout.write(ascii_safe(sentence))
        for rejection in report.rejected[:SHOWN_REJECTIONS]:
            # a file may hold anything: what a terminal would act on is shown as its escape
            self.stderr.write(ascii_safe(_refusal(rejection)))
        if report.rejected_count > SHOWN_REJECTIONS:
            more = report.rejected_count - SHOWN_REJECTIONS
            self.stderr.write(_("and %(more)s more; --refused FILE keeps them all.") % {"more": f"{more:,}"})


def _sum_of(report: ImportReport) -> str:
    said = rows_sentence(report.rows, report.fates)
    return said if report.stored else f"{said} {_('Nothing was stored.')}"


def _refusal(rejection: Mapping[str, Any]) -> str:
    """“line 4, item mug, price “cheap”: price must be a number (wrong_type)”, with what of it is known."""
    place = [_("line %(line)s") % {"line": rejection["line"]}]
    if rejection["item_id"]:
        place.append(_("item %(item)s") % {"item": rejection["item_id"]})
    if rejection["value"]:
        place.append(_("%(field)s “%(value)s”") % rejection)
    why = f"{in_the_readers_words(rejection)} ({rejection['code']})"
    return _("%(place)s: %(why)s") % {"place": _(", ").join(place), "why": why}


def terminal_language(environment: Mapping[str, str]) -> str:
    """Chinese where the terminal's locale is, else English: as POSIX has it, the first that is set counts."""
    said = next((environment[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environment.get(name)), "")
    return "zh-hans" if said.lower().startswith("zh") else "en-gb"


@contextmanager
def refused_rows(path: str | None) -> Iterator[Refused]:
    """Writes every refused row to a CSV as it comes; without a path it only listens."""
    if not path:
        yield lambda rejections: None
        return
    try:
        with Path(path).open("w", encoding="utf-8", newline="") as target:
            writer = csv.writer(target)
            writer.writerow(REFUSED_COLUMNS)
            yield lambda rejections: writer.writerows(map(_refused_line, rejections))
    except OSError as problem:
        raise Invalid(f"{path}: {problem.strerror or problem}.") from None


def _refused_line(entry: dict[str, Any]) -> list[Any]:
    told = {**entry, "message": in_the_readers_words(entry)}
    return [safe_cell(told[name]) if isinstance(told[name], str) else told[name] for name in REFUSED_COLUMNS]


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
