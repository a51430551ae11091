"""Reads: how many items fulfil a match, and which of them a slate may hold."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from dashboard.catalog.matches import Match, Selection, matching
from dashboard.core.expression_sql import Condition, Parameter

PRODUCTS_NAMED = 20
VARIANTS_LOOKED_AT = 20  # of each product that is asked for
_SHOP = "shop_id = %s AND deleted_at IS NULL"
_SERVABLE = "in_stock AND is_merchandise"
_PRODUCT = "CASE WHEN group_id = '' THEN 'i:' || item_id ELSE 'g:' || group_id END"


@dataclass(frozen=True)
class MatchCount:
    """Of one match: its items in the `catalog`, those of them in stock (`servable`), those of these that a selection
    lets through (`allowed`), and up to `PRODUCTS_NAMED` of their products; the variants of one are one."""

    catalog: int
    servable: int
    allowed: int
    products: tuple[str, ...]


def match_counts(shop_id: int, matches: Sequence[Match], selection: Selection, now: datetime) -> list[MatchCount]:
    """In one round trip, however many there are."""
    if not matches:
        return []
    allowed = selection.condition(shop_id, now) or Condition("TRUE", [])
    parts = [_counted(shop_id, number, matching(shop_id, match, now), allowed) for number, match in enumerate(matches)]
    together = Condition(" UNION ALL ".join(part.sql for part in parts), _parameters(parts))
    return [
        MatchCount(items, servable, shown, tuple(products))
        for _, items, servable, shown, products in sorted(_rows(together))
    ]


def products_left(shop_id: int, selection: Selection, now: datetime) -> int:
    """How many products a slate may choose from."""
    return int(_rows(_select(f"count(DISTINCT {_PRODUCT})", _servable(shop_id, selection, now)))[0][0])


def has_products(shop_id: int, selection: Selection, now: datetime, *, at_least: int) -> bool:
    """Whether a slate may choose from so many: a look at a few items where there are many."""
    looked_at = VARIANTS_LOOKED_AT * at_least
    rows = _rows(_select(_PRODUCT, _servable(shop_id, selection, now), f"LIMIT {looked_at}"))
    if len(set(rows)) >= at_least:
        return True
    return len(rows) == looked_at and products_left(shop_id, selection, now) >= at_least


def few_item_ids(shop_id: int, selection: Selection, now: datetime, *, limit: int) -> tuple[str, ...] | None:
    """The servable items of a selection, last published first; None where they are more than `limit`."""
    item_ids = newest_item_ids(shop_id, selection, now, limit=limit + 1)
    return item_ids if len(item_ids) <= limit else None


def newest_item_ids(shop_id: int, selection: Selection, now: datetime, *, limit: int) -> tuple[str, ...]:
    """Up to `limit` servable items of a selection, last published first."""
    order = f"ORDER BY coalesce(published_at, created_at) DESC, item_id LIMIT {limit}"
    return tuple(item_id for (item_id,) in _rows(_select("item_id", _servable(shop_id, selection, now), order)))


def _servable(shop_id: int, selection: Selection, now: datetime) -> Condition:
    asked = selection.condition(shop_id, now) or Condition("TRUE", [])
    return Condition(f"{_SHOP} AND {_SERVABLE} AND {asked.sql}", [shop_id, *asked.parameters])


def _counted(shop_id: int, number: int, match: Condition, allowed: Condition) -> Condition:
    """One row: the number, three counts, some products."""
    found = Condition(f"{_SHOP} AND {match.sql}", [shop_id, *match.parameters])
    shown = Condition(f"{found.sql} AND {_SERVABLE} AND {allowed.sql}", [*found.parameters, *allowed.parameters])
    products = _select(f"DISTINCT {_PRODUCT}", shown, f"LIMIT {PRODUCTS_NAMED}")
    counts = (
        f"{number}, count(*), count(*) FILTER (WHERE {_SERVABLE}), "
        f"count(*) FILTER (WHERE {_SERVABLE} AND {allowed.sql})"
    )
    counted = _select(f"{counts}, ARRAY({products.sql})", found)
    return Condition(counted.sql, [*allowed.parameters, *products.parameters, *found.parameters])


def _select(columns: str, where: Condition, more: str = "") -> Condition:
    """The text is made of constants of this app; every value is a parameter."""
    return Condition(f"SELECT {columns} FROM catalog_item WHERE {where.sql} {more}", where.parameters)  # noqa: S608


def _parameters(parts: Sequence[Condition]) -> list[Parameter]:
    return [value for part in parts for value in part.parameters]


def _rows(statement: Condition) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement.sql, statement.parameters)
        return cursor.fetchall()
