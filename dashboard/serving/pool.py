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
    vector: np.ndarray | None
    interactions: float


@dataclass
class Pool:
    """Candidates in the order of their proposal. `rules` that forbid are applied on the way in."""

    rules: Sequence[Rule]
    now: datetime
    candidates: dict[str, Candidate] = field(default_factory=dict)
    _products: set[str] = field(default_factory=set)

    def __len__(self) -> int:
        """How many items a slate of these could hold: the variants of a product count once."""
        return len(self._products)

    def add(self, proposals: Proposals, servable: dict[str, ServableItem], *, ranked_below: bool = True) -> int:
        """Take in what may be shown and is not there yet; returns how many."""
        before = len(self.candidates)
        forbidding = [rule for rule in self.rules if rule.kind in _FORBIDDING and rule.is_active(self.now)]
        for item_id, score, source, vector, interactions in self._columns(proposals, ranked_below):
            item = servable.get(item_id)
            if item is None or item_id in self.candidates or (forbidding and not self._is_allowed(item, forbidding)):
                continue
            self.candidates[item_id] = Candidate(item, score, source, vector, interactions)
            self._products.add(item.group_id or item_id)
        return len(self.candidates) - before

    def _columns(self, proposals: Proposals, ranked_below: bool) -> Iterator[tuple[Any, ...]]:
        """(item_id, score, source, vector, interactions) of each proposal."""
        scores = np.asarray(proposals.scores, dtype=float)
        factor = self._factor(scores) if ranked_below else 1.0
        nothing = [None] * len(scores)
        counts = [0.0] * len(scores) if proposals.interactions is None else proposals.interactions.tolist()
        vectors = nothing if proposals.vectors is None else proposals.vectors
        return zip(proposals.item_ids, (scores * factor).tolist(), proposals.sources, vectors, counts, strict=True)

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
            vectors=_vectors(rows),
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


def _vectors(rows: Sequence[Candidate]) -> np.ndarray:
    known = next((row.vector for row in rows if row.vector is not None), None)
    if known is None:
        return content_vectors([row.item for row in rows])
    missing = {row.item.category for row in rows if row.vector is None}
    stand_ins = {category: _category_mean(rows, category, np.zeros_like(known)) for category in missing}
    return np.array([stand_ins[row.item.category] if row.vector is None else row.vector for row in rows])


def _category_mean(rows: Sequence[Candidate], category: str, nowhere: np.ndarray) -> np.ndarray:
    """Where an item without a vector probably lies: amid those of its category."""
    alike = [row.vector for row in rows if category and row.vector is not None and row.item.category == category]
    if not alike:
        return nowhere
    mean = np.mean(alike, axis=0)
    return mean / max(float(np.linalg.norm(mean)), 1e-12)


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
