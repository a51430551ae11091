"""How an item does: sold, looked at, and shown by recommendations, of the last weeks."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core.cache import cache
from django.db import connection

from dashboard.accounts.models import Shop
from dashboard.core import clock
from dashboard.events.selectors import last_days, ratio, shop_days

DAYS = 28
SLATES_MAX = 20_000  # the latest ones; looking for an item in them takes about 0.1 s
CACHE_SECONDS = 60

_BEHAVIOUR = """
    SELECT count(*) FILTER (WHERE type = 'view_item'), count(*) FILTER (WHERE type = 'add_to_cart'),
           count(DISTINCT coalesce(nullif(order_id, ''), event_id)) FILTER (WHERE type = 'purchase'),
           coalesce(sum(value) FILTER (WHERE type = 'purchase' AND currency IN ('', %(currency)s)), 0)
    FROM events_interaction
    WHERE shop_id = %(shop)s AND item_id = %(item)s AND timestamp >= %(since)s AND (%(simulated)s OR NOT simulated)
"""
_SHOWN = """
    WITH slates AS (
        SELECT recommendation_id, placement, simulated, items FROM events_exposure
        WHERE shop_id = %(shop)s AND served_at >= %(since)s
        ORDER BY served_at DESC LIMIT %(limit)s
    ), slots AS (
        SELECT s.recommendation_id, s.placement, i.position, i.explore
        FROM slates s, jsonb_to_recordset(s.items) AS i(item_id text, position int, explore boolean)
        WHERE s.items @> jsonb_build_array(jsonb_build_object('item_id', %(item)s::text)) AND i.item_id = %(item)s
          AND (%(simulated)s OR NOT s.simulated)
    ), clicks AS (
        SELECT DISTINCT recommendation_id FROM events_interaction
        WHERE shop_id = %(shop)s AND item_id = %(item)s AND timestamp >= %(since)s
          AND type = 'select_item' AND recommendation_id IS NOT NULL
    )
    SELECT placement, count(*), count(clicks.recommendation_id), avg(position)::float, count(*) FILTER (WHERE explore)
    FROM slots LEFT JOIN clicks USING (recommendation_id)
    GROUP BY placement ORDER BY count(*) DESC, placement
"""


@dataclass(frozen=True)
class ShownAt:
    """An item at one placement; `position` is the mean, `explored` of its slots were given to finding out."""

    placement: str
    slots: int
    clicks: int
    position: float
    explored: int

    @property
    def click_rate(self) -> float | None:
        return ratio(self.clicks, self.slots)

    @property
    def explored_share(self) -> float | None:
        return ratio(self.explored, self.slots)


@dataclass(frozen=True)
class ItemFigures:
    """Of the last `DAYS` days, today so far included; slots are of the latest `SLATES_MAX` slates at most."""

    views: int
    carts: int
    orders: int
    revenue: Decimal
    shown: list[ShownAt]

    @property
    def slots(self) -> int:
        return sum(row.slots for row in self.shown)

    @property
    def clicks(self) -> int:
        return sum(row.clicks for row in self.shown)

    @property
    def click_rate(self) -> float | None:
        return ratio(self.clicks, self.slots)


def item_figures(shop: Shop, item_id: str) -> ItemFigures:
    """At most a minute old."""
    key = f"item-figures:{shop.pk}:{item_id.encode().hex()[:200]}"
    kept: Any = cache.get(key)
    if kept is None:
        kept = _figures(shop, item_id)
        cache.set(key, kept, CACHE_SECONDS)
    (views, carts, orders, revenue), shown = kept
    return ItemFigures(views, carts, orders, revenue, [ShownAt(*row) for row in shown])


def _figures(shop: Shop, item_id: str) -> tuple[tuple[Any, ...], list[tuple[Any, ...]]]:
    period = last_days(shop, DAYS)
    parameters: dict[str, Any] = {
        "shop": shop.pk,
        "item": item_id,
        "currency": shop.currency,
        "since": clock.day_bounds(period.start, shop.timezone)[0],
        "simulated": shop_days(shop, period.start, period.end).counts_simulated,
        "limit": SLATES_MAX,
    }
    with connection.cursor() as cursor:
        cursor.execute(_BEHAVIOUR, parameters)
        behaviour = cursor.fetchone() or (0, 0, 0, Decimal(0))
        cursor.execute(_SHOWN, parameters)
        return behaviour, cursor.fetchall()
