"""Which form a feed has, and its rows as items."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from dashboard.catalog.feeds.google import google_item
from dashboard.catalog.feeds.google_xml import google_xml_rows
from dashboard.catalog.feeds.plain import plain_item
from dashboard.catalog.feeds.shopify import is_shopify, shopify_items
from dashboard.catalog.payload import FIELDS
from dashboard.core import errors
from dashboard.core.rows import (
    Row,
    Rows,
    check_columns,
    columns_of,
    csv_header,
    csv_rows,
    jsonl_rows,
    opened,
    parquet_rows,
)
from dashboard.core.rows.apart import ReadingLimits, rows_apart
from dashboard.core.verdicts import Rejection

FORMATS = ("csv", "tsv", "jsonl", "parquet", "google-tsv", "google-csv", "google-xml", "shopify-csv")
_BY_SUFFIX = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".txt": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".xml": "google-xml",
}
READING = ReadingLimits()
_GOOGLE_COLUMNS = {"id", "title"}
_START_BYTES = 64 * 1024
_SPACE = b"\xef\xbb\xbf \t\r\n"


def detected_format(path: Path) -> str:
    """One of `FORMATS`, by the name and, for tables, by the columns. Raises `Invalid` where neither tells."""
    suffix = Path(path.stem).suffix if path.suffix.lower() == ".gz" else path.suffix
    form = _BY_SUFFIX.get(suffix.lower(), "")
    if not form:
        raise errors.Invalid(f"{path.name}: the name tells no format; choose one of {', '.join(FORMATS)}.")
    return _of_columns(path, form) if form in ("csv", "tsv") else form


def format_by_content(path: Path) -> str:
    """One of `FORMATS` for a file whose name tells nothing, by how it begins. Raises `Invalid`."""
    with opened(path) as source:
        start = source.peek(_START_BYTES)[:_START_BYTES].lstrip(_SPACE)
    if start.startswith(b"PAR1"):
        return "parquet"
    if start.startswith(b"<"):
        return "google-xml"
    if start.startswith(b"{"):
        return "jsonl"
    return _of_columns(path, "tsv" if b"\t" in start.partition(b"\n")[0] else "csv")


def _of_columns(path: Path, form: str) -> str:
    columns = set(csv_header(path, "\t" if form == "tsv" else ","))
    if "item_id" in columns:
        return form
    if form == "csv" and is_shopify(columns):
        return "shopify-csv"
    if {column.lower() for column in columns} >= _GOOGLE_COLUMNS:
        return f"google-{form}"
    known = ", ".join(("item_id", *FIELDS))
    shown = ", ".join(f"“{column[:50]}”" for column in sorted(columns)[:10])
    raise errors.Invalid(
        f"{path.name}: no column item_id, nor id and title (Google Merchant), nor Handle and Title (Shopify). "
        f"It has {shown}; our own columns are {known}, and any others are attributes."
    )


def feed_rows(path: Path, form: str) -> Rows:
    """Items of a feed with the line of each, in the form of `POST /items`."""
    opened(path).close()
    if form == "google-xml":
        return _mapped(google_xml_rows(path), google_item, "id")
    if form == "shopify-csv":
        return shopify_items(csv_rows(path, ","))
    if not form.startswith("google") and (columns := columns_of(path, form)) is not None:
        check_columns(path, columns, required=["item_id"], known=["item_id", *FIELDS], more=True)
    source = {"jsonl": jsonl_rows, "parquet": parquet_rows}.get(form)
    rows = source(path) if source else csv_rows(path, "\t" if form.endswith("tsv") else ",")
    if form.startswith("google"):
        return _mapped(rows, google_item, "id")
    return _mapped(rows, partial(plain_item, typed=source is not None), "item_id")


def feed_rows_apart(path: Path, form: str) -> Rows:
    """The same, read in a process of its own within `READING`: for files that a stranger could have made."""
    return rows_apart("dashboard.catalog.feeds.reader", [form, str(path.resolve())], READING)


def _mapped(rows: Rows, item_of: Callable[[Row], Row], key: str) -> Rows:
    for line, row in rows:
        if not isinstance(row, dict):
            yield line, row
            continue
        try:
            yield line, item_of(row)
        except Rejection as reason:
            yield line, reason.about(_plain_names(row), key)


def _plain_names(row: Row) -> Row:
    """The row with its columns as they are also called without Google's prefix, for a reason that names one."""
    return {column.strip().lower().removeprefix("g:"): value for column, value in row.items()} | row
