"""Writing tables: .csv, .tsv, .jsonl (also .gz) or .parquet by the file's ending; whole or not at all."""

import csv
import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from recommender.data.files import FORMATS, format_of
from recommender.errors import InputError, LibraryError


def write_table(table: pa.Table, path: Path) -> None:
    """Write beside, then rename. Raises InputError for an unknown ending and LibraryError where the disk refuses."""
    ending = format_of(path)
    if ending not in FORMATS:
        raise InputError(f"unknown format; known are {', '.join(FORMATS)}", file=path)
    with whole_file(path) as part:
        if ending == ".parquet":
            pyarrow.parquet.write_table(table, part, compression="zstd")
        else:
            with pa.output_stream(str(part), compression="gzip" if path.name.endswith(".gz") else None) as stream:
                _write_text(table, stream, ending)


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A path beside it to write to, which becomes `path` on leaving, or nothing where something goes wrong.
    Raises LibraryError with its name where the disk refuses: the errors of Arrow and of a full disk name none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    try:
        yield part
        part.replace(path)
    except OSError as error:
        raise LibraryError(f"{path}: cannot be written ({error.strerror or error})") from error
    finally:
        part.unlink(missing_ok=True)


def _write_text(table: pa.Table, stream: pa.NativeFile, ending: str) -> None:
    if ending in (".jsonl", ".ndjson"):
        for row in table.to_pylist():
            stream.write((json.dumps(row, ensure_ascii=False) + "\n").encode())
        return
    delimiter = "\t" if ending == ".tsv" else ","
    stream.write((delimiter.join(table.column_names) + "\n").encode())
    options = pyarrow.csv.WriteOptions(include_header=False, delimiter=delimiter, quoting_style="none")
    for batch in table.to_batches(max_chunksize=100_000):
        try:
            plain = pa.BufferOutputStream()
            pyarrow.csv.write_csv(batch, plain, options)
            stream.write(plain.getvalue())
        except pa.ArrowInvalid:  # a value that needs quotes; Arrow would quote every string then
            stream.write(_quoted(batch, delimiter))


def _quoted(batch: pa.RecordBatch, delimiter: str) -> bytes:
    text = io.StringIO()
    columns = [column.to_pylist() for column in batch.columns]
    csv.writer(text, delimiter=delimiter, lineterminator="\n").writerows(zip(*columns, strict=True))
    return text.getvalue().encode()
