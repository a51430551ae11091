"""The candidates of one slate: proposed by a model or by a step of the ladder, kept only where they may be shown."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

import numpy as np

from dashboard.catalog.servable import ServableItem
from recommender.slate import Rule, SlateCandidates

CONTENT_DIMENSIONS = 32
_FORBIDDING = ("exclude", "include_only")
NOWHERE = -1
_FILL_SHARE = 0.5  # what a lower step proposes stands below everything that a higher step proposed


@dataclass(frozen=True)
class Proposals:
    """Items that one step of the ladder suggests, best first. `vectors` rows are unit vectors, None without a model."""

    item_ids: Sequence[str]
    scores: np.ndarray
    sources: Sequence[str]
    vectors: np.ndarray | None = None
    interactions: np.ndarray | None = None


class Candidate(NamedTuple):
    """A proposed item that may be shown."""

    item: ServableItem
    score: float
    source: str
    vector_at: int  # the row of the pool's vectors; NOWHERE without one
    interactions: float


@dataclass
class Pool:
    """Candidates in the order of their proposal. `rules` that forbid are applied on the way in."""

    rules: Sequence[Rule]
    now: datetime
    candidates: dict[str, Candidate] = field(default_factory=dict)
    _products: set[str] = field(default_factory=set)
    _vectors_of: list[np.ndarray] = field(default_factory=list)  # of each step: whole, a row of it costs 0.1 µs an item

    def __len__(self) -> int:
        """How many items a slate of these could hold: the variants of a product count once."""
        return len(self._products)

    def add(self, proposals: Proposals, servable: dict[str, ServableItem], *, ranked_below: bool = True) -> int:
        """Take in what may be shown and is not there yet; returns how many."""
        before = len(self.candidates)
        forbidding = [rule for rule in self.rules if rule.kind in _FORBIDDING and rule.is_active(self.now)]
        for item_id, score, source, vector_at, interactions in self._columns(proposals, ranked_below):
            item = servable.get(item_id)
            if item is None or item_id in self.candidates or (forbidding and not self._is_allowed(item, forbidding)):
                continue
            self.candidates[item_id] = Candidate(item, score, source, vector_at, interactions)
            self._products.add(item.group_id or item_id)
        return len(self.candidates) - before

    def _columns(self, proposals: Proposals, ranked_below: bool) -> Iterator[tuple[Any, ...]]:
        """(item_id, score, source, row of its vector, interactions) of each proposal."""
        scores = np.asarray(proposals.scores, dtype=float)
        factor = self._factor(scores) if ranked_below else 1.0
        counts = [0.0] * len(scores) if proposals.interactions is None else proposals.interactions.tolist()
        places = self._places(proposals.vectors, len(scores))
        return zip(proposals.item_ids, (scores * factor).tolist(), proposals.sources, places, counts, strict=True)

    def _places(self, vectors: np.ndarray | None, count: int) -> Sequence[int]:
        """Keep the vectors; where each of them stands among all that are kept."""
        if vectors is None:
            return [NOWHERE] * count
        first = sum(len(kept) for kept in self._vectors_of)
        self._vectors_of.append(vectors)
        return range(first, first + count)

    def _factor(self, scores: np.ndarray) -> float:
        if not self.candidates or not len(scores):
            return 1.0
        lowest = min(candidate.score for candidate in self.candidates.values())
        return _FILL_SHARE * lowest / max(float(np.max(scores)), 1e-12)

    def _is_allowed(self, item: ServableItem, forbidding: Sequence[Rule]) -> bool:
        value_of = _field_reader(item, self.now)
        return all(rule.matches(value_of) == (rule.kind == "include_only") for rule in forbidding)

    def as_slate_candidates(self, impressions: dict[str, int], *, with_attributes: bool = True) -> SlateCandidates:
        """The columns that the sampling step reads; rules and fairness may ask for attributes.

        A shop that reports no impressions has none known, not zero.
        """
        rows = list(self.candidates.values())
        items = [row.item for row in rows]
        shown = np.array([float(impressions.get(item_id, 0)) for item_id in self.candidates]) if impressions else None
        return SlateCandidates(
            item_ids=list(self.candidates),
            scores=np.array([row.score for row in rows]),
            vectors=_vectors(rows, self._vectors_of),
            categories=[item.category or None for item in items],
            brands=[item.brand or None for item in items],
            impressions=shown,
            age_days=_ages_days(items, self.now),
            attributes=[_fields(item) for item in items] if with_attributes else None,
            groups=[item.group_id or None for item in items],
            popularity=np.array([row.interactions for row in rows], dtype=float),
        )


def content_vectors(items: Collection[ServableItem]) -> np.ndarray:
    """(C, 32) unit rows from categories and brand, so that diversity means something before there is a model."""
    vectors = np.zeros((len(items), CONTENT_DIMENSIONS), dtype=np.float32)
    slots: dict[str, int] = {}
    for row, item in enumerate(items):
        for feature in (*item.categories, f"brand:{item.brand}" if item.brand else ""):
            if feature:
                vectors[row, slots.setdefault(feature, len(slots)) % CONTENT_DIMENSIONS] += 1.0
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.maximum(norms, 1e-12)


def _vectors(rows: Sequence[Candidate], known: Sequence[np.ndarray]) -> np.ndarray:
    """(C, V) unit rows. An item without one probably lies amid those of its category."""
    if not known:
        return content_vectors([row.item for row in rows])
    places = [row.vector_at for row in rows]
    vectors: np.ndarray = (known[0] if len(known) == 1 else np.concatenate(known))[places]
    missing = [index for index, place in enumerate(places) if place == NOWHERE]
    vectors[missing] = 0.0
    for index in missing:
        category = rows[index].item.category
        alike = [other for other, row in enumerate(rows) if row.vector_at != NOWHERE and row.item.category == category]
        if category and alike:
            mean = np.mean(vectors[alike], axis=0)
            vectors[index] = mean / max(float(np.linalg.norm(mean)), 1e-12)
    return vectors


def _ages_days(items: Sequence[ServableItem], now: datetime) -> np.ndarray:
    ages: np.ndarray = np.maximum((now.timestamp() - np.array([item.since_seconds for item in items])) / 86_400, 0.0)
    return ages


def _fields(item: ServableItem) -> dict[str, Any]:
    price = None if item.price is None else float(item.price)
    return {**item.attributes, "categories": item.categories, "price": price}


def _field_reader(item: ServableItem, now: datetime) -> Callable[[str], Any]:
    columns = {
        "item_id": item.item_id,
        "category": item.category or None,
        "brand": item.brand or None,
        "group_id": item.group_id or None,
    }
    more = _fields(item)
    return lambda name: float(_ages_days([item], now)[0]) if name == "age_days" else columns.get(name, more.get(name))
