"""Importing a file in chunks: each chunk is one transaction, each bad row is reported with its line."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from django.db import transaction

from dashboard.core.rows import Row, Rows
from dashboard.core.verdicts import Rejection, Verdicts

KEPT_REJECTIONS = 1000

Store = Callable[[list[Row]], Verdicts]
Progress = Callable[[int], None]


@dataclass
class ImportReport:
    """What became of a file's rows. `rejected` holds the first 1,000 with `line`, `code`, `message`."""

    rows: int = 0
    accepted: int = 0
    duplicates: int = 0
    rejected_count: int = 0
    rejected: list[dict[str, Any]] = field(default_factory=list)
    stored: bool = True

    def reject(self, line: int, code: str, message: str) -> None:
        self.rejected_count += 1
        if len(self.rejected) < KEPT_REJECTIONS:
            self.rejected.append({"line": line, "code": code, "message": message})


class _RollBack(Exception):
    pass


def import_rows(
    rows: Rows, store: Store, *, chunk: int, dry_run: bool = False, all_or_nothing: bool = False, progress: Progress
) -> ImportReport:
    """Store the rows by chunks and report on each.

    `dry_run` stores nothing; `all_or_nothing` stores nothing where one row is refused: both run every check,
    those of the database too. `progress` is told how many rows are done.
    """
    report = ImportReport()
    if not (dry_run or all_or_nothing):
        _import(rows, store, chunk, report, progress)
        return report
    try:
        with transaction.atomic():
            _import(rows, store, chunk, report, progress)
            if dry_run or report.rejected_count:
                raise _RollBack
    except _RollBack:
        report.stored = False
    return report


def _import(rows: Rows, store: Store, chunk: int, report: ImportReport, progress: Progress) -> None:
    for lines, good in _chunks(rows, chunk, report):
        verdicts = store(good) if good else Verdicts()
        report.accepted += verdicts.accepted
        report.duplicates += verdicts.duplicates
        for rejection in verdicts.rejected:
            report.reject(lines[rejection["index"]], rejection["code"], rejection["message"])
        progress(report.rows)
    report.rejected.sort(key=lambda rejection: rejection["line"])


def _chunks(rows: Rows, size: int, report: ImportReport) -> Iterator[tuple[list[int], list[Row]]]:
    while batch := list(islice(rows, size)):
        report.rows += len(batch)
        lines, good = [], []
        for line, row in batch:
            if isinstance(row, Rejection):
                report.reject(line, row.code, row.message)
            else:
                lines.append(line)
                good.append(row)
        yield lines, good
