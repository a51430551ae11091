"""What a shop's crowd did, counted seldom and kept: popularity for fallbacks, impressions for the exploration bonus.

All of it may be minutes old, what is new in the catalog half a minute; what must be true now (stock, the visitor's own
history) is never read from here.
"""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.core.cache import cache
from django.db import connection

from dashboard.catalog.servable import newest_items
from dashboard.core import clock, valkey
from dashboard.events.selectors import is_person
from dashboard.training.selectors import shop_weights

SHARED_SECONDS = 300  # one process of the shop counts for all
OWN_SECONDS = 30  # unpickling 4,000 counts costs 0.5 ms, too much for every request
NEWEST_SHARED_SECONDS, NEWEST_OWN_SECONDS = 20, 10  # one walk along an index; an item counts 30 s after it came
POPULAR_DAYS = 30
POPULAR_ITEMS = 500
IMPRESSION_DAYS = 30
NEWEST_ITEMS = 300
_NAMES = ("popular", "impressions", "newest_items")
_own: dict[str, tuple[float, Any]] = {}

# Yesterday says more than last month (half-life 7 days); a kind of behaviour weighs what the shop decided.
_POPULAR = f"""
    SELECT item_id, count(*),
        sum(kind.weight * exp(-extract(epoch FROM %(now)s - timestamp) * ln(2) / 604800)) AS weight
    FROM events_interaction
    JOIN unnest(%(types)s::text[], %(weights)s::float8[]) AS kind (type, weight) USING (type)
    WHERE shop_id = %(shop)s AND timestamp > %(since)s AND timestamp <= %(now)s AND item_id <> ''
        AND kind.weight > 0 AND NOT (type = 'purchase' AND low_trust)
        AND {is_person("events_interaction", "received_at")}
    GROUP BY item_id ORDER BY weight DESC, item_id LIMIT %(limit)s
"""  # noqa: S608  the only thing put in is a constant of the events' own
_IMPRESSIONS = f"""
    SELECT item_id, count(*) FROM events_impression
    WHERE shop_id = %(shop)s AND timestamp > %(since)s AND {is_person("events_impression", "received_at")}
    GROUP BY item_id
"""  # noqa: S608  as above


def popular_items(shop_id: int) -> list[tuple[str, float, int]]:
    """(item, time-decayed weight, interactions) of the last weeks, best first; empty without any behaviour.

    Kinds of behaviour weigh what the shop decided for training; bots and purchases that a browser claimed do not count.
    """
    return _kept("popular", shop_id, lambda: _popular(shop_id))


def impression_counts(shop_id: int) -> dict[str, int]:
    """How often each item was really rendered in the last weeks."""
    return _kept("impressions", shop_id, lambda: dict(_rows(_IMPRESSIONS, shop_id, IMPRESSION_DAYS)))


def newest_item_rows(shop_id: int) -> list[tuple[str, float]]:
    """(item, second since which) of what came last into the catalog, newest first; among them what no model has seen.

    The same list until it is counted anew, so that what is made of it can be kept as long.
    """
    return _kept("newest_items", shop_id, lambda: _newest(shop_id), NEWEST_SHARED_SECONDS, NEWEST_OWN_SECONDS)


def forget(shop_id: int) -> None:
    """Count anew at the next request of this process, and of the others within half a minute."""
    keys = [_key(name, shop_id) for name in _NAMES]
    for key in keys:
        _own.pop(key, None)
    _asked(lambda: cache.delete_many(keys))


def _key(name: str, shop_id: int) -> str:
    return f"serving:{name}:{shop_id}"


def _kept(
    name: str,
    shop_id: int,
    count: Callable[[], Any],
    shared_seconds: int = SHARED_SECONDS,
    own_seconds: int = OWN_SECONDS,
) -> Any:
    key = _key(name, shop_id)
    until, value = _own.get(key, (0.0, None))
    if until > time.monotonic():
        return value
    value = _asked(lambda: cache.get(key))
    if value is None:
        value = count()
        _asked(lambda: cache.set(key, value, shared_seconds))
    _own[key] = (time.monotonic() + own_seconds, value)
    return value


def _asked(question: Callable[[], Any]) -> Any:
    """The answer of the cache; None while it is away, and this process counts for itself."""
    return valkey.attempt(question, None)


def _newest(shop_id: int) -> list[tuple[str, float]]:
    return [(item.item_id, item.since_seconds) for item in newest_items(shop_id, limit=NEWEST_ITEMS)]


def _popular(shop_id: int) -> list[tuple[str, float, int]]:
    weights = shop_weights(shop_id)
    weights["select_item"] = weights["view_item"]  # a click in a list opens the item
    kinds = {"types": [*weights], "weights": [*weights.values()]}
    rows = _rows(_POPULAR, shop_id, POPULAR_DAYS, **kinds)
    return [(item_id, float(weight), count) for item_id, count, weight in rows]


def _rows(query: str, shop_id: int, days: int, **more: Any) -> list[Any]:
    now = clock.now()
    parameters: dict[str, Any] = {
        "shop": shop_id,
        "now": now,
        "since": now - timedelta(days=days),
        "limit": POPULAR_ITEMS,
        **more,
    }
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return cursor.fetchall()
