"""Rows of a file, one at a time with the line they begin at; `.gz` is opened on the way.

A row that cannot be read is yielded as a `Rejection`, so that the rest of the file is still read.
"""

import csv
import gzip
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from dashboard.core import errors
from dashboard.core.verdicts import Rejection

Row = dict[str, Any]
Rows = Iterator[tuple[int, "Row | Rejection"]]

MAX_CELL_CHARACTERS = 1_000_000
PARQUET_ROWS_AT_A_TIME = 10_000


def opened(path: Path) -> BinaryIO:
    """The file's bytes, unpacked where its name ends in .gz. Raises `Invalid` with what is wrong."""
    try:
        return gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb")  # type: ignore[return-value]
    except OSError as problem:
        raise errors.Invalid(f"{path.name}: {problem.strerror or problem}.") from None


def csv_header(path: Path, delimiter: str) -> list[str]:
    with opened(path) as source:
        return _columns(path, csv.reader(_text(source), delimiter=delimiter))


def csv_rows(path: Path, delimiter: str) -> Rows:
    """Rows of a table of text; the first line names the columns; an empty cell is left out of its row."""
    csv.field_size_limit(MAX_CELL_CHARACTERS)
    with opened(path) as source:
        reader = csv.reader(_text(source), delimiter=delimiter)
        columns = _columns(path, reader)
        while True:
            start = reader.line_num + 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as problem:
                yield start, Rejection("not_csv", f"This line cannot be read: {problem}.")
                continue
            except (OSError, EOFError) as problem:
                raise errors.Invalid(f"{path.name}: the file is damaged after line {start}: {problem}.") from None
            if not cells:
                continue
            if len(cells) > len(columns):
                yield start, Rejection("too_many_cells", f"{len(cells)} cells under {len(columns)} columns.")
                continue
            yield start, {column: cell for column, cell in zip(columns, cells, strict=False) if cell}


def jsonl_rows(path: Path) -> Rows:
    """One JSON object a line."""
    decoder = msgspec.json.Decoder(dict[str, Any])
    with opened(path) as source:
        for number, line in enumerate(source, start=1):
            if not line.strip():
                continue
            try:
                yield number, decoder.decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                yield number, Rejection("not_json", "This line is not a JSON object.")


def parquet_rows(path: Path) -> Rows:
    """Rows of a Parquet file, numbered from 1. Empty cells (null, NaN) are left out."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(path)
        number = 0
        for batch in file.iter_batches(batch_size=PARQUET_ROWS_AT_A_TIME):
            names = batch.schema.names
            for values in zip(*[column.to_pylist() for column in batch.columns], strict=True):
                number += 1
                pairs = zip(names, values, strict=True)
                # a value that differs from itself is NaN
                yield number, {name: value for name, value in pairs if value is not None and value == value}
    except (pa.ArrowException, OSError) as problem:
        raise errors.Invalid(f"{path.name}: this is not a sound Parquet file: {problem}.") from None


def _text(source: BinaryIO) -> io.TextIOWrapper:
    """UTF-8, with or without a byte order mark; what is not UTF-8 becomes characters that every check refuses."""
    return io.TextIOWrapper(source, encoding="utf-8-sig", errors="surrogateescape", newline="")


def _columns(path: Path, reader: Iterator[list[str]]) -> list[str]:
    try:
        columns = [cell.strip() for cell in next(reader, [])]
    except (csv.Error, OSError, EOFError) as problem:
        raise errors.Invalid(f"{path.name}: the first line cannot be read: {problem}.") from None
    if not any(columns):
        raise errors.Invalid(f"{path.name}: the file is empty.")
    if twice := {column for column in columns if column and columns.count(column) > 1}:
        raise errors.Invalid(f"{path.name}: the column {sorted(twice)[0]} is there twice.")
    return columns
