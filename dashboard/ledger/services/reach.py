"""The part of the catalog that is found at all."""

from datetime import date
from typing import Any

from django.db import connection

from dashboard.accounts.models import Shop
from dashboard.core import clock

REACHED_BY = 5  # interactions within REACHED_DAYS: fewer say of an item no more than that somebody came by
REACHED_DAYS = 28

_REACH = """
    WITH there AS (
        SELECT item_id FROM catalog_item
        WHERE shop_id = %(shop)s AND is_merchandise AND coalesce(published_at, created_at) < %(start)s
            AND (deleted_at IS NULL OR deleted_at >= %(end)s)
    ), found AS (
        SELECT item_id FROM events_interaction
        WHERE shop_id = %(shop)s AND timestamp >= %(start)s AND timestamp < %(end)s AND item_id <> ''
        GROUP BY item_id HAVING count(*) >= %(least)s
    )
    SELECT count(*), count(found.item_id) FROM there LEFT JOIN found USING (item_id)
"""


def reach_on(shop: Shop, day: date) -> tuple[int, int]:
    """Items that had been there for REACHED_DAYS at the end of a day, and how many of them at least REACHED_BY
    interactions reached within these days."""
    _, end = clock.day_bounds(day, shop.timezone)
    asked: dict[str, Any] = {"shop": shop.pk, "start": end - REACHED_DAYS * clock.DAY, "end": end, "least": REACHED_BY}
    with connection.cursor() as cursor:
        cursor.execute(_REACH, asked)
        items, reached = cursor.fetchone()
    return items, reached
