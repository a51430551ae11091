"""Interests that were found: a visitor clicked a tried item of a category in which they had done nothing."""

from collections.abc import Sequence
from typing import Any

from django.db import connection

from dashboard.accounts.models import Shop
from dashboard.ledger.services.slates import Slate

FORGOTTEN_DAYS = 90  # what a visitor did longer ago is no interest that was known

_FOUND = """
    SELECT count(*) FROM (
        SELECT DISTINCT tried.visitor_id, item.categories[1]
        FROM unnest(%(visitors)s::text[], %(items)s::text[], %(moments)s::timestamptz[])
            AS tried (visitor_id, item_id, served_at)
        JOIN catalog_item item ON item.shop_id = %(shop)s AND item.item_id = tried.item_id
        WHERE cardinality(item.categories) > 0 AND NOT EXISTS (
            SELECT FROM events_interaction did
            JOIN catalog_item other ON other.shop_id = did.shop_id AND other.item_id = did.item_id
            WHERE did.shop_id = %(shop)s AND did.visitor_id = tried.visitor_id AND did.timestamp < tried.served_at
                AND did.timestamp >= tried.served_at - make_interval(days => %(days)s)
                AND other.categories[1] = item.categories[1]
        )
    ) AS found
"""


def interests_found(shop: Shop, slates: Sequence[Slate]) -> int:
    """Visitors and categories, by the first category of each item, as the catalog says it now."""
    clicked = [
        (slate.unit, slot.item_id, slate.served_at)
        for slate in slates
        for slot in slate.slots
        if slot.is_tried and slot.is_clicked
    ]
    if not clicked:
        return 0
    visitors, items, moments = map(list, zip(*clicked, strict=True))
    asked: dict[str, Any] = {"shop": shop.pk, "visitors": visitors, "items": items, "moments": moments}
    with connection.cursor() as cursor:
        cursor.execute(_FOUND, {**asked, "days": FORGOTTEN_DAYS})
        row = cursor.fetchone()
    return int(row[0])
