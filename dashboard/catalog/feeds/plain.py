"""Our own columns: those of `POST /items`; every other column becomes an attribute. Empty cells change nothing."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import msgspec

from dashboard.catalog.payload import FIELDS
from dashboard.core.rows import Row
from dashboard.core.verdicts import Rejection

_YES = {"true", "1", "yes", "y", "t", "in stock", "in_stock"}
_NO = {"false", "0", "no", "n", "f", "out of stock", "out_of_stock"}
_OWN = frozenset(FIELDS) | {"item_id"}


def plain_item(row: Row, *, typed: bool) -> Row:
    """`typed`: the file tells numbers from text (JSON, Parquet). Raises `Rejection` with the column's name."""
    item: Row = {}
    attributes = _own_attributes(row.get("attributes"))
    for column, value in row.items():
        if column == "categories":
            item[column] = split_categories(value)
        elif column == "in_stock":
            item[column] = yes_or_no(column, value)
        elif column == "price":
            item[column] = amount(column, value)
        elif column in _OWN:
            if column != "attributes":
                item[column] = _text(value)
        elif column:
            attributes[column] = _plain(value)
    if attributes:
        item["attributes"] = attributes
    return item


def _own_attributes(value: Any) -> Row:
    """The column `attributes`: an object, or in a table its JSON, as our own export has it."""
    if isinstance(value, str):
        try:
            value = msgspec.json.decode(value)
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            value = ""
    if value is None or isinstance(value, dict):
        return dict(value or {})
    raise Rejection("wrong_type", "%(field)s must be a JSON object.", field="attributes")


def split_categories(value: Any) -> list[str]:
    """A list stays one; text is split at | or, failing that, at >."""
    if isinstance(value, list | tuple):
        return [str(entry) for entry in value if str(entry).strip()]
    separator = "|" if "|" in str(value) else ">"
    return [part.strip() for part in str(value).split(separator) if part.strip()]


def yes_or_no(column: str, value: Any) -> bool:
    said = str(value).strip().lower()
    if said in _YES or said in _NO:
        return said in _YES
    raise Rejection("wrong_type", "%(field)s must be true or false.", field=column)


def amount(column: str, value: Any) -> Any:
    """Text as a number; thousands separators are not guessed at."""
    if not isinstance(value, str):
        return value
    try:
        return Decimal(value.strip())
    except ArithmeticError:
        raise Rejection("wrong_type", "%(field)s must be a number such as 12.50.", field=column) from None


def _text(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, bool | list | dict) or value is None:
        return value
    return str(value)


def _plain(value: Any) -> Any:
    """An attribute's value: what JSON can say, all else as text."""
    return value if isinstance(value, str | bool | int | float | list | None) else _text(value)
