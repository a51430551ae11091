"""One item as a shop sends it: its form, and the checks that make it a catalog entry.

A field that is not sent stays as it is; `null` empties it. The Structs are the contract: OpenAPI is made from them.
"""

import math
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any
from urllib.parse import urlsplit

import msgspec
from msgspec import UNSET, Meta, UnsetType

from dashboard.core.external import currency, identifier, line, money, name, prose
from dashboard.core.verdicts import Rejection

MAX_CATEGORIES = 50
MAX_ATTRIBUTES = 100
MAX_DESCRIPTION = 20_000

AttributeValue = str | bool | int | float | None | list[str]
Money = Annotated[Decimal, Meta(extra_json_schema={"type": ["number", "string"], "examples": [12.5]})]


class ItemChange(msgspec.Struct, forbid_unknown_fields=True):
    """The body of `PATCH /items/{id}`: what is to change."""

    title: str | UnsetType | None = UNSET
    description: str | UnsetType | None = UNSET
    categories: list[str] | UnsetType | None = UNSET
    brand: str | UnsetType | None = UNSET
    price: Money | UnsetType | None = UNSET
    currency: Annotated[str | UnsetType | None, Meta(description="ISO 4217.")] = UNSET
    image_url: str | UnsetType | None = UNSET
    url: str | UnsetType | None = UNSET
    group_id: Annotated[str | UnsetType | None, Meta(description="Ties the variants of one product.")] = UNSET
    published_at: Annotated[str | UnsetType | None, Meta(description="RFC 3339.")] = UNSET
    in_stock: bool | UnsetType = UNSET
    attributes: Annotated[
        dict[str, AttributeValue] | UnsetType | None, Meta(description="Anything else; replaced as a whole.")
    ] = UNSET


class ItemRecord(ItemChange, forbid_unknown_fields=True, kw_only=True):
    """An item of `POST /items`. What exists already is updated field by field."""

    item_id: Annotated[str, Meta(extra_json_schema={"minLength": 1, "maxLength": 255})]


class ItemBatch(msgspec.Struct, forbid_unknown_fields=True):
    """The body of `POST /items`."""

    items: list[ItemRecord]


def changes_of(change: ItemChange) -> dict[str, Any]:
    """The checked values of the fields that were sent, as model values. Raises `Rejection` with the field's name."""
    return {
        field: check(getattr(change, field)) for field, check in _CHECKS.items() if getattr(change, field) is not UNSET
    }


def _categories(values: list[str] | None) -> list[str]:
    if values and len(values) > MAX_CATEGORIES:
        raise Rejection(
            "too_many_categories",
            "%(field)s has more than %(limit)s entries.",
            field="categories",
            limit=MAX_CATEGORIES,
        )
    return [name(f"categories[{number}]", value.strip(), 200) for number, value in enumerate(values or [])]


def _address(field: str, text: str | None) -> str:
    """A web address; nothing that a browser would run."""
    if not text:
        return ""
    line(field, text, 1000)
    try:
        parts = urlsplit(text)
        good = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        good = False
    if not good or " " in text:
        raise Rejection(
            "invalid_url", "%(field)s must be a web address that begins with https:// or http://.", field=field
        )
    return text


def _published_at(text: str | None) -> datetime | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Rejection(
            "invalid_timestamp", "%(field)s must be an RFC 3339 time or a date.", field="published_at"
        ) from None


def _attributes(values: dict[str, AttributeValue] | None) -> dict[str, AttributeValue]:
    if values and len(values) > MAX_ATTRIBUTES:
        raise Rejection(
            "too_many_attributes",
            "%(field)s has more than %(limit)s entries.",
            field="attributes",
            limit=MAX_ATTRIBUTES,
        )
    return {
        name("attributes: a name", key, 100): _attribute(f"attributes.{key}", value)
        for key, value in (values or {}).items()
    }


def _attribute(field: str, value: AttributeValue) -> AttributeValue:
    if isinstance(value, str):
        return prose(field, value, 5000)
    if isinstance(value, list):
        return [prose(f"{field}[{number}]", entry, 1000) for number, entry in enumerate(value[:1000])]
    if isinstance(value, float) and not math.isfinite(value):
        raise Rejection("invalid_number", "%(field)s is not a finite number.", field=field)
    if isinstance(value, int) and abs(value) >= 10**18:
        raise Rejection("invalid_number", "%(field)s is too large a number; send it as text.", field=field)
    return value


_CHECKS: dict[str, Any] = {
    "title": lambda text: line("title", (text or "").strip(), 500),
    "description": lambda text: prose("description", text or "", MAX_DESCRIPTION),
    "categories": _categories,
    "brand": lambda text: line("brand", (text or "").strip(), 200),
    "price": lambda amount: money("price", amount),
    "currency": lambda code: currency("currency", code or ""),
    "image_url": lambda text: _address("image_url", text),
    "url": lambda text: _address("url", text),
    "group_id": lambda text: identifier("group_id", text) if text else "",
    "published_at": _published_at,
    "in_stock": lambda value: value,
    "attributes": _attributes,
}
FIELDS = tuple(_CHECKS)
