"""Writing tables: .csv, .tsv, .jsonl (also .gz) or .parquet by the file's ending; whole or not at all."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from recommender.data.files import FORMATS, format_of
from recommender.errors import InputError


def write_table(table: pa.Table, path: Path) -> None:
    """Write beside, then rename. Raises InputError for an unknown ending and OSError where the disk refuses."""
    ending = format_of(path)
    if ending not in FORMATS:
        raise InputError(f"unknown format; known are {', '.join(FORMATS)}", file=path)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    try:
        if ending == ".parquet":
            pyarrow.parquet.write_table(table, part, compression="zstd")
        else:
            with pa.output_stream(str(part), compression="gzip" if path.name.endswith(".gz") else None) as stream:
                _write_text(table, stream, ending)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _write_text(table: pa.Table, stream: pa.NativeFile, ending: str) -> None:
    if ending in (".jsonl", ".ndjson"):
        for row in table.to_pylist():
            stream.write((json.dumps(row, ensure_ascii=False) + "\n").encode())
        return
    delimiter = "\t" if ending == ".tsv" else ","
    options = pyarrow.csv.WriteOptions(delimiter=delimiter, quoting_style="needed")
    pyarrow.csv.write_csv(table, stream, options)
