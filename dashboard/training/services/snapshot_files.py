"""From CSV to Parquet, a block at a time: what needs Arrow of a snapshot, loaded by the worker that makes one."""

import json
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

BLOCK_BYTES = 16 * 1024 * 1024


def write_parquet(text: Path, types: dict[str, str], path: Path) -> None:
    """The CSV `text` as Parquet; `types` are names of Arrow's types by column, `categories` a list as JSON."""
    schema = pa.schema([(name, _kept_type(name, kind)) for name, kind in types.items()])
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for batch in _batches(text, types):
            writer.write_batch(batch.cast(schema) if "categories" not in types else _with_lists(batch, schema))


def _batches(text: Path, types: dict[str, str]) -> Iterator[pa.RecordBatch]:
    if not text.stat().st_size:
        return
    with pa_csv.open_csv(
        text,
        read_options=pa_csv.ReadOptions(block_size=BLOCK_BYTES, column_names=list(types)),
        parse_options=pa_csv.ParseOptions(newlines_in_values=True),
        convert_options=pa_csv.ConvertOptions(
            column_types={name: pa.type_for_alias(kind) for name, kind in types.items()},
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
            null_values=[""],
            true_values=["t"],
            false_values=["f"],
        ),
    ) as reader:
        yield from reader


def _kept_type(name: str, kind: str) -> pa.DataType:
    return pa.list_(pa.string()) if name == "categories" else pa.type_for_alias(kind)


def _with_lists(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """Categories arrive as JSON, so that no separator can be mistaken for a part of a name."""
    columns = {name: batch.column(name) for name in schema.names}
    lists = [json.loads(text) for text in columns["categories"].to_pylist()]
    columns["categories"] = pa.array(lists, pa.list_(pa.string()))
    return pa.RecordBatch.from_arrays(
        [columns[name].cast(schema.field(name).type) for name in schema.names], schema=schema
    )
