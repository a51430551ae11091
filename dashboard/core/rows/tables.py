"""Tables of text (CSV, TSV): the first line names the columns."""

import csv
from collections.abc import Iterator
from pathlib import Path

from dashboard.core import errors
from dashboard.core.rows.files import opened
from dashboard.core.rows.lines import MAX_LINE_CHARACTERS, Lines, LineTooLong, text_of
from dashboard.core.rows.types import Rows
from dashboard.core.verdicts import Rejection

MAX_CELL_CHARACTERS = 1_000_000
MAX_COLUMNS = 1000
_Records = Iterator[tuple[int, list[str] | Rejection]]


def csv_header(path: Path, delimiter: str) -> list[str]:
    """The columns' names. Raises `Invalid` where there are none, too many, or one twice."""
    with opened(path) as source:
        return _columns(path, _records(Lines(text_of(source)), delimiter))


def csv_rows(path: Path, delimiter: str) -> Rows:
    """Rows by column; an empty cell is left out of its row.

    A quote that is never closed costs its own line, not those that follow.
    """
    with opened(path) as source:
        lines = Lines(text_of(source))
        records = _records(lines, delimiter)
        columns = _columns(path, records)
        for start, cells in records:
            if isinstance(cells, Rejection):
                yield start, cells
            elif len(cells) > len(columns):
                yield (
                    start,
                    Rejection(
                        "too_many_cells",
                        "%(cells)s cells under %(columns)s columns.",
                        cells=len(cells),
                        columns=len(columns),
                    ),
                )
            elif len(cells) < len(columns) and cells and not lines.is_ended:
                yield start, Rejection("cut_off", "The file ends in the middle of this line.")
            elif cells:
                yield start, {column: cell for column, cell in zip(columns, cells, strict=False) if cell}


def _records(lines: Lines, delimiter: str) -> _Records:
    csv.field_size_limit(MAX_CELL_CHARACTERS)
    reader = csv.reader(lines, delimiter=delimiter)
    while True:
        start = lines.begin()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except LineTooLong:
            yield start, Rejection("line_too_long", "A line may have %(limit)s characters.", limit=MAX_LINE_CHARACTERS)
        except csv.Error as problem:
            lines.again()
            yield start, Rejection("not_csv", "This line cannot be read: %(problem)s.", problem=problem)
        else:
            if lines.is_open:
                lines.again()
                yield start, Rejection("unclosed_quote", "A quote that opens in this line is never closed.")
            else:
                yield start, cells


def _columns(path: Path, records: _Records) -> list[str]:
    _, first = next(records, (1, list[str]()))
    if isinstance(first, Rejection):
        raise errors.Invalid(f"{path.name}: the first line cannot be read: {first.message}")
    columns = [cell.strip() for cell in first]
    if not any(columns):
        raise errors.Invalid(f"{path.name}: the file is empty.")
    if len(columns) > MAX_COLUMNS:
        raise errors.Invalid(f"{path.name}: {len(columns)} columns; a table may have {MAX_COLUMNS}.")
    if twice := {column for column in columns if column and columns.count(column) > 1}:
        raise errors.Invalid(f"{path.name}: the column {min(twice)[:100]} is there twice.")
    return columns
