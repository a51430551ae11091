"""Which form a feed has, and its rows as items."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from dashboard.catalog.feeds.google import google_item, google_xml_rows
from dashboard.catalog.feeds.plain import plain_item
from dashboard.catalog.feeds.shopify import ShopifyReader
from dashboard.core import errors
from dashboard.core.rows import Row, Rows, csv_header, csv_rows, jsonl_rows, opened, parquet_rows
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
_GOOGLE_COLUMNS = {"id", "title"}
_SHOPIFY_COLUMNS = {"Handle", "Title"}


def detected_format(path: Path) -> str:
    """One of `FORMATS`, by the name and, for tables, by the columns. Raises `Invalid` where neither tells."""
    suffix = Path(path.stem).suffix if path.suffix == ".gz" else path.suffix
    form = _BY_SUFFIX.get(suffix.lower(), "")
    if not form:
        raise errors.Invalid(f"{path.name}: the name tells no format; use --format {'|'.join(FORMATS)}.")
    return _of_columns(path, form) if form in ("csv", "tsv") else form


def _of_columns(path: Path, form: str) -> str:
    columns = set(csv_header(path, "\t" if form == "tsv" else ","))
    if "item_id" in columns:
        return form
    if form == "csv" and columns >= _SHOPIFY_COLUMNS:
        return "shopify-csv"
    if {column.lower() for column in columns} >= _GOOGLE_COLUMNS:
        return f"google-{form}"
    raise errors.Invalid(
        f"{path.name}: no column item_id, nor id and title (Google Merchant), nor Handle and Title (Shopify)."
    )


def feed_rows(path: Path, form: str) -> Rows:
    """Items of a feed with the line of each, in the form of `POST /items`."""
    opened(path).close()
    if form == "google-xml":
        return _mapped(google_xml_rows(path), google_item)
    if form == "shopify-csv":
        return _mapped(csv_rows(path, ","), ShopifyReader().item)
    source = {"jsonl": jsonl_rows, "parquet": parquet_rows}.get(form)
    rows = source(path) if source else csv_rows(path, "\t" if form.endswith("tsv") else ",")
    return _mapped(rows, google_item if form.startswith("google") else partial(plain_item, typed=source is not None))


def _mapped(rows: Rows, item_of: Callable[[Row], Row | None]) -> Rows:
    for line, row in rows:
        if isinstance(row, Rejection):
            yield line, row
            continue
        try:
            item = item_of(row)
        except Rejection as reason:
            yield line, reason
            continue
        if item is not None:
            yield line, item
