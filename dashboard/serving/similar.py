"""Items like another: the model's vectors where it knows the item, descriptions where it does not."""

from dataclasses import dataclass

import numpy as np

from dashboard.accounts.models import Shop
from dashboard.catalog.filters import NO_FILTERS, ItemFilters
from dashboard.catalog.servable import (
    ServableItem,
    Unwanted,
    alike_items,
    item_labels,
    items_with_words,
    servable_items,
)
from dashboard.core import errors
from dashboard.serving.description import cosines, title_words
from dashboard.serving.model_store import published_models

NAMED_ALIKE = 200
ASKED_FACTOR = 4  # the model's neighbours may be sold out


@dataclass(frozen=True)
class SimilarItem:
    """`score`: likeness, comparable within one answer."""

    item_id: str
    score: float
    source: str


def similar_items(*, shop: Shop, item_id: str, n: int, filters: ItemFilters = NO_FILTERS) -> list[SimilarItem]:
    """Up to `n` servable items that pass the filters, most alike first, no variants of the item. Raises `NotFound`."""
    if item_id not in item_labels(shop.pk, [item_id]):
        raise errors.NotFound("There is no such item in this shop.")
    unwanted = Unwanted(with_variants=frozenset([item_id]))
    found = _by_model(shop, item_id, n, filters, unwanted)
    if len(found) < n:
        known = {row.item_id for row in found}
        found += [row for row in _by_content(shop, item_id, filters, unwanted) if row.item_id not in known]
    return _one_per_group(shop, found)[:n]


def _by_model(shop: Shop, item_id: str, n: int, filters: ItemFilters, unwanted: Unwanted) -> list[SimilarItem]:
    model = published_models.get(shop)
    if model is None or not model.recommender.has_met(item_id):
        return []
    near = model.recommender.similar(item_id, n * ASKED_FACTOR)
    servable = servable_items(shop.pk, near.item_ids, filters=filters, unwanted=unwanted)
    return [
        SimilarItem(near_id, round(float(score), 6), "model")
        for near_id, score in zip(near.item_ids, near.scores, strict=True)
        if near_id in servable
    ]


def _by_content(shop: Shop, item_id: str, filters: ItemFilters, unwanted: Unwanted) -> list[SimilarItem]:
    """From the catalog as it is now: an item that came a second ago has neighbours, and is one.

    Where the published model has learned descriptions it proposes items that share no word too, and half of the score
    of what it knows is its own.
    """
    (seed, *_), alike = alike_items(shop.pk, [item_id], filters=filters, unwanted=unwanted)
    named = items_with_words(shop.pk, title_words(seed), limit=NAMED_ALIKE, filters=filters, unwanted=unwanted)
    learned = _by_learned_descriptions(shop, seed)
    proposed = servable_items(shop.pk, list(learned), filters=filters, unwanted=unwanted)
    pool = list({item.item_id: item for item in (*alike, *named, *proposed.values())}.values())
    told = cosines(pool, seed)
    scores = np.array([(learned.get(item.item_id, score) + score) / 2 for item, score in zip(pool, told, strict=True)])
    order = [index for index in np.argsort(-scores, kind="stable") if scores[index] > 0]
    return [SimilarItem(pool[index].item_id, round(float(scores[index]), 6), "content") for index in order]


def _by_learned_descriptions(shop: Shop, seed: ServableItem) -> dict[str, float]:
    """Likeness by item, of items in the published artifact."""
    model = published_models.get(shop)
    if model is None:
        return {}
    fields = {
        "title": seed.title,
        "categories": seed.categories,
        "brand": seed.brand,
        "price": None if seed.price is None else float(seed.price),
    }
    near = model.recommender.similar_to(fields, NAMED_ALIKE)
    pairs = zip(near.item_ids, near.scores, strict=True)
    return {item_id: float(score) for item_id, score in pairs if score > 0}


def _one_per_group(shop: Shop, found: list[SimilarItem]) -> list[SimilarItem]:
    labels = item_labels(shop.pk, [row.item_id for row in found])
    groups: set[str] = set()
    kept = []
    for row in found:
        group = labels[row.item_id].group_id or row.item_id
        if group not in groups:
            groups.add(group)
            kept.append(row)
    return kept
