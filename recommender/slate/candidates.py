"""What the sampling step chooses from."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from recommender.errors import InputError


@dataclass(frozen=True, eq=False)
class SlateCandidates:
    """C items, in any order. What is None is not known, and the knobs that need it do nothing.

    item_ids: unique. scores: (C,) ≥ 0, probabilities of the blend; only their ratios matter. vectors: (C, V) unit rows.
    worths, doubts: (C,), what is believed of each item beside its score (`recommender.beliefs`): a factor of the score,
    and the standard deviation of its logarithm. Without doubts, or NaN, they are guessed of impressions and age.
    fatigue: (C,), factor of the score for what this visitor was shown and left (`recommender.beliefs.fatigue`), above 0
    up to 1; the knob of that name is its exponent.
    impressions, age_days, popularity: (C,), NaN where unknown. popularity counts interactions; without it novelty
    goes by impressions.
    groups: the product that a variant belongs to; of each group at most one item is in a slate.
    attributes: further fields of each item, for rules and fairness.
    nearness: of candidates that come from a log, in place of vectors: {index: steps of likeness to each candidate} of
    those that were chosen. They stand in the canonical order of the policy that served.
    """

    item_ids: Sequence[str]
    scores: np.ndarray
    vectors: np.ndarray | None = None
    categories: Sequence[str | None] | None = None
    brands: Sequence[str | None] | None = None
    impressions: np.ndarray | None = None
    age_days: np.ndarray | None = None
    attributes: Sequence[Mapping[str, Any]] | None = None
    groups: Sequence[str | None] | None = None
    popularity: np.ndarray | None = None
    nearness: Mapping[int, np.ndarray] | None = None
    worths: np.ndarray | None = None
    doubts: np.ndarray | None = None
    fatigue: np.ndarray | None = None

    def __post_init__(self) -> None:
        count = len(self.item_ids)
        if len(set(self.item_ids)) != count:
            raise InputError("candidates: an item_id is there twice")
        for name in _OPTIONAL:
            values = getattr(self, name)
            if values is not None and len(values) != count:
                raise InputError(f"candidates: {name} has {len(values)} entries for {count} items")
        if (
            np.shape(self.scores) != (count,)
            or not np.isfinite(self.scores).all()
            or (np.asarray(self.scores) < 0).any()
        ):
            raise InputError("candidates: scores must be one finite number ≥ 0 an item")
        for name, are_fine in (("worths", np.greater_equal), ("fatigue", np.greater)):
            values = getattr(self, name)
            if values is not None and not (np.isfinite(values) & are_fine(values, 0)).all():
                raise InputError(f"candidates: {name} must be finite numbers, none below 0, and fatigue above it")
        if self.doubts is not None and (np.asarray(self.doubts) < 0).any():
            raise InputError("candidates: doubts must not be negative")
        if self.vectors is not None and (np.ndim(self.vectors) != 2 or not np.isfinite(self.vectors).all()):
            raise InputError("candidates: vectors must be finite rows of equal length")

    def __len__(self) -> int:
        return len(self.item_ids)

    def expected(self, fatigue: float = 1.0) -> np.ndarray:
        """(C,): the scores with all that is believed of the items in them, and of the visitor as far as the knob of
        that name says. With what is believed they have as many digits as models give, so that the log can keep them."""
        expected_C = np.asarray(self.scores, dtype=float)
        factors = [] if self.worths is None else [self.worths]
        if self.fatigue is not None and fatigue:
            factors.append(np.asarray(self.fatigue, dtype=float) ** fatigue)
        for factor_C in factors:
            expected_C = expected_C * factor_C
        return expected_C.astype(np.float32).astype(float) if factors else expected_C

    def recorded_nearness(self, index: int) -> np.ndarray:
        """Raises InputError for an item that the log does not hold chosen."""
        if self.nearness is None or index not in self.nearness:
            raise InputError(f"candidates: the log does not say what is like candidate {index}")
        return self.nearness[index]

    def values(self, field: str) -> Sequence[Any] | None:
        """The values of a field for all items; None if they have no such field."""
        column = getattr(self, FIELD_COLUMNS[field]) if field in FIELD_COLUMNS else None
        if column is None and self.attributes is not None:
            return [entry.get(field) for entry in self.attributes]
        return column


_OPTIONAL = (
    "vectors",
    "categories",
    "brands",
    "impressions",
    "age_days",
    "attributes",
    "groups",
    "popularity",
    "worths",
    "doubts",
    "fatigue",
)
#: Fields with a column of their own.
FIELD_COLUMNS = {
    "item_id": "item_ids",
    "category": "categories",
    "brand": "brands",
    "group_id": "groups",
    "age_days": "age_days",
    "impressions": "impressions",
}


def group_codes(values: Sequence[Any]) -> tuple[np.ndarray, list[str]]:
    """Code of every value (C,) and the names by code; the name of None is ""."""
    codes = {value: code for code, value in enumerate(dict.fromkeys(values))}
    coded_C = np.fromiter(map(codes.__getitem__, values), dtype=np.intp, count=len(values))
    return coded_C, ["" if value is None else str(value) for value in codes]


def variant_places(groups: Sequence[str | None] | None, order_C: np.ndarray) -> dict[int, list[int]]:
    """{place in the order: it and the places of its product's other variants}, where there are any."""
    named = list(filter(None, groups or ()))
    if groups is None or len(set(named)) == len(named):
        return {}
    places_of: dict[str, list[int]] = {}
    for place, index in enumerate(order_C.tolist()):
        if group := groups[index]:
            places_of.setdefault(group, []).append(place)
    return {place: places for places in places_of.values() if len(places) > 1 for place in places}


def canonical_order(candidates: SlateCandidates, scores_C: np.ndarray) -> np.ndarray:
    """Descending score; ties by a hash of the id: the same everywhere, yet unrelated to the order of the ids. Of
    candidates of a log, which have no ids, in the order in which they stand."""
    item_ids, order_C = candidates.item_ids, np.argsort(-scores_C, kind="stable")
    if candidates.nearness is not None:
        return order_C
    ordered_C = scores_C[order_C]
    same_C = ordered_C[1:] == ordered_C[:-1]
    if same_C.any():
        keys_C = np.zeros(len(scores_C), np.uint64)
        for index in order_C[np.append(same_C, False) | np.append(False, same_C)].tolist():
            digest = hashlib.blake2b(item_ids[index].encode(), digest_size=8).digest()
            keys_C[index] = int.from_bytes(digest)
        order_C = np.lexsort((keys_C, -scores_C))
    return order_C
