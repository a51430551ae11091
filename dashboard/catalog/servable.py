"""Which items a slate may hold now: asked of the database at every request, so stock and price are never stale.

200 candidates cost one index lookup each, 0.7 ms together.
"""

import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from sys import intern
from typing import Any, NamedTuple

from django.db import connection

from dashboard.catalog.filters import NO_FILTERS, ItemFilters
from dashboard.core import clock
from dashboard.core.expression_sql import Condition
from recommender.expressions import Field, predicate


class ServableItem(NamedTuple):
    """What serving needs to know of an item."""

    item_id: str
    title: str
    categories: tuple[str, ...]
    brand: str
    price: Decimal | None
    currency: str
    image_url: str
    group_id: str
    attributes: dict[str, Any]
    category: str  # the first, or ""
    since_seconds: float  # when it came into the shop, since 1970
    number: int  # of its row: what logs name it by, in a third of the bytes


@dataclass(frozen=True)
class Unwanted:
    """Items to leave out; of those `with_variants` the whole `group_id` stays out (in the cart, just bought). Of brands
    and categories, whatever belongs to them: an item belongs to its first category."""

    item_ids: frozenset[str] = frozenset()
    with_variants: frozenset[str] = frozenset()
    brands: frozenset[str] = frozenset()
    categories: frozenset[str] = frozenset()


NOTHING_UNWANTED = Unwanted()
_COLUMNS = (
    "item_id, title, categories, brand, price, currency, image_url, group_id, attributes, "
    "date_part('epoch', coalesce(published_at, created_at)), catalog_item.id"
)
_LIKENESS_POOL = 500
_TOKEN_POOL = 2000
_LONGEST_WORD = 100  # as the triggers cut it
# Items that have some of the tokens, and how many of them; of a very common one only the newest items are looked at.
_FOUND = f"""
    (SELECT item_pk, count(*) AS shared FROM unnest(%(tokens)s::text[]) AS asked (token)
     CROSS JOIN LATERAL (
        SELECT item_pk FROM catalog_itemtoken t
        WHERE t.shop_id = %(shop)s AND t.token = asked.token ORDER BY item_pk DESC LIMIT {_TOKEN_POOL}
     ) AS holding GROUP BY item_pk) AS found JOIN catalog_item ON id = item_pk
"""  # noqa: S608  a constant of this module
_NO_ATTRIBUTES: dict[str, Any] = {}


def servable_items(
    shop_id: int,
    item_ids: Collection[str],
    *,
    filters: ItemFilters = NO_FILTERS,
    unwanted: Unwanted = NOTHING_UNWANTED,
) -> dict[str, ServableItem]:
    """Those of `item_ids` that may be shown now: in stock, not deleted, wanted, passing the filters."""
    if not item_ids:
        return {}
    where, parameters = _conditions(shop_id, filters, unwanted)
    rows = _rows(f"{where} AND item_id = ANY(%(ids)s)", {**parameters, "ids": list(item_ids)})
    return {row.item_id: row for row in rows}


def newest_items(
    shop_id: int,
    *,
    limit: int,
    offset: int = 0,
    filters: ItemFilters = NO_FILTERS,
    unwanted: Unwanted = NOTHING_UNWANTED,
    within: Condition | None = None,
) -> list[ServableItem]:
    """Servable items, last published first; `within`: those that fulfil a condition besides."""
    where, parameters = _conditions(shop_id, filters, unwanted, within)
    order = "ORDER BY coalesce(published_at, created_at) DESC, item_id LIMIT %(limit)s OFFSET %(offset)s"
    return _rows(f"{where} {order}", {**parameters, "limit": limit, "offset": offset})


def alike_items(
    shop_id: int,
    item_ids: Collection[str],
    *,
    filters: ItemFilters = NO_FILTERS,
    unwanted: Unwanted = NOTHING_UNWANTED,
    within: Condition | None = None,
) -> tuple[list[ServableItem], list[ServableItem]]:
    """(the items that `item_ids` name, sold out or not; servable ones that share a category or the brand with them, and
    fulfil a condition besides)."""
    seeds = _rows("shop_id = %(shop)s AND item_id = ANY(%(ids)s)", {"shop": shop_id, "ids": list(item_ids)})
    if not seeds:
        return [], []
    where, parameters = _conditions(shop_id, filters, unwanted, within)
    tokens = {f"c:{category}" for seed in seeds for category in seed.categories}
    tokens |= {f"b:{seed.brand}" for seed in seeds if seed.brand}
    order = "ORDER BY shared DESC, coalesce(published_at, created_at) DESC, item_id LIMIT %(limit)s"
    parameters |= {"tokens": sorted(tokens), "limit": _LIKENESS_POOL}
    return seeds, _rows(f"{where} {order}", parameters, source=_FOUND)


def items_with_words(
    shop_id: int,
    words: Collection[str],
    *,
    limit: int,
    filters: ItemFilters = NO_FILTERS,
    unwanted: Unwanted = NOTHING_UNWANTED,
) -> list[ServableItem]:
    """Servable items whose titles have some of the words, those with most of them first.

    Of a very common word only `_TOKEN_POOL` titles are compared: ranking all of a million takes a second.
    """
    if not words:
        return []
    where, parameters = _conditions(shop_id, filters, unwanted)
    order = "ORDER BY shared DESC, item_id LIMIT %(limit)s"
    tokens = [f"w:{word[:_LONGEST_WORD]}" for word in words]
    return _rows(f"{where} {order}", {**parameters, "tokens": tokens, "limit": limit}, source=_FOUND)


