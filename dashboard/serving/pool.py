"""The candidates of one slate: proposed by a model or by a fallback, kept only where they may be shown."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import numpy as np

from dashboard.catalog.matches import column_reader
from dashboard.catalog.servable import ServableItem
from recommender.slate import FIELD_COLUMNS, Rule, SlateCandidates

CONTENT_DIMENSIONS = 32
_FORBIDDING = ("exclude", "include_only")
NOWHERE = -1
_FILL_SHARE = 0.5  # what a lower step proposes stands below everything that a higher step proposed


@dataclass(frozen=True)
class Proposals:
    """Items that one fallback suggests, best first. `vectors` rows are unit vectors, None without a model."""

    item_ids: Sequence[str]
    scores: np.ndarray
    sources: Sequence[str]
    vectors: np.ndarray | None = None
    interactions: np.ndarray | None = None


class Believed(NamedTuple):
    """Of each candidate (C,), as in `SlateCandidates`; None: nothing."""

    worths: np.ndarray | None = None
    doubts: np.ndarray | None = None
    fatigue: np.ndarray | None = None


NOTHING_BELIEVED = Believed()


class Pool:
    """Candidates in the order of their proposal, by columns: 200 rows of their own would cost a fifth of a slate.

    `rules` that forbid are applied on the way in.
    """

    def __init__(self, rules: Sequence[Rule], now: datetime) -> None:
        self.rules = rules
        self.now = now
        self.items: dict[str, ServableItem] = {}
        self.scores: list[float] = []
        self.sources: list[str] = []
        self._interactions: list[float] = []
        self._vectors_at: list[int] = []  # of each item its row of the vectors; NOWHERE without one
        self._vectors_of: list[np.ndarray] = []  # of each step, whole
        self._products: set[str] = set()

    def __len__(self) -> int:
        """How many items a slate of these could hold: the variants of a product count once."""
        return len(self._products)

    def lacks(self, rule: Rule, count: int) -> bool:
        """Whether a rule concerns fewer than so many products among the candidates."""
        items = list(self.items.values())
        concerned = rule.places(column_reader(items, self.now), range(len(items)))
        return len({items[place].group_id or items[place].item_id for place in concerned}) < count

    def add(self, proposals: Proposals, servable: dict[str, ServableItem], *, ranked_below: bool = True) -> int:
        """Take in what may be shown and is not there yet; returns how many."""
        scores = np.asarray(proposals.scores, dtype=float)
        counts = np.zeros(len(scores)) if proposals.interactions is None else proposals.interactions
        if ranked_below:
            scores = scores * self._factor(scores)
        allowed, item_ids = self._allowed(servable), proposals.item_ids
        if not self.items and list(allowed) == list(item_ids):  # what the model proposes to most visitors
            places, fresh = list(range(len(item_ids))), allowed
        else:
            places = [place for place, found in enumerate(item_ids) if found in allowed and found not in self.items]
            fresh = {item_ids[place]: allowed[item_ids[place]] for place in places}
        if len(fresh) < len(places):  # proposed twice
            places = _first_places(item_ids, places)
        self.items.update(fresh)
        self.scores += scores[places].tolist()
        self.sources += [proposals.sources[place] for place in places]
        self._interactions += counts[places].tolist()
        self._vectors_at += self._rows_of_vectors(proposals.vectors, places)
        self._products.update([item.group_id or item_id for item_id, item in fresh.items()])
        return len(places)

    def _allowed(self, servable: dict[str, ServableItem]) -> dict[str, ServableItem]:
        forbidding = [rule for rule in self.rules if rule.kind in _FORBIDDING and rule.is_active(self.now)]
        if not forbidding:
            return servable
        item_ids, items = list(servable), list(servable.values())
        column_of, allowed = column_reader(items, self.now), list(range(len(items)))
        for rule in forbidding:
            concerned = set(rule.places(column_of, allowed))
            allowed = [place for place in allowed if (place in concerned) == (rule.kind == "include_only")]
        return {item_ids[place]: items[place] for place in allowed}

    def _rows_of_vectors(self, vectors: np.ndarray | None, places: list[int]) -> list[int]:
        """Keep the vectors of a step; the rows of these places among all that are kept."""
        if vectors is None:
            return [NOWHERE] * len(places)
        first = sum(map(len, self._vectors_of))
        self._vectors_of.append(vectors)
        return [first + place for place in places] if first else places

    def _factor(self, scores: np.ndarray) -> float:
        if not self.scores or not len(scores):
            return 1.0
        return _FILL_SHARE * min(self.scores) / max(float(np.max(scores)), 1e-12)

    def as_slate_candidates(
        self, impressions: dict[str, int], *, fields: Collection[str] = (), believed: Believed = NOTHING_BELIEVED
    ) -> SlateCandidates:
        """The columns that the sampling step reads. `fields`: what rules and fairness ask for beside.

        A shop that reports no impressions has none known, not zero.
        """
        items, item_ids = list(self.items.values()), list(self.items)
        column_of, further = column_reader(items, self.now), [name for name in fields if name not in FIELD_COLUMNS]
        return SlateCandidates(
            item_ids=item_ids,
            scores=np.array(self.scores),
            vectors=self._vectors(items),
            categories=[item.category or None for item in items],
            brands=column_of("brand") if "brand" in fields else None,
            impressions=np.array([impressions.get(found, 0) for found in item_ids], float) if impressions else None,
            age_days=ages_days(items, self.now),
            attributes=_records(further, [column_of(name) for name in further]) if further else None,
            groups=[item.group_id or None for item in items],
            popularity=np.array(self._interactions, dtype=float),
            worths=believed.worths,
            doubts=believed.doubts,
            fatigue=believed.fatigue,
        )

    def _vectors(self, items: Sequence[ServableItem]) -> np.ndarray:
        """(C, V) unit rows. An item without one probably lies amid those of its category."""
        if not self._vectors_of:
            return content_vectors(items)
        known = self._vectors_of[0] if len(self._vectors_of) == 1 else np.concatenate(self._vectors_of)
        places = self._vectors_at
        if places == list(range(len(known))):
            return known
        vectors: np.ndarray = known[places]
        missing = [index for index, place in enumerate(places) if place == NOWHERE] if NOWHERE in places else []
        for category, rows in _by_category(items, missing).items():
            alike = [row for row, item in enumerate(items) if item.category == category and places[row] != NOWHERE]
            mean = np.mean(vectors[alike], axis=0) if category and alike else np.zeros(vectors.shape[1])
            vectors[rows] = mean / max(float(np.linalg.norm(mean)), 1e-12)
        return vectors


def _by_category(items: Sequence[ServableItem], rows: Sequence[int]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for row in rows:
        found.setdefault(items[row].category, []).append(row)
    return found


def _records(names: Sequence[str], columns: Sequence[Sequence[Any]]) -> list[dict[str, Any]]:
    return [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)]


def _first_places(item_ids: Sequence[str], places: list[int]) -> list[int]:
    """Of an item that is proposed twice only the first place."""
    return sorted({item_ids[place]: place for place in reversed(places)}.values())


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


def ages_days(items: Sequence[ServableItem], now: datetime) -> np.ndarray:
    ages: np.ndarray = np.maximum((now.timestamp() - np.array([item.since_seconds for item in items])) / 86_400, 0.0)
    return ages
