"""Tables from .csv, .tsv, .jsonl (each also .gz) and .parquet files. Text formats are read as strings, unguessed."""

import csv
import gzip
import io
import json
import zlib
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import IO

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from recommender.errors import InputError

FORMATS = (".csv", ".tsv", ".jsonl", ".ndjson", ".parquet")
JSON_ROWS = 50_000  # at once: 50 MB
# Arrow's error of a damaged page is an OSError.
UNREADABLE = (pa.ArrowInvalid, UnicodeError, EOFError, OSError, zlib.error, csv.Error)


def read_table(path: Path) -> pa.Table:
    """Every column of a file. Raises InputError that names the file, and the line where it is known."""
    if not path.is_file():
        raise InputError("is a folder" if path.is_dir() else "there is no such file", file=path)
    if path.stat().st_size == 0:
        raise InputError("the file is empty", file=path)
    try:
        table = _reader(path)(path)
    except UnicodeDecodeError as error:
        raise InputError("is no UTF-8 text", file=path, line=_undecodable_line(path)) from error
    except UNREADABLE as error:
        raise InputError(f"cannot be read ({str(error).splitlines()[0][:160]})", file=path) from error
    if not table.num_rows:
        raise InputError("the file has no rows", file=path)
    return table


def row_line(path: Path, row: int) -> int | None:
    """The line where a row (from 0) of a table begins, found by reading the file again; Parquet has rows only."""
    ending = format_of(path)
    if ending == ".parquet":
        return row + 1
    with open_binary(path) as raw:
        if ending in (".jsonl", ".ndjson"):
            return next(islice((line for line, _ in _filled_lines(raw)), row, None), None)
        try:
            return next(islice((first for first, _, _ in _delimited_rows(raw, path)), row + 1, None), None)
        except csv.Error:  # a field larger than Python's parser takes
            return None


def _undecodable_line(path: Path) -> int | None:
    with open_binary(path) as raw:
        for number, line in enumerate(raw, start=1):
            try:
                line.decode()
            except UnicodeDecodeError:
                return number
    return None


def format_of(path: Path) -> str:
    """The ending that decides how a file is read, without `.gz`."""
    name = path.name.lower().removesuffix(".gz")
    return Path(name).suffix


def _reader(path: Path) -> Callable[[Path], pa.Table]:
    ending = format_of(path)
    if ending not in FORMATS:
        raise InputError(f"unknown format; known are {', '.join(FORMATS)}, the text formats also with .gz", file=path)
    if ending == ".parquet":
        return lambda file: pyarrow.parquet.read_table(file, partitioning=None)
    if ending in (".jsonl", ".ndjson"):
        return _read_json_lines
    return _read_delimited


def open_binary(path: Path) -> IO[bytes]:
    """A file for reading, unpacked where its name ends in .gz."""
    return gzip.open(path) if path.name.lower().endswith(".gz") else path.open("rb")  # type: ignore[return-value]


def _read_delimited(path: Path) -> pa.Table:
    with open_binary(path) as raw:
        first, last, header = next(_delimited_rows(raw, path), (1, 1, []))
    if not header:
        raise InputError("the file is empty", file=path)
    names = [name.strip() for name in header]
    if len(set(names)) < len(names):
        repeated = next(name for name in names if names.count(name) > 1)
        raise InputError("the header names this column twice", file=path, line=first, column=repeated)
    try:
        return _parse_delimited(path, names, last)
    except pa.ArrowInvalid:
        _refuse_misshapen(path, len(names))
        raise


def _parse_delimited(path: Path, names: list[str], header_lines: int) -> pa.Table:
    with open_binary(path) as raw:
        return pyarrow.csv.read_csv(
            raw,
            read_options=pyarrow.csv.ReadOptions(column_names=names, skip_rows=header_lines),
            parse_options=pyarrow.csv.ParseOptions(delimiter=_delimiter(path), newlines_in_values=True),
            convert_options=pyarrow.csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
            ),
        )


def _refuse_misshapen(path: Path, width: int) -> None:
    """Raises InputError with the line of the first row that is wider or narrower than the header."""
    with open_binary(path) as raw:
        for first, _, fields in _delimited_rows(raw, path):
            if len(fields) != width:
                raise InputError(f"has {len(fields)} columns, the header has {width}", file=path, line=first)


def _delimited_rows(raw: IO[bytes], path: Path) -> Iterator[tuple[int, int, list[str]]]:
    """First line, last line and fields of the header and of every row; empty lines are no rows."""
    text = io.TextIOWrapper(raw, encoding="utf-8-sig", newline="")
    reader, first = csv.reader(text, delimiter=_delimiter(path)), 1
    for fields in reader:
        if fields:
            yield first, reader.line_num, fields
        first = reader.line_num + 1


def _delimiter(path: Path) -> str:
    return "\t" if format_of(path) == ".tsv" else ","


def _read_json_lines(path: Path) -> pa.Table:
    """A piece of the file at a time: the rows as Python has them take ten times the memory of the table."""
    rows, tables = _json_objects(path), []
    while piece := list(islice(rows, JSON_ROWS)):
        names = list(dict.fromkeys(name for row in piece for name in row))
        columns = {name: pa.array([_text(row.get(name)) for row in piece], pa.string()) for name in names}
        tables.append(pa.table(columns))
    return pa.concat_tables(tables, promote_options="default") if tables else pa.table({})


def _json_objects(path: Path) -> Iterator[dict]:
    with open_binary(path) as raw:
        for line, text in _filled_lines(raw):
            try:
                row = json.loads(text)
            except (ValueError, RecursionError) as error:
                raise InputError(f"not JSON ({error})", file=path, line=line) from error
            if not isinstance(row, dict):
                raise InputError("each line must be a JSON object", file=path, line=line)
            if "\\u" in text and not _is_text(row):
                raise InputError("holds half a character, a surrogate without the other", file=path, line=line)
            yield row


def _filled_lines(raw: IO[bytes]) -> Iterator[tuple[int, str]]:
    text = io.TextIOWrapper(raw, encoding="utf-8-sig")
    return ((number, line) for number, line in enumerate(text, start=1) if line.strip())


def _is_text(row: dict) -> bool:
    try:
        json.dumps(row, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        return "|".join(value)
    return json.dumps(value, ensure_ascii=False)
