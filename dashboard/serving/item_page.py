"""The page of an item: how it does, where it is shown, what goes with it, which rules touch it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dashboard.accounts.models import Shop
from dashboard.catalog import selectors as catalog
from dashboard.catalog.matches import value_reader
from dashboard.catalog.servable import ServableItem, item_labels
from dashboard.core import clock
from dashboard.policies.models import Placement
from dashboard.policies.rule_words import rule_sentence
from dashboard.policies.selectors import proposal_of
from dashboard.policies.services import placements_at_hand
from dashboard.segments.selectors import PublishedSegment, active_segments
from dashboard.serving.item_figures import DAYS, item_figures
from dashboard.serving.similar import similar_items
from recommender.slate import Rule

GOES_WITH = 6
CATEGORIES_OFFERED = 200


@dataclass(frozen=True)
class Touching:
    """A rule that the item fulfils: in its placement's draft, published or about to go."""

    placement: Placement
    sentence: str
    is_draft: bool


def item_page(shop: Shop, item_id: str) -> dict[str, Any]:
    """Raises `NotFound`, also for another shop's item."""
    item = catalog.item(shop.pk, item_id)
    placements = placements_at_hand(shop)
    return {
        "item": item,
        "placements": placements,
        "corrections": [(field, said) for field, said in item.corrections.items()],
        "categories": [name for name, _count in catalog.category_counts(shop.pk)[:CATEGORIES_OFFERED]],
        "rules": _touching(placements, item_labels(shop.pk, [item_id])[item_id]),
        "segments": [(found, entry) for found in active_segments(shop) if (entry := _entry(found, item_id))],
    }


def item_details(shop: Shop, item_id: str) -> dict[str, Any]:
    """What takes a moment: figures, and items like it."""
    item = catalog.item(shop.pk, item_id)
    alike = [found.item_id for found in similar_items(shop=shop, item_id=item_id, n=GOES_WITH)]
    labels = item_labels(shop.pk, alike)
    names = {placement.slug: placement.name for placement in placements_at_hand(shop)}
    figures = item_figures(shop, item_id)
    return {
        "item": item,
        "days": DAYS,
        "figures": figures,
        "shown": [(row, names.get(row.placement, row.placement)) for row in figures.shown],
        "alike": [labels[found] for found in alike if found in labels],
    }


def _entry(segment: PublishedSegment, item_id: str) -> dict[str, Any] | None:
    """What sets the segment apart, if the item is part of it."""
    return next((entry for entry in segment.top_items if entry["item_id"] == item_id), None)


def _touching(placements: Sequence[Placement], item: ServableItem) -> list[Touching]:
    value_of = value_reader(item, clock.now())
    found = []
    for placement in placements:
        proposal = proposal_of(placement)
        for raw in [*proposal.rules, *proposal.removed]:
            rule = Rule.from_dict(raw)
            if rule.matches(value_of):
                is_draft = raw in proposal.added or raw in proposal.removed
                found.append(Touching(placement, rule_sentence(rule, {item.item_id: item.title}), is_draft))
    return found
