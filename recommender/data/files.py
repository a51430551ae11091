"""Tables from .csv, .tsv, .jsonl (each also .gz) and .parquet files. Text formats are read as strings, unguessed."""

import csv
import gzip
import io
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from recommender.errors import InputError

FORMATS = (".csv", ".tsv", ".jsonl", ".ndjson", ".parquet")


def read_table(path: Path) -> pa.Table:
    """Every column of a file. Raises InputError that names the file, and the line where it is known."""
    if not path.is_file():
        raise InputError("there is no such file", file=path)
    if path.stat().st_size == 0:
        raise InputError("the file is empty", file=path)
    try:
        table = _reader(path)(path)
    except (pa.ArrowInvalid, UnicodeDecodeError, EOFError, gzip.BadGzipFile) as error:
        raise InputError(_reason(error), file=path, line=_line(error)) from error
    if not table.num_rows:
        raise InputError("the file has no rows", file=path)
    return table


def row_line(path: Path, row: int) -> int:
    """The line of a row in a file: a CSV has a header, Parquet has rows only."""
    return row + 2 if format_of(path) in (".csv", ".tsv") else row + 1


def format_of(path: Path) -> str:
    """The ending that decides how a file is read, without `.gz`."""
    name = path.name.lower().removesuffix(".gz")
    return Path(name).suffix


def _reader(path: Path) -> Callable[[Path], pa.Table]:
    ending = format_of(path)
    if ending not in FORMATS:
        raise InputError(f"unknown format; known are {', '.join(FORMATS)}, the text formats also with .gz", file=path)
    if ending == ".parquet":
        return lambda file: pyarrow.parquet.read_table(file)
    if ending in (".jsonl", ".ndjson"):
        return _read_json_lines
    return lambda file: _read_delimited(file, "\t" if ending == ".tsv" else ",")


def open_binary(path: Path) -> IO[bytes]:
    """A file for reading, unpacked where its name ends in .gz."""
    return gzip.open(path) if path.name.lower().endswith(".gz") else path.open("rb")  # type: ignore[return-value]


def _read_delimited(path: Path, delimiter: str) -> pa.Table:
    with open_binary(path) as raw:
        header = next(csv.reader(io.TextIOWrapper(raw, encoding="utf-8-sig", newline=""), delimiter=delimiter), [])
    names = [name.strip() for name in header]
    if len(set(names)) < len(names):
        repeated = next(name for name in names if names.count(name) > 1)
        raise InputError("the header names this column twice", file=path, line=1, column=repeated)
    with open_binary(path) as raw:
        return pyarrow.csv.read_csv(
            raw,
            read_options=pyarrow.csv.ReadOptions(column_names=names, skip_rows=1),
            parse_options=pyarrow.csv.ParseOptions(delimiter=delimiter, newlines_in_values=True),
            convert_options=pyarrow.csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False
            ),
        )


def _read_json_lines(path: Path) -> pa.Table:
    rows = list(_json_objects(path))
    names = list(dict.fromkeys(name for row in rows for name in row))
    return pa.table({name: pa.array([_text(row.get(name)) for row in rows], pa.string()) for name in names})


def _json_objects(path: Path) -> Iterator[dict]:
    with open_binary(path) as raw:
        for line, text in enumerate(io.TextIOWrapper(raw, encoding="utf-8-sig"), start=1):
            if not text.strip():
                continue
            try:
                row = json.loads(text)
            except ValueError as error:
                raise InputError(f"not JSON ({error})", file=path, line=line) from error
            if not isinstance(row, dict):
                raise InputError("each line must be a JSON object", file=path, line=line)
            yield row


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        return "|".join(value)
    return json.dumps(value, ensure_ascii=False)


def _line(error: Exception) -> int | None:
    row = re.search(r"Row #(\d+)", str(error))
    return int(row.group(1)) if row else None


def _reason(error: Exception) -> str:
    text = re.sub(r"^.*?Row #\d+: ", "", str(error)).splitlines()[0]
    return f"cannot be read ({text[:160]})"
