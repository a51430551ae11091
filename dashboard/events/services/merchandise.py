"""Find what a shop books like a product and does not sell: postage, fees (see recommender/content/merchandise.py).

What is sure is left out at once, of models, segments and slates, and shown to the merchant, who can say otherwise; what
is doubtful stays in and is asked about. What somebody has said is never asked again.
"""

from collections import Counter
from collections.abc import Mapping

from django.db import connection

from dashboard.accounts.models import Shop
from dashboard.catalog.selectors import current_items, unsaid_items
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
    for item_id, title, categories in unsaid_items(shop.pk).values_list("item_id", "title", "categories").iterator():
        if len(candidates) < MOST_CANDIDATES and is_candidate(item_id, title, habits):
            candidates[item_id] = (title, bool(categories))
    evidence = _evidence(shop, candidates)
    notes = {
        doubt.item_id: (doubt.is_sure, {"signs": doubt.signs, **_figures(evidence[doubt.item_id])})
        for doubt in doubts(evidence.values(), habits)
    }
    return note_merchandise(shop=shop, notes=notes)


def _habits(shop: Shop) -> ShopHabits:
    forms: Counter[str] = Counter()
    in_category = 0
    for item_id, categories in current_items(shop.pk).values_list("item_id", "categories").iterator():
        forms[form_of(item_id)] += 1
        in_category += bool(categories)
    sends_views = Interaction.objects.filter(shop=shop, type="view_item").exists()
    return ShopHabits(forms, sends_views=sends_views, sorts=in_category > forms.total() / 2)


def _evidence(shop: Shop, candidates: Mapping[str, tuple[str, bool]]) -> dict[str, ItemEvidence]:
    """{item: what the catalog ({item: (title, whether it has a category)}) and the sales say of it}."""
    with connection.cursor() as cursor:
        cursor.execute(_BOUGHT, [shop.pk, list(candidates)])
        bought = {item_id: (prices, low or 0, high or 0, views) for item_id, prices, low, high, views in cursor}
    return {
        item_id: ItemEvidence(item_id, title, *bought.get(item_id, (0, 0, 0, 0)), has_category=has_category)
        for item_id, (title, has_category) in candidates.items()
    }


def _figures(evidence: ItemEvidence) -> dict[str, float]:
    return {"purchases": evidence.prices, "price_low": evidence.price_low, "price_high": evidence.price_high}
