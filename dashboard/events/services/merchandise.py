"""Find what a shop books like a product and does not sell: postage, fees (see recommender/content/merchandise.py).

What is sure is left out at once, of models, segments and slates, and shown to the merchant, who can say otherwise; what
is doubtful stays in and is asked about. What somebody has said is never asked again.
"""

from collections import Counter
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from dashboard.accounts.models import Shop
from dashboard.catalog.models import Item
from dashboard.catalog.services import note_merchandise
from dashboard.events.models import Interaction
from recommender.content.merchandise import (
    ItemEvidence,
    ShopHabits,
    doubts,
    form_of,
    is_candidate,
)

MOST_CANDIDATES = 5_000

_BOUGHT = """
    SELECT item_id, count(price) FILTER (WHERE type = 'purchase'),
        percentile_cont(0.1) WITHIN GROUP (ORDER BY price) FILTER (WHERE type = 'purchase'),
        percentile_cont(0.9) WITHIN GROUP (ORDER BY price) FILTER (WHERE type = 'purchase'),
        count(*) FILTER (WHERE type = 'view_item')
    FROM events_interaction WHERE shop_id = %s AND item_id = ANY(%s) GROUP BY item_id
"""


def look_for_non_merchandise(*, shop: Shop) -> int:
    """Look through the catalog and note what was found. Returns how many items are left out by it."""
    habits = _habits(shop)
    candidates: dict[str, tuple[str, bool]] = {}
    for item_id, title, categories in _unsaid(shop).iterator():
        if len(candidates) < MOST_CANDIDATES and is_candidate(item_id, title, habits):
            candidates[item_id] = (title, bool(categories))
    bought = _bought(shop, list(candidates))
    found = doubts((_evidence(item_id, *known, bought) for item_id, known in candidates.items()), habits)
    notes = {
        doubt.item_id: (doubt.is_sure, {"signs": doubt.signs, **_figures(doubt.item_id, bought)}) for doubt in found
    }
    return note_merchandise(shop=shop, notes=notes)


def _unsaid(shop: Shop) -> "QuerySet[Item, Any]":
    said = (Item.Merchandise.SOLD, Item.Merchandise.BOOKED)
    rows = Item.objects.filter(shop=shop, deleted_at__isnull=True).exclude(merchandise__in=said)
    return rows.values_list("item_id", "title", "categories")


def _habits(shop: Shop) -> ShopHabits:
    forms: Counter[str] = Counter()
    in_category = 0
    for item_id, categories in (
        Item.objects.filter(shop=shop, deleted_at__isnull=True).values_list("item_id", "categories").iterator()
    ):
        forms[form_of(item_id)] += 1
        in_category += bool(categories)
    sends_views = Interaction.objects.filter(shop=shop, type="view_item").exists()
    return ShopHabits(forms, sends_views=sends_views, sorts=in_category > forms.total() / 2)


def _bought(shop: Shop, item_ids: list[str]) -> dict[str, tuple[int, float, float, int]]:
    """{item: (purchases with a price, a tenth is cheaper than, a tenth is dearer than, views)}."""
    with connection.cursor() as cursor:
        cursor.execute(_BOUGHT, [shop.pk, item_ids])
        return {
            item_id: (prices, float(low or 0), float(high or 0), views)
            for item_id, prices, low, high, views in cursor.fetchall()
        }


def _evidence(
    item_id: str, title: str, has_category: bool, bought: dict[str, tuple[int, float, float, int]]
) -> ItemEvidence:
    prices, low, high, views = bought.get(item_id, (0, 0.0, 0.0, 0))
    return ItemEvidence(item_id, title, prices, low, high, views, has_category)


def _figures(item_id: str, bought: dict[str, tuple[int, float, float, int]]) -> dict[str, float]:
    prices, low, high, _ = bought.get(item_id, (0, 0.0, 0.0, 0))
    return {"purchases": prices, "price_low": low, "price_high": high}
