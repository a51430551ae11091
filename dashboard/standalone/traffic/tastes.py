"""Hidden tastes: what each simulated shopper likes, which no one but the simulator knows.

Topics come from the catalog (categories and frequent words of titles). On top of them lie *fashions*: random sets of
items that no recorded behaviour ties together, so that only showing them can reveal who likes them.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

MAX_TOPICS = 80
FASHIONS = 8
FASHION_SHARE = 0.012  # of the catalog, each
UNTOPICAL_WORDS = frozenset(
    {"and", "assorted", "black", "blue", "box", "colour", "cream", "design", "for", "from", "gold", "green", "ivory"}
    | {"large", "medium", "mini", "pack", "pink", "red", "set", "silver", "small", "the", "white", "with"}
)


@dataclass(frozen=True)
class ShopItem:
    """What a shopper sees of an item."""

    item_id: str
    title: str
    categories: tuple[str, ...]
    price: float


class Wares:
    """The items of a shop and which topics each has: `topics_IT` rows are items, columns topics, values 0 or 1."""

    def __init__(self, items: Sequence[ShopItem], seed: int) -> None:
        self.items = list(items)
        self.code = {item.item_id: code for code, item in enumerate(self.items)}
        recorded_IT = _topic_table([_words(item) for item in self.items])
        rng = np.random.default_rng([seed, 0])
        fashions_IF = (rng.random((len(self.items), FASHIONS)) < FASHION_SHARE).astype(np.float32)
        self.recorded_topics = recorded_IT.shape[1]
        self.topics_IT = np.hstack([recorded_IT, fashions_IF])

    @cached_property
    def topic_share(self) -> np.ndarray:
        """How likely a recorded topic is somebody's: by its number of items."""
        counts = self.topics_IT[:, : self.recorded_topics].sum(axis=0)
        return counts / counts.sum()


@dataclass(frozen=True)
class Taste:
    """A shopper's liking of every item, 0..1, and the items he could name as favourites."""

    affinity_I: np.ndarray
    loved: tuple[int, ...]

    @cached_property
    def wish_I(self) -> np.ndarray:
        """How likely each item is what the shopper looks for, cumulated."""
        return np.cumsum(self.affinity_I**2)


def taste_of(wares: Wares, rng: np.random.Generator) -> Taste:
    """One to three topics that others share, usually one fashion that nobody has recorded, and three loved items."""
    weights_T = np.zeros(wares.topics_IT.shape[1], dtype=np.float32)
    if wares.recorded_topics:
        chosen = rng.choice(wares.recorded_topics, size=min(rng.integers(1, 4), wares.recorded_topics), replace=False,
                            p=wares.topic_share)  # fmt: skip
        weights_T[chosen] = rng.uniform(0.35, 0.9, size=len(chosen))
    if rng.random() < 0.7:
        weights_T[wares.recorded_topics + rng.integers(FASHIONS)] = rng.uniform(0.5, 0.95)
    liked = np.flatnonzero(weights_T)  # of a hundred topics a shopper likes four
    affinity_I = 1.0 - np.prod(1.0 - wares.topics_IT[:, liked] * weights_T[liked], axis=1)
    affinity_I = np.clip(affinity_I * rng.uniform(0.85, 1.0, size=len(affinity_I)), 0.02, 1.0)
    loved = _favourites(affinity_I, rng)
    affinity_I[list(loved)] = 1.0
    return Taste(affinity_I, loved)


def _favourites(affinity_I: np.ndarray, rng: np.random.Generator, count: int = 3) -> tuple[int, ...]:
    likely = affinity_I**2 / np.sum(affinity_I**2)
    size = min(count, len(affinity_I))
    return tuple(int(code) for code in rng.choice(len(affinity_I), size=size, replace=False, p=likely))


def _words(item: ShopItem) -> set[str]:
    title = re.findall(r"[^\W\d_]{3,}", item.title.lower())
    return {f"category:{name}" for name in item.categories} | {word for word in title if word not in UNTOPICAL_WORDS}


def _topic_table(words_of_items: Iterable[set[str]]) -> np.ndarray:
    """The most frequent words that tell items apart: in at least 3 items, in at most a fifth of them."""
    rows = list(words_of_items)
    counts = Counter(word for words in rows for word in words)
    most = max(len(rows) // 5, 3)
    topics = sorted((word for word, count in counts.items() if 3 <= count <= most), key=lambda w: (-counts[w], w))
    topics = topics[:MAX_TOPICS]
    return np.array([[word in words for word in topics] for words in rows], dtype=np.float32).reshape(len(rows), -1)
