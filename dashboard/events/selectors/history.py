"""What one visitor did: read for every slate, so by raw queries on the index of visitor and time."""

from datetime import timedelta
from typing import Any, NamedTuple

from django.db import connection

from dashboard.core import clock
from dashboard.events.vocabulary import INTEREST_TYPES

RECENT_PURCHASE_DAYS = 30
CART_DAYS = 7


class PastInteraction(NamedTuple):
    """One thing that a visitor did to an item; the same fields as `recommender.serving.HistoryEvent`."""

    item_id: str
    type: str
    timestamp_seconds: float


def recent_interactions(
    shop_id: int, visitor_id: str, limit: int = 50, types: tuple[str, ...] = INTEREST_TYPES
) -> list[PastInteraction]:
    """The visitor's last interactions with items, oldest first; empty for nobody. What was taken back is not interest.

    Impressions, removals, refunds and searches are left out unless `types` names them.
    """
    if not visitor_id:
        return []
    rows = _rows(
        "SELECT item_id, type, extract(epoch FROM timestamp)::float8 FROM events_interaction "
        "WHERE shop_id = %s AND visitor_id = %s AND type = ANY(%s) AND item_id <> '' "
        "ORDER BY timestamp DESC, id DESC LIMIT %s",
        [shop_id, visitor_id, list(types), limit],
    )
    return [PastInteraction(*row) for row in reversed(rows)]


def recent_purchases(shop_id: int, visitor_id: str, days: int = RECENT_PURCHASE_DAYS) -> set[str]:
    """Items that the visitor bought in the last days."""
    rows = _rows(
        "SELECT DISTINCT item_id FROM events_interaction "
        "WHERE shop_id = %s AND visitor_id = %s AND type = 'purchase' AND timestamp > %s",
        [shop_id, visitor_id, clock.now() - timedelta(days=days)],
    )
    return {row[0] for row in rows}


def cart(shop_id: int, visitor_id: str, days: int = CART_DAYS) -> set[str]:
    """Items that lie in the visitor's cart: added in the last days, and neither removed nor bought since."""
    rows = _rows(
        "SELECT item_id FROM (SELECT DISTINCT ON (item_id) item_id, type FROM events_interaction "
        "WHERE shop_id = %s AND visitor_id = %s AND timestamp > %s "
        "AND type IN ('add_to_cart', 'remove_from_cart', 'purchase') "
        "ORDER BY item_id, timestamp DESC, id DESC) AS latest WHERE type = 'add_to_cart'",
        [shop_id, visitor_id, clock.now() - timedelta(days=days)],
    )
    return {row[0] for row in rows}


def _rows(query: str, parameters: list[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return cursor.fetchall()
