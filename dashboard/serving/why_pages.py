"""What the page of a visitor tells of why they would see each item of a slate, put together for its template."""

from dataclasses import dataclass
from typing import Any

from dashboard.accounts.models import Shop
from dashboard.catalog.servable import ServableItem, item_labels
from dashboard.policies.services import placement_at_hand
from dashboard.serving.narrowing import named_items
from dashboard.serving.types import SlateItem
from dashboard.serving.why import Why, why_of
from dashboard.serving.why_words import Figures, Titles, figures, sentence


@dataclass(frozen=True)
class WhyRow:
    """An item of the slate with its reason in words, and the figures behind."""

    slot: SlateItem
    item: ServableItem
    words: str
    figures: Figures


def why_page(shop: Shop, visitor_id: str, slug: str, draw: int) -> dict[str, Any]:
    """Raises `NotFound` for a placement that the shop does not have."""
    placement = placement_at_hand(shop, slug)
    why = why_of(shop, slug, visitor_id, draw=draw)
    return {
        "visitor_id": visitor_id,
        "placement": placement,
        "rows": why_rows(shop, why),
        "interactions": len(why.interactions),
    }


def why_rows(shop: Shop, why: Why) -> list[WhyRow]:
    labels = item_labels(shop.pk, {slot.item_id for slot in why.slate.items} | _named(why))
    titles = {item_id: label.title or item_id for item_id, label in labels.items()}
    return [
        WhyRow(one.slot, labels[one.slot.item_id], sentence(why, one, titles), figures(one, titles))
        for one in why.of_items
        if one.slot.item_id in labels
    ]


def titles_of(shop: Shop, why: Why) -> Titles:
    """Of what the reasons name."""
    return {item_id: label.title or item_id for item_id, label in item_labels(shop.pk, _named(why)).items()}


def _named(why: Why) -> set[str]:
    rules = {item_id for one in why.rules for item_id in named_items(one.cause.match) or ()}
    return rules | {deed.item_id for one in why.items for deed in one.cause}
