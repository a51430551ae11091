"""Hidden tastes: what each simulated shopper likes, which no one but the simulator knows.

Topics come from the catalog (categories and frequent words of titles), and how much an item appeals to those who like
its topics from what the shop's own customers bought. On top lie *fashions*: random sets of items that no recorded
behaviour ties together, so that only showing them can reveal who likes them; those appeal whatever was sold so far.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

MAX_TOPICS = 80
FASHIONS = 4
FASHION_SHARE = 0.03  # of the catalog, each
FASHION_CHANCE = 0.8  # of a shopper to follow one
APPEAL_POWER = 0.5  # of an item's sales; half of what is sold then appeals with less than a half
BELOVED_SHARE = 0.05  # of the items: those that sell best appeal fully
LEAST_APPEAL = 0.1
RETURNS_KNOWN = 40  # sold lines from which an item's own returns say as much as those of the whole shop
USUAL_RETURNS = 0.016  # of a line, where nothing was sold yet
PURSE_SPREAD = 0.5  # of the logarithm of what a shopper usually spends on a piece
UNTOPICAL_WORDS = frozenset(
    {"and", "assorted", "black", "blue", "box", "colour", "cream", "design", "for", "from", "gold", "green", "ivory"}
    | {"large", "medium", "mini", "pack", "pink", "red", "set", "silver", "small", "the", "white", "with"}
)


@dataclass(frozen=True)
class ShopItem:
    """What a shopper sees of an item, and what the shop's own customers did with it: lines of orders that they bought
    and sent back lately, and how many pieces they usually take."""

    item_id: str
    title: str
    categories: tuple[str, ...]
    price: float
    sold: int = 0
    sent_back: int = 0
    pieces: int = 1


class Wares:
    """The items of a shop and which topics each has: `topics_TI`, a topic's items in a row, values 0 or 1."""

    def __init__(self, items: Sequence[ShopItem], seed: int) -> None:
        self.items = list(items)
        self.code = {item.item_id: code for code, item in enumerate(self.items)}
        recorded_IT = _topic_table([_words(item) for item in self.items])
        rng = np.random.default_rng([seed, 0])
        fashions_IF = (rng.random((len(self.items), FASHIONS)) < FASHION_SHARE).astype(np.float32)
        self.recorded_topics = recorded_IT.shape[1]
        self.topics_TI = np.ascontiguousarray(np.hstack([recorded_IT, fashions_IF]).T)
        sold_I = np.array([item.sold for item in self.items], float)
        back_I = np.array([item.sent_back for item in self.items], float)
        self.appeal_I = _appeal(sold_I)
        usual = back_I.sum() / sold_I.sum() if sold_I.sum() else USUAL_RETURNS
        self.returns_I = (back_I + usual * RETURNS_KNOWN) / (sold_I + RETURNS_KNOWN)
        self.usual_price = float(np.average([item.price for item in self.items], weights=sold_I + 1))

    @cached_property
    def topic_share(self) -> np.ndarray:
        """How likely a recorded topic is somebody's: by its number of items."""
        counts = self.topics_TI[: self.recorded_topics].sum(axis=1)
        return counts / counts.sum()


@dataclass(frozen=True)
class Taste:
    """A shopper's liking of every item, 0..1, the items he could name as favourites, and what he usually spends on a
    piece."""

    affinity_I: np.ndarray
    loved: tuple[int, ...]
    purse: float = np.inf

    @cached_property
    def wish_I(self) -> np.ndarray:
        """How likely each item is what the shopper looks for, cumulated."""
        return np.cumsum(self.affinity_I**2)


def taste_of(wares: Wares, rng: np.random.Generator) -> Taste:
    """One to three topics that others share, usually one fashion that nobody has recorded, and three loved items."""
    affinity_I = 1.0 - (1.0 - _liked_topics(wares, rng) * wares.appeal_I) * (1.0 - _liked_fashion(wares, rng))
    affinity_I = np.clip(affinity_I * rng.uniform(0.85, 1.0, size=len(affinity_I)), 0.01, 1.0)
    loved = _favourites(affinity_I, rng)
    affinity_I[list(loved)] = 1.0
    return Taste(affinity_I, loved, wares.usual_price * float(np.exp(rng.normal(0.0, PURSE_SPREAD))))


def _liked_topics(wares: Wares, rng: np.random.Generator) -> np.ndarray:
    """(I,) 0..1; of eighty topics a shopper likes three at most."""
    if not wares.recorded_topics:
        return np.zeros(len(wares.items))
    count = min(rng.integers(1, 4), wares.recorded_topics)
    chosen = rng.choice(wares.recorded_topics, size=count, replace=False, p=wares.topic_share)
    weights = rng.uniform(0.35, 0.9, size=count)
    disliked_I = np.ones(len(wares.items))
    for topic, weight in zip(chosen, weights, strict=True):
        disliked_I *= 1.0 - weight * wares.topics_TI[topic]
    return 1.0 - disliked_I


def _liked_fashion(wares: Wares, rng: np.random.Generator) -> np.ndarray | float:
    if rng.random() >= FASHION_CHANCE:
        return 0.0
    fashion = wares.recorded_topics + rng.integers(FASHIONS)
    liked_I: np.ndarray = wares.topics_TI[fashion] * rng.uniform(0.5, 0.95)
    return liked_I


def _favourites(affinity_I: np.ndarray, rng: np.random.Generator, count: int = 3) -> tuple[int, ...]:
    """Drawn by liking, without an item twice: the largest keys of Efraimidis and Spirakis (2006)."""
    keys_I = rng.exponential(size=len(affinity_I)) / affinity_I**2
    size = min(count, len(affinity_I))
    return tuple(int(code) for code in np.argpartition(keys_I, size - 1)[:size])


def _appeal(sold_I: np.ndarray) -> np.ndarray:
    """(I,) 0..1: how much an item speaks to those who like its topics, by what was sold of it."""
    most = float(np.quantile(sold_I, 1.0 - BELOVED_SHARE)) if len(sold_I) else 0.0
    if not most:
        return np.ones(len(sold_I))
    return np.clip((sold_I / most) ** APPEAL_POWER, LEAST_APPEAL, 1.0)


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