def passing(filters: ItemFilters, *, now: datetime | None = None) -> Callable[[ServableItem], bool]:
    """The filters as a function of one servable item: the same as they are in SQL."""
    if filters.expression is None:
        return lambda item: True
    holds, moment = predicate(filters.expression), now or clock.now()
    return lambda item: holds(lambda field: field_of(item, field, moment))


def field_of(item: ServableItem, field: Field, now: datetime) -> Any:
    """An item's value of a field of expressions, None where it has none."""
    if field.is_attribute:
        return item.attributes.get(field.name)
    match field.name:
        case "category":
            return item.categories
        case "age_days":
            return age_days(item, now)
        case "in_stock":
            return True
    return getattr(item, field.name) if field.name == "price" else getattr(item, field.name) or None


def age_days(item: ServableItem, now: datetime) -> float:
    return max((now.timestamp() - item.since_seconds) / 86_400, 0.0)


def item_labels(shop_id: int, item_ids: Collection[str]) -> dict[str, ServableItem]:
    """Items by id for showing their names, servable or not."""
    if not item_ids:
        return {}
    rows = _rows("shop_id = %(shop)s AND item_id = ANY(%(ids)s)", {"shop": shop_id, "ids": list(item_ids)})
    return {row.item_id: row for row in rows}


def numbered_items(shop_id: int, numbers: Collection[int]) -> dict[int, ServableItem]:
    """Items by the number of their row, as logs name them; those that were deleted too."""
    rows = _rows(
        "shop_id = %(shop)s AND catalog_item.id = ANY(%(numbers)s)", {"shop": shop_id, "numbers": list(numbers)}
    )
    return {row.number: row for row in rows}


def stored_items(shop_id: int, item_ids: Collection[str]) -> list[tuple[ServableItem, bool]]:
    """(item, whether it is in stock and not deleted) of those of `item_ids` that the catalog has or had."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {_COLUMNS}, in_stock AND is_merchandise AND deleted_at IS NULL FROM catalog_item "  # noqa: S608
            "WHERE shop_id = %s AND item_id = ANY(%s)",
            [shop_id, list(item_ids)],
        )
        return [(_item(row[:-1]), row[-1]) for row in cursor.fetchall()]


def _conditions(
    shop_id: int, filters: ItemFilters, unwanted: Unwanted, within: Condition | None = None
) -> tuple[str, dict[str, Any]]:
    parts = ["shop_id = %(shop)s AND deleted_at IS NULL AND in_stock AND is_merchandise"]
    parameters: dict[str, Any] = {"shop": shop_id}
    if (filtered := filters.condition()) is not None:
        condition, values = filtered.named("filter")
        parts.append(condition)
        parameters |= values
    if within is not None:
        condition, values = within.named("within")
        parts.append(condition)
        parameters |= values
    hidden = unwanted.item_ids | unwanted.with_variants
    if hidden:
        parts.append("item_id <> ALL(%(hidden)s)")
        parameters["hidden"] = list(hidden)
    if unwanted.with_variants:
        parts.append(
            "(group_id = '' OR group_id NOT IN (SELECT group_id FROM catalog_item WHERE shop_id = %(shop)s "
            "AND item_id = ANY(%(with_variants)s) AND group_id <> ''))"
        )
        parameters["with_variants"] = list(unwanted.with_variants)
    if unwanted.brands:
        parts.append("brand <> ALL(%(unwanted_brands)s)")
        parameters["unwanted_brands"] = list(unwanted.brands)
    if unwanted.categories:
        parts.append("coalesce(categories[1], '') <> ALL(%(unwanted_categories)s)")
        parameters["unwanted_categories"] = list(unwanted.categories)
    return " AND ".join(parts), parameters


def _rows(where_and_order: str, parameters: dict[str, Any], *, source: str = "catalog_item") -> list[ServableItem]:
    with connection.cursor() as cursor:
        # The text is assembled from constants of this module alone; every value is a parameter.
        cursor.execute(f"SELECT {_COLUMNS} FROM {source} WHERE {where_and_order}", parameters)  # noqa: S608
        return [_item(row) for row in cursor.fetchall()]


def _item(row: Sequence[Any]) -> ServableItem:
    """What many items have in common is one object: a process may hold 20,000 of them."""
    item_id, title, categories, brand, price, currency, image_url, group_id, attributes, since_seconds, number = row
    names = _shared(tuple(map(intern, categories)))
    kept = _NO_ATTRIBUTES if attributes == "{}" else json.loads(attributes)
    first = names[0] if names else ""
    shared = names, intern(brand), price, intern(currency)
    return ServableItem(item_id, title, *shared, image_url, group_id, kept, first, since_seconds, number)


@lru_cache(maxsize=5_000)
def _shared(names: tuple[str, ...]) -> tuple[str, ...]:
    return names
