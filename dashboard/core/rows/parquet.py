"""Parquet files: small ones can hold enormous tables, so what a batch unpacks to is known before it is unpacked."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dashboard.core import errors
from dashboard.core.rows.files import opened
from dashboard.core.rows.types import Row, Rows

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

MIB = 1024 * 1024
ROWS_AT_A_TIME = 2_000
MAX_COLUMNS = 1000
MAX_NESTING = 8
MAX_COLUMN_MIB = 1024  # of one column in one row group, unpacked
MAX_BATCH_MIB = 256
MAX_FOOTER_BYTES = 64 * MIB


def parquet_rows(path: Path) -> Rows:
    """Rows numbered from 1. Empty cells (null, NaN) are left out. Raises `Invalid` for what is no sound table."""
    import pyarrow as pa

    opened(path).close()
    number = 0
    try:
        with _file(path) as file:
            _check_sizes(path, file)
            _check_batches(path, file)
            for batch in file.iter_batches(batch_size=ROWS_AT_A_TIME):
                for row in _rows(batch):
                    number += 1
                    yield number, row
    except MemoryError:  # of Arrow too: no fault of the file's form
        raise MemoryError from None
    except (pa.ArrowException, OSError, UnicodeDecodeError) as problem:
        where = f" after row {number}" if number else ""
        raise errors.Invalid(f"{path.name}: this is not a sound Parquet file{where}: {_first_line(problem)}.") from None


def parquet_columns(path: Path) -> list[str]:
    """The columns' names. Raises `Invalid` for what is no sound table."""
    import pyarrow as pa

    opened(path).close()
    try:
        with _file(path) as file:
            names: list[str] = file.schema_arrow.names
            return names
    except (pa.ArrowException, OSError, UnicodeDecodeError) as problem:
        raise errors.Invalid(f"{path.name}: this is not a sound Parquet file: {_first_line(problem)}.") from None


def _file(path: Path) -> "pq.ParquetFile":
    """With texts left as numbers into a dictionary: a thousand rows of one long text take the text once."""
    import pyarrow.parquet as pq

    limits: dict[str, Any] = {"thrift_string_size_limit": MAX_FOOTER_BYTES, "thrift_container_size_limit": 1_000_000}
    with pq.ParquetFile(path, schema_depth_limit=MAX_NESTING, **limits) as file:
        leaves = [file.schema.column(index) for index in range(len(file.schema))]
    texts = [leaf.path for leaf in leaves if leaf.physical_type == "BYTE_ARRAY"]
    return pq.ParquetFile(path, schema_depth_limit=MAX_NESTING, read_dictionary=texts, pre_buffer=False, **limits)


def _check_sizes(path: Path, file: "pq.ParquetFile") -> None:
    meta = file.metadata
    if meta.num_columns > MAX_COLUMNS:
        raise errors.Invalid(f"{path.name}: {meta.num_columns} columns; a table may have {MAX_COLUMNS}.")
    for group in range(meta.num_row_groups):
        for column in range(meta.num_columns):
            chunk = meta.row_group(group).column(column)
            if chunk.total_uncompressed_size > MAX_COLUMN_MIB * MIB:
                raise errors.TooLarge(
                    f"{path.name}: the column {chunk.path_in_schema[:100]} takes more than {MAX_COLUMN_MIB} MiB in one "
                    "row group; write smaller ones."
                )


def _check_batches(path: Path, file: "pq.ParquetFile") -> None:
    """The whole file, before its first row is handed on: of a file that is too large nothing is stored."""
    for batch in file.iter_batches(batch_size=ROWS_AT_A_TIME):
        if sum(_unpacked_bytes(column) for column in batch.columns) > MAX_BATCH_MIB * MIB:
            raise errors.TooLarge(f"{path.name}: {ROWS_AT_A_TIME} of its rows take more than {MAX_BATCH_MIB} MiB.")


def _rows(batch: "pa.RecordBatch") -> Iterator[Row]:
    names = batch.schema.names
    for values in zip(*[_plain(column).to_pylist() for column in batch.columns], strict=True):
        pairs = zip(names, values, strict=True)
        # a value that differs from itself is NaN
        yield {name: value for name, value in pairs if value is not None and value == value}


def _plain(column: "pa.Array") -> "pa.Array":
    """Texts in full: three times as fast to read as one by one through the dictionary."""
    import pyarrow as pa

    return column.dictionary_decode() if isinstance(column, pa.DictionaryArray) else column


def _unpacked_bytes(column: "pa.Array") -> int:
    """What the values take once each row has its own."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if isinstance(column, pa.DictionaryArray):
        lengths = pc.binary_length(column.dictionary) if len(column.dictionary) else None
        return 0 if lengths is None else pc.sum(lengths.take(column.indices)).as_py() or 0
    if isinstance(column, pa.StructArray):
        return sum(_unpacked_bytes(part) for part in column.flatten())
    if isinstance(column, pa.MapArray):
        return _unpacked_bytes(column.keys) + _unpacked_bytes(column.items)
    if isinstance(column, pa.ListArray | pa.LargeListArray | pa.FixedSizeListArray):
        return _unpacked_bytes(column.flatten())
    return int(column.nbytes) * 4  # numbers become Python's objects


def _first_line(problem: Exception) -> str:
    return str(problem).strip().partition("\n")[0][:300].rstrip(".")
