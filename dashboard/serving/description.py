"""How alike items are described: TF-IDF of what the catalog says of them now, so that a new item needs no training.

x(i, t) = weight of the field of t · idf(t), idf(t) = log(1 + N / items with t) over the N items at hand, which were
chosen for what they share: even what all of them have counts. The score is the cosine.
"""

import math
from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from dashboard.catalog.servable import ServableItem
from recommender.content.words import words

CATEGORY_WEIGHT = 1.5  # of a title's word being 1
BRAND_WEIGHT = 1.0
ATTRIBUTE_WEIGHT = 0.5
PRICE_WEIGHT = 0.5
MAX_TERMS = 200  # of an item; attributes may be many
PRICE_BANDS_A_DOUBLING = 2

Terms = dict[str, float]


def cosines(items: Sequence[ServableItem], seed: ServableItem) -> np.ndarray:
    """float64 (N,): 0..1 for each item, how alike it is described to the seed."""
    described = [_terms(item) for item in items]
    wanted = _terms(seed)
    having = Counter(term for terms in (*described, wanted) for term in terms)
    idf = {term: math.log(1 + (len(items) + 1) / having[term]) for term in having}
    seed_length = _length(wanted, idf)
    return np.array([_product(terms, wanted, idf) / (_length(terms, idf) * seed_length or 1.0) for terms in described])


def title_words(item: ServableItem) -> list[str]:
    """The words of its title, each once."""
    return list(dict.fromkeys(words(item.title)))


def _terms(item: ServableItem) -> Terms:
    terms: Terms = {}
    for term, weight in _weighted(item):
        if len(terms) == MAX_TERMS:
            break
        terms[term] = max(terms.get(term, 0.0), weight)
    return terms


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


def _product(terms: Terms, wanted: Terms, idf: dict[str, float]) -> float:
    return sum(weight * wanted[term] * idf[term] ** 2 for term, weight in terms.items() if term in wanted)


def _length(terms: Terms, idf: dict[str, float]) -> float:
    return math.sqrt(sum((weight * idf[term]) ** 2 for term, weight in terms.items()))
