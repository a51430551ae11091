"""Rows of a file, one at a time with the line they begin at; `.gz` is unpacked on the way.

A row that cannot be read is yielded as a `Rejection`, so that the rest of the file is still read. Whatever a file
holds, what is in memory at once is bounded: a line, a cell, a batch of rows.
"""

from dashboard.core.rows.columns import check_columns, columns_of
from dashboard.core.rows.files import opened
from dashboard.core.rows.jsonl import jsonl_rows
from dashboard.core.rows.parquet import parquet_rows
from dashboard.core.rows.tables import csv_header, csv_rows
from dashboard.core.rows.types import Addition, Row, Rows

__all__ = [
    "Addition",
    "Row",
    "Rows",
    "check_columns",
    "columns_of",
    "csv_header",
    "csv_rows",
    "jsonl_rows",
    "opened",
    "parquet_rows",
]
