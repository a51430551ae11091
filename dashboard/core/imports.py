"""Importing a file in chunks: each chunk is one transaction, each bad row is reported with its line."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from django.db import transaction
from django.utils.translation import gettext

from dashboard.core.remarks import Remarks
from dashboard.core.rows import Addition, Row, Rows
from dashboard.core.verdicts import Rejection, Verdicts

KEPT_REJECTIONS = 1000
REFUSED_COLUMNS = ("line", "item_id", "field", "value", "code", "message")  # of a file of refused rows
MAX_CHUNK_CHARACTERS = 8_000_000  # about 40 MB in memory while a chunk is stored; a thousand usual items have a tenth

Store = Callable[[list[Row]], Verdicts]
Progress = Callable[[int], None]
Refused = Callable[[list[dict[str, Any]]], None]


@dataclass(frozen=True)
class Removal:
    """What became of the things that a file no longer names.

    `outcome`: `removed`; `previewed` (a dry run: they would be); or why all of them stay: `too_many` (a larger share
    than is removed unasked), `unreadable` (rows of which nobody can tell what they name), `empty` (no row was taken).
    `known` things were there before the file, `missing` of them are not in it, `sample` has some of these.
    """

    outcome: str
    missing: int = 0
    known: int = 0
    unreadable: int = 0
    sample: list[dict[str, str]] = field(default_factory=list)

    @property
    def is_held_back(self) -> bool:
        return self.outcome not in ("removed", "previewed")


@dataclass
class ImportReport:
    """What became of a file's rows: `accepted + duplicates + additions + rejected_count` is `rows`, in every import.

    `duplicates` say again what was said (of a catalog: name an item of the same chunk again, and change it once more),
    `additions` add to the thing of another row. `rejected` holds the first 1,000: `line`, `item_id`, `field`, `value`,
    `code`, `message`, `words`, `values`. `changes` counts what the accepted rows change (`new`, `changed`,
    `unchanged`), where that is known; `remarks` is what was taken otherwise than it may be meant; `removal` says what
    became of what the file no longer names, where that was asked for.
    """

    rows: int = 0
    accepted: int = 0
    duplicates: int = 0
    additions: int = 0
    rejected_count: int = 0
    rejected: list[dict[str, Any]] = field(default_factory=list)
    stored: bool = True
    changes: dict[str, int] = field(default_factory=dict)
    removal: Removal | None = None
    remarks: Remarks = field(default_factory=Remarks)

    @property
    def fates(self) -> dict[str, int]:
        """What became of the rows, each counted once."""
        taken = self.changes or {"accepted": self.accepted}
        return {
            **taken,
            "duplicates": self.duplicates,
            "additions": self.additions,
            "refused": self.rejected_count,
        }

    def add(self, verdicts: Verdicts) -> None:
        self.accepted += verdicts.accepted
        self.duplicates += verdicts.duplicates
        for name, count in verdicts.changes.items():
            self.changes[name] = self.changes.get(name, 0) + count
        self.remarks.without_title(verdicts.untitled)

    def reject(self, rejections: list[dict[str, Any]]) -> None:
        self.rejected_count += len(rejections)
        self.rejected += rejections[: KEPT_REJECTIONS - len(self.rejected)]


Finish = Callable[[ImportReport], None]


class _RollBack(Exception):
    pass


def import_rows(
    rows: Rows,
    store: Store,
    *,
    chunk: int,
    dry_run: bool = False,
    all_or_nothing: bool = False,
    progress: Progress,
    refused: Refused = lambda rejections: None,
    finish: Finish = lambda report: None,
) -> ImportReport:
    """Store the rows by chunks and report on each; `finish` comes after the last, in the same transaction if it is one.

    `dry_run` stores nothing; `all_or_nothing` stores nothing where one row is refused: both run every check,
    those of the database too. `progress` is told how many rows are done, `refused` the bad rows of each chunk, all of
    them, in the order of their lines.
    """
    report = ImportReport()
    if not (dry_run or all_or_nothing):
        _import(rows, store, chunk, report, progress, refused)
        finish(report)
        return report
    try:
        with transaction.atomic():
            _import(rows, store, chunk, report, progress, refused)
            if dry_run or report.rejected_count:
                raise _RollBack
            finish(report)
    except _RollBack:
        report.stored = False
    return report


def _import(rows: Rows, store: Store, chunk: int, report: ImportReport, progress: Progress, refused: Refused) -> None:
    for lines, good, rejections in _chunks(rows, chunk, report):
        verdicts = store(good) if good else Verdicts()
        report.add(verdicts)
        rejections += [
            _rejection(lines[index], reason.about(good[index], "item_id"))
            for index, reason in sorted(verdicts.reasons.items())
        ]
        if rejections:
            rejections.sort(key=lambda rejection: rejection["line"])
            report.reject(rejections)
            refused(rejections)
        progress(report.rows)


def _chunks(rows: Rows, size: int, report: ImportReport) -> Iterator[tuple[list[int], list[Row], list[dict[str, Any]]]]:
    """(lines of the good rows, the good rows, rejections of the others)."""
    while batch := list(_at_most(rows, size)):
        report.rows += len(batch)
        lines, good, rejections = [], [], []
        for line, row in batch:
            if isinstance(row, Rejection):
                rejections.append(_rejection(line, row))
            elif isinstance(row, Addition):
                report.additions += 1
            else:
                lines.append(line)
                good.append(row)
        yield lines, good, rejections


def _at_most(rows: Rows, size: int) -> Rows:
    """The next rows: as many as a chunk has, fewer where they are long."""
    characters = 0
    for line, row in islice(rows, size):
        yield line, row
        if isinstance(row, dict):
            characters += sum(len(value) for value in row.values() if isinstance(value, str | list))
        if characters > MAX_CHUNK_CHARACTERS:
            return


def _rejection(line: int, reason: Rejection) -> dict[str, Any]:
    place = {"line": line, "item_id": "", "field": reason.field, "value": ""} | reason.place
    return place | {"code": reason.code, "message": reason.message, "words": reason.words, "values": reason.values}


def in_the_readers_words(entry: Mapping[str, Any]) -> str:
    """Why a row was refused, in the language of now. `entry`: one of `ImportReport.rejected`."""
    words = entry["words"]
    return gettext(words) % entry["values"]
