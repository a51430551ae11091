"""Reads for picking an item or a value of the catalog while one types, whatever its case.

Distinct categories and brands are leapt over in the index of tokens, one step each, so that 5,000 of them cost 20 ms
and not a look at every item; attributes and products have no such index, and cost that look.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import F

from dashboard.catalog.matched import match_counts
from dashboard.catalog.matches import EVERYTHING, Match
from dashboard.catalog.models import Item
from dashboard.catalog.selectors import current_items, matching_items

MAX_ATTRIBUTES = 30
_TOKENS = {"categories": "c:", "category": "c:", "brand": "b:"}
_VALUES_CONSIDERED = 200  # of those that hold the text, as many are counted
_LEAPS = """
    WITH RECURSIVE leap AS (
        (SELECT token FROM catalog_itemtoken
         WHERE shop_id = %(shop)s AND token >= %(first)s AND token < %(last)s ORDER BY token LIMIT 1)
        UNION ALL
        SELECT (SELECT t.token FROM catalog_itemtoken t
                WHERE t.shop_id = %(shop)s AND t.token > leap.token AND t.token < %(last)s ORDER BY t.token LIMIT 1)
        FROM leap WHERE leap.token IS NOT NULL
    )
    SELECT substr(token, 3) AS value FROM leap WHERE token IS NOT NULL
"""
_PRODUCTS = """
    SELECT DISTINCT group_id AS value FROM catalog_item
    WHERE shop_id = %(shop)s AND deleted_at IS NULL AND group_id <> ''
"""
_ATTRIBUTES = """
    SELECT DISTINCT element #>> '{}' AS value
    FROM catalog_item, jsonb_array_elements(CASE WHEN jsonb_typeof(attributes -> %(name)s) = 'array'
        THEN attributes -> %(name)s ELSE jsonb_build_array(attributes -> %(name)s) END) AS element
    WHERE shop_id = %(shop)s AND deleted_at IS NULL AND jsonb_typeof(element) = 'string' AND element <> '""'
"""
_NAMES = """
    SELECT name FROM catalog_item, jsonb_object_keys(attributes) AS name
    WHERE shop_id = %(shop)s AND deleted_at IS NULL GROUP BY name ORDER BY count(*) DESC, name LIMIT %(limit)s
"""
# A text inside the value, those that begin with it first; the same in another case before all.
_LIKE_TYPED = """
    SELECT value FROM ({values}) AS known WHERE position(lower(%(text)s) IN lower(value)) > 0
    ORDER BY lower(value) <> lower(%(text)s), position(lower(%(text)s) IN lower(value)) > 1, value LIMIT %(limit)s
"""


@dataclass(frozen=True)
class FieldValue:
    """A value as the catalog spells it: how many `items` have it, and how many of them are in stock."""

    value: str
    items: int
    servable: int


@dataclass(frozen=True)
class Resolved:
    """What was typed, as the catalog has it: `value` where it is sure, else '' and what may have been meant."""

    value: str
    meant: tuple[str, ...] = ()


def items_like(shop_id: int, text: str, *, limit: int) -> list[Item]:
    """Items for a text: of that id, of that title, then with its words; what can be shown first."""
    if not text.strip():
        return []
    same = current_items(shop_id).filter(item_id=text.strip())
    found = matching_items(shop_id, text=text).order_by(F("in_stock").desc(), "title", "item_id")[: limit + 1]
    by_id = {item.item_id: item for item in [*same, *found]}
    wanted = text.strip().casefold()
    return sorted(by_id.values(), key=lambda item: wanted not in (item.item_id.casefold(), item.title.casefold()))[
        :limit
    ]


def values_like(shop_id: int, field: str, text: str, now: datetime, *, limit: int) -> list[FieldValue]:
    """Values of a field with the text in them, with their counts; values of no item now are left out."""
    values = _spelled(shop_id, field, text.strip(), limit=min(_VALUES_CONSIDERED, limit * 2))
    matches: list[Match] = [((field, value),) for value in values]
    counts = match_counts(shop_id, matches, EVERYTHING, now)
    counted = [FieldValue(value, count.catalog, count.servable) for value, count in zip(values, counts, strict=True)]
    return [entry for entry in counted if entry.items][:limit]


def attribute_names(shop_id: int) -> list[str]:
    """The attributes that items have, the most frequent first."""
    return [name for (name,) in _rows(_NAMES, {"shop": shop_id, "limit": MAX_ATTRIBUTES})]


def resolved_item(shop_id: int, typed: str) -> Resolved:
    """The id of an item: as typed, in another case, or by its title; several of one title may have been meant."""
    items = current_items(shop_id)
    if items.filter(item_id=typed).exists():
        return Resolved(typed)
    close = items_like(shop_id, typed, limit=20)
    wanted = typed.casefold()
    same = [entry.item_id for entry in close if wanted in (entry.item_id.casefold(), entry.title.strip().casefold())]
    if len(same) == 1:
        return Resolved(same[0])
    return Resolved("", tuple(same or [entry.item_id for entry in close])[:5])


def resolved_value(shop_id: int, field: str, typed: str, now: datetime) -> Resolved:
    """A value of another field, as the catalog spells it."""
    if field == "item_id":
        return resolved_item(shop_id, typed)
    values = [entry.value for entry in values_like(shop_id, field, typed, now, limit=20)]
    if typed in values:
        return Resolved(typed)
    same = [value for value in values if value.casefold() == typed.casefold()]
    return Resolved(same[0]) if len(same) == 1 else Resolved("", tuple(same or values)[:5])


def _spelled(shop_id: int, field: str, text: str, *, limit: int) -> list[str]:
    parameters: dict[str, Any] = {"shop": shop_id, "text": text, "limit": limit}
    if field in _TOKENS:
        first = _TOKENS[field]
        values, more = _LEAPS, {"first": first, "last": first[0] + ";"}  # ";" comes after ":"
    elif field == "group_id":
        values, more = _PRODUCTS, {}
    else:
        values, more = _ATTRIBUTES, {"name": field}
    return [value for (value,) in _rows(_LIKE_TYPED.format(values=values), parameters | more)]


def _rows(sql: str, parameters: dict[str, Any]) -> Sequence[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall()
