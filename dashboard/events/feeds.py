"""Files of past interactions, as events. Columns as in docs/api.md; one row is one event of one item."""

import hashlib
from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from dashboard.core import errors
from dashboard.core.rows import Row, Rows, check_columns, columns_of, csv_rows, jsonl_rows, opened, parquet_rows
from dashboard.core.structs import unknown_field
from dashboard.core.verdicts import Rejection

READERS: dict[str, Callable[[Path], Rows]] = {
    "csv": partial(csv_rows, delimiter=","),
    "tsv": partial(csv_rows, delimiter="\t"),
    "jsonl": jsonl_rows,
    "parquet": parquet_rows,
}
_IDS = frozenset(
    {"event_id", "visitor_id", "session_id", "item_id", "order_id", "recommendation_id", "placement", "query"}
)
_COPIED = _IDS | {"value", "currency", "items"}
COLUMNS = _COPIED | frozenset({"type", "event_type", "timestamp", "quantity", "price"})
REQUIRED = ("visitor_id", "timestamp")
_encode = msgspec.json.Encoder(order="sorted", enc_hook=str).encode


def event_rows(path: Path, form: str = "") -> Rows:
    """Events of a file with the line of each, as `record_events` takes them. Raises `Invalid`."""
    form = form or _detected(path)
    if form not in READERS:
        raise errors.Invalid(f"The format {form} is not known; choose one of {', '.join(READERS)}.")
    opened(path).close()
    if (columns := columns_of(path, form)) is not None:
        check_columns(path, columns, required=REQUIRED, known=COLUMNS, more=False)
    is_text = form in ("csv", "tsv")
    for line, row in READERS[form](path):
        if not isinstance(row, dict):
            yield line, row
            continue
        try:
            yield line, event_of_row(row if is_text else _as_text(row))
        except Rejection as reason:
            yield line, reason.about(row, "item_id")


def _detected(path: Path) -> str:
    suffix = Path(path.stem).suffix if path.suffix == ".gz" else path.suffix
    form = suffix.lower().removeprefix(".").replace("ndjson", "jsonl")
    if form not in READERS:
        raise errors.Invalid(f"{path.name}: the name must end in .csv, .tsv, .jsonl or .parquet, perhaps with .gz.")
    return form


def event_of_row(row: Row) -> Row:
    """One row as an event. A row without `event_id` gets one from its content, the same at every import."""
    if not row.keys() <= COLUMNS:
        unknown = sorted(set(row) - COLUMNS)[0]
        raise unknown_field(unknown[:50], sorted(COLUMNS - set(row)))
    event: Row = {name: value for name, value in row.items() if name in _COPIED}
    event["type"] = row.get("type") or row.get("event_type") or "view_item"
    event["timestamp"] = _seconds(row.get("timestamp"))
    if "items" not in row and ("quantity" in row or "price" in row):
        event["items"] = [_item(row, event.pop("item_id", None))]
    if not event.get("event_id"):
        event["event_id"] = "row-" + hashlib.blake2b(_encode(event), digest_size=16).hexdigest()
    return event


def _item(row: Row, item_id: Any) -> Row:
    item = {"item_id": item_id, "quantity": _whole(row.get("quantity", 1))}
    return item | {"price": row["price"]} if "price" in row else item


def _as_text(row: Row) -> Row:
    """Ids of a typed file as text; a whole number is its digits."""
    return {name: _digits(value) if name in _IDS else value for name, value in row.items()}


def _digits(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _whole(value: Any) -> Any:
    try:
        return int(value)
    except (TypeError, ValueError):
        raise Rejection("invalid_quantity", "%(field)s must be a whole number.", field="quantity") from None


def _seconds(stamp: Any) -> float | int:
    """Seconds (or milliseconds) since 1970; a time without a zone is UTC."""
    if isinstance(stamp, int | float) and not isinstance(stamp, bool):
        return stamp
    if stamp is None or stamp == "":
        raise Rejection("missing_field", "%(field)s is missing.", field="timestamp")
    try:
        if isinstance(stamp, str):
            if stamp.replace(".", "", 1).isdigit():
                return float(stamp)
            stamp = datetime.fromisoformat(stamp)
        elif isinstance(stamp, date) and not isinstance(stamp, datetime):
            stamp = datetime(stamp.year, stamp.month, stamp.day)
        return (stamp if stamp.tzinfo else stamp.replace(tzinfo=UTC)).timestamp()
    except (AttributeError, ValueError, OverflowError):
        raise Rejection(
            "invalid_timestamp", "%(field)s must be seconds since 1970 or RFC 3339.", field="timestamp"
        ) from None
