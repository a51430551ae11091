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
LEAST_LIKING = 0.01  # of what a shopper has no topic for
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
        self.items_of = [np.flatnonzero(row_I) for row_I in self.topics_TI]
        self.appeal_I = _appeal(sold_I).astype(np.float32)
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
    piece. Of all that the shop sells a shopper likes a tenth: `liked_L` are their places."""

    affinity_I: np.ndarray
    liked_L: np.ndarray
    loved: tuple[int, ...]
    purse: float = np.inf

    @cached_property
    def wish_L(self) -> np.ndarray:
        """How likely each of the liked items is what the shopper looks for, cumulated."""
        return np.cumsum(self.affinity_I[self.liked_L] ** 2)

    def wish(self, share: float) -> int:
        """The item at a share (0..1) of all that is wished for."""
        place = int(self.wish_L.searchsorted(share * self.wish_L[-1], side="right"))
        return int(self.liked_L[min(place, len(self.liked_L) - 1)])


def taste_of(wares: Wares, rng: np.random.Generator) -> Taste:
    """One to three topics that others share, usually one fashion that nobody has recorded, and three loved items."""
    left_I = np.ones(len(wares.items), np.float32)  # of indifference: what a topic leaves of it
    parts = [_like_topics(wares, rng, left_I), *_like_fashion(wares, rng, left_I)]
    liked_L = np.unique(np.concatenate(parts)) if any(map(len, parts)) else np.arange(len(wares.items))
    liking_L = (1.0 - left_I[liked_L]) * rng.uniform(0.85, 1.0, size=len(liked_L)).astype(np.float32)
    affinity_I = np.full(len(wares.items), LEAST_LIKING, np.float32)
    affinity_I[liked_L] = np.clip(liking_L, LEAST_LIKING, 1.0)
    loved_L = _favourites(affinity_I[liked_L], rng)
    affinity_I[liked_L[loved_L]] = 1.0
    loved = tuple(liked_L[loved_L].tolist())
    return Taste(affinity_I, liked_L, loved, wares.usual_price * float(np.exp(rng.normal(0.0, PURSE_SPREAD))))


def _like_topics(wares: Wares, rng: np.random.Generator, left_I: np.ndarray) -> np.ndarray:
    """The items of the topics, of which a shopper likes three of eighty at most; how much goes by their appeal."""
    if not wares.recorded_topics:
        return np.zeros(0, np.intp)
    count = min(int(rng.integers(1, 4)), wares.recorded_topics)
    chosen = rng.choice(wares.recorded_topics, size=count, replace=False, p=wares.topic_share)
    for topic, weight in zip(chosen.tolist(), rng.uniform(0.35, 0.9, size=count).tolist(), strict=True):
        left_I[wares.items_of[topic]] *= np.float32(1.0 - weight)
    of_topics_L = np.unique(np.concatenate([wares.items_of[topic] for topic in chosen.tolist()]))
    left_I[of_topics_L] = 1.0 - (1.0 - left_I[of_topics_L]) * wares.appeal_I[of_topics_L]
    return of_topics_L


def _like_fashion(wares: Wares, rng: np.random.Generator, left_I: np.ndarray) -> list[np.ndarray]:
    if rng.random() >= FASHION_CHANCE:
        return []
    of_fashion_L = wares.items_of[wares.recorded_topics + int(rng.integers(FASHIONS))]
    left_I[of_fashion_L] *= np.float32(1.0 - rng.uniform(0.5, 0.95))
    return [of_fashion_L]


def _favourites(affinity_L: np.ndarray, rng: np.random.Generator, count: int = 3) -> np.ndarray:
    """Places drawn by liking, none twice: the largest keys of Efraimidis and Spirakis (2006)."""
    keys_L = rng.exponential(size=len(affinity_L)) / affinity_L**2
    size = min(count, len(affinity_L))
    return np.argpartition(keys_L, size - 1)[:size]


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
