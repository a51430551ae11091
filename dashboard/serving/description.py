"""How alike items are described: TF-IDF of what the catalog says of them now, so that a new item needs no training.

This module says which places of an item count, and how much; recommender.content.terms weighs and compares.
"""

import math
from collections.abc import Iterator, Sequence

import numpy as np

from dashboard.catalog.servable import ServableItem
from recommender.content import terms
from recommender.content.words import words

CATEGORY_WEIGHT = 1.5  # of a title's word being 1
BRAND_WEIGHT = 1.0
ATTRIBUTE_WEIGHT = 0.5
PRICE_WEIGHT = 0.5
MAX_TERMS = 200  # of an item; attributes may be many
PRICE_BANDS_A_DOUBLING = 2


def cosines(items: Sequence[ServableItem], seed: ServableItem) -> np.ndarray:
    """float32 (N,): 0..1 for each item, how alike it is described to the seed."""
    return terms.cosines([_terms(item) for item in items], _terms(seed))


def title_words(item: ServableItem) -> list[str]:
    """The words of its title, each once."""
    return list(dict.fromkeys(words(item.title)))


def _terms(item: ServableItem) -> dict[str, float]:
    weights: dict[str, float] = {}
    for term, weight in _weighted(item):
        if len(weights) == MAX_TERMS:
            break
        weights[term] = max(weights.get(term, 0.0), weight)
    return weights


def _weighted(item: ServableItem) -> Iterator[tuple[str, float]]:
    """Words hold no space, so that names cannot clash."""
    yield from ((word, 1.0) for word in words(item.title))
    yield from ((f"category {category}", CATEGORY_WEIGHT) for category in item.categories)
    if item.brand:
        yield f"brand {item.brand.casefold()}", BRAND_WEIGHT
    if item.price:
        yield f"price {round(math.log2(item.price) * PRICE_BANDS_A_DOUBLING)}", PRICE_WEIGHT
    for name, value in item.attributes.items():
        for entry in value if isinstance(value, list) else (value,):
            if isinstance(entry, str | bool) and len(str(entry)) <= 100:  # longer ones are prose
                yield f"attribute {name} {entry}", ATTRIBUTE_WEIGHT
