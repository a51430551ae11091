"""What arrived since an artifact was trained, laid over it: no file of the artifact changes.

Popularity and transitions are then those that a refit would give; items that came since the training stand behind the
artifact's own codes, are proposed by these two models, and speak for others as any item of a history does.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import Any, NamedTuple, Self

import numpy as np

from recommender.data.histories import Histories
from recommender.models.factors import unit_rows
from recommender.models.popularity import DAY_SECONDS, Popularity
from recommender.models.transitions import Transitions
from recommender.serving.arrivals import known
from recommender.serving.blending import Scorer
from recommender.serving.described import Described
from recommender.serving.grown_catalog import EncoderBeside, SharesBeside
from recommender.serving.recommender import Recommender
from recommender.serving.types import Candidates, HistoryEvent, Profile
from recommender.serving.updated_transitions import UpdatedTransitions


class ItemSums(NamedTuple):
    """What an item's sums differ by from those of the artifact: fields of `recommender.online.Delta`."""

    item_id: str
    popularity: float
    interactions: int


class PairSum(NamedTuple):
    """By how much the weighted pairs of two items, one after the other, differ from those of the artifact."""

    source_id: str
    target_id: str
    weight: float


@dataclass(frozen=True)
class Updates:
    """Sums as they are now. Items have numbers of their own, in the order in which they were told; 16 bytes a pair."""

    newest_seconds: float = 0.0  # of what is known now
    reference_seconds: float = 0.0  # as of which popularity is counted
    number_of: dict[str, int] = field(default_factory=dict)  # grows; earlier updates share it
    popularity_J: np.ndarray = field(default_factory=lambda: np.zeros(0))
    interactions_J: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    pairs_E: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))  # rising: source · 2³² + target
    weights_E: np.ndarray = field(default_factory=lambda: np.zeros(0))

    def told(self, items: Sequence[ItemSums], pairs: Sequence[PairSum]) -> Self:
        """With these sums in place of what was known of the same items and pairs."""
        numbers = [self._number(item.item_id) for item in items]
        keys = [self._number(pair.source_id) << 32 | self._number(pair.target_id) for pair in pairs]
        popularity_J = _grown(self.popularity_J, len(self.number_of))
        interactions_J = _grown(self.interactions_J, len(self.number_of))
        popularity_J[numbers] = [item.popularity for item in items]
        interactions_J[numbers] = [item.interactions for item in items]
        pairs_E, weights_E = _merged(self.pairs_E, self.weights_E, keys, [pair.weight for pair in pairs])
        return replace(
            self,
            popularity_J=popularity_J,
            interactions_J=interactions_J,
            pairs_E=pairs_E,
            weights_E=weights_E,
        )

    def _number(self, item_id: str) -> int:
        return self.number_of.setdefault(item_id, len(self.number_of))


def updated(model: Recommender, updates: Updates) -> Recommender:
    """The artifact's model as it would be had its counts known what arrived since."""
    item_ids = [*updates.number_of][: len(updates.popularity_J)]
    arrivals = [item_id for item_id in item_ids if item_id not in model.code_of]
    code_of = model.code_of | {item_id: len(model.item_ids) + place for place, item_id in enumerate(arrivals)}
    codes_J = np.array([code_of[item_id] for item_id in item_ids], np.int64)
    transitions = _transitions(model.transitions, codes_J, updates, len(code_of))
    changed: dict[str, Any] = {
        "item_ids": np.concatenate([model.item_ids, np.array(arrivals, object)]),
        "interactions_I": _interactions(model.interactions_I, codes_J, updates, len(code_of)),
        "popularity": _popularity(model.popularity, codes_J, updates, len(code_of)),
        "transitions": transitions,
    }
    kept = {part.name: getattr(model, part.name) for part in fields(Recommender)}
    return UpdatedRecommender(
        **{**kept, **changed},
        base=model,
        all_codes=code_of,
        arrivals_AV=_vectors(model.item_vectors_IV, transitions, len(arrivals)),
    )


@dataclass(frozen=True)
class UpdatedRecommender(Recommender):
    """Made by `updated`. Codes from `known_items` on are those of items that came after the training: candidates, and
    part of a history, but nothing that a batch for the command line, interests or descriptions know of."""

    base: Recommender = field(kw_only=True)
    all_codes: dict[str, int] = field(kw_only=True)
    arrivals_AV: np.ndarray = field(kw_only=True)

    @cached_property
    def code_of(self) -> dict[str, int]:
        return self.all_codes

    @cached_property
    def item_vectors_IV(self) -> np.ndarray:
        return np.concatenate([self.base.item_vectors_IV, self.arrivals_AV])

    @cached_property
    def described(self) -> Described | None:
        return self.base.described

    @property
    def known_items(self) -> int:
        return len(self.base.item_ids)

    def knows(self, item_id: str) -> bool:
        return self.base.knows(item_id)

    def has_met(self, item_id: str) -> bool:
        code = self.all_codes.get(item_id)
        return code is not None and self._had_behaviour_I[code] != 0

    def vectors_of(self, codes_C: np.ndarray) -> np.ndarray:
        came_C = codes_C >= self.known_items
        if not came_C.any():
            return self.base.vectors_of(codes_C)
        vectors_CV = self.base.vectors_of(np.where(came_C, 0, codes_C))
        vectors_CV[came_C] = self.arrivals_AV[codes_C[came_C] - self.known_items]
        return vectors_CV

    def profile(self, history: Sequence[HistoryEvent]) -> Profile:
        return self.base.profile(history)

    def probabilities(self, histories: Histories, *, exclude_seen: bool = False) -> np.ndarray:
        return self.base.probabilities(known(histories, self.known_items), exclude_seen=exclude_seen)

    def best(self, histories: Histories, k: int, *, exclude_seen: bool = False) -> tuple[np.ndarray, np.ndarray]:
        return self.base.best(known(histories, self.known_items), k, exclude_seen=exclude_seen)

    def similar(self, item_id: str, k: int) -> Candidates:
        code = self.all_codes.get(item_id)
        if code is None or not self.interactions_I[code]:
            return self.base.similar(item_id, k)
        return super().similar(item_id, k)

    @cached_property
    def _scorers(self) -> dict[str, Scorer]:
        scorers, items = super()._scorers, len(self.item_ids)
        if items == self.known_items:
            return scorers
        return {
            name: model if name in ("popularity", "transitions") else _beside(name, model, self.known_items, items)
            for name, model in scorers.items()
        }

    def _likeness(self, code: int) -> np.ndarray:
        vector_V = self.vectors_of(np.array([code]))[0]
        return np.concatenate([self.base.item_vectors_IV @ vector_V, self.arrivals_AV @ vector_V])

    def _untouched(
        self, histories: Histories, found_K: np.ndarray, hidden_N: np.ndarray, k: int, among_N: np.ndarray | None
    ) -> tuple[np.ndarray, np.ndarray]:
        items = self.known_items
        among_N = None if among_N is None else among_N[among_N < items]
        found_K, hidden_N = found_K[found_K < items], hidden_N[hidden_N < items]
        return super()._untouched(known(histories, items), found_K, hidden_N, k, among_N)


def _beside(name: str, model: Any, known_items: int, items: int) -> Scorer:
    kind: type[EncoderBeside | SharesBeside] = EncoderBeside if name == "encoder" else SharesBeside
    return kind(model, known_items, items)


def _transitions(base: Transitions, codes_J: np.ndarray, updates: Updates, items: int) -> Transitions:
    sources_E, targets_E = codes_J[updates.pairs_E >> 32], codes_J[updates.pairs_E & 0xFFFFFFFF]
    return UpdatedTransitions.over(base, sources_E, targets_E, updates.weights_E, items)


def _interactions(base_I: np.ndarray, codes_J: np.ndarray, updates: Updates, items: int) -> np.ndarray:
    counts_I = _grown(base_I, items)
    counts_I[codes_J] += updates.interactions_J
    return np.maximum(counts_I, 0)


def _popularity(base: Popularity, codes_J: np.ndarray, updates: Updates, items: int) -> Popularity:
    """Counts as of the newest interaction that is known, as a fit would have them."""
    smoothing = base.config.smoothing
    counts_I = _grown(base.popularity_I_.astype(np.float64) - smoothing, items)
    counts_I[codes_J] += updates.popularity_J
    age_days = (updates.newest_seconds - updates.reference_seconds) / DAY_SECONDS
    counts_I *= np.exp2(-age_days / base.config.half_life_days)
    model = Popularity(base.config)
    model.popularity_I_ = (np.maximum(counts_I, 0.0) + smoothing).astype(np.float32)
    return model


def _vectors(known_IV: np.ndarray, transitions: Transitions, arrivals: int) -> np.ndarray:
    """float32 (A, V): where an item lies that came after the training: amid those that follow it."""
    if not arrivals or not isinstance(transitions, UpdatedTransitions):
        return np.zeros((arrivals, known_IV.shape[1]), np.float32)
    following_AI = transitions.rows_of_last(arrivals)[:, : len(known_IV)]
    return unit_rows(following_AI @ known_IV)


def _grown(values_I: np.ndarray, items: int) -> np.ndarray:
    """A copy with zeros at the end."""
    grown_I = np.zeros(items, values_I.dtype)
    grown_I[: len(values_I)] = values_I
    return grown_I


def _merged(
    pairs_E: np.ndarray, weights_E: np.ndarray, keys: list[int], weights: list[float]
) -> tuple[np.ndarray, np.ndarray]:
    """Both, rising; the later weight of a pair counts."""
    keys_N, last_N = np.unique(np.array(keys[::-1], np.int64), return_index=True)
    fresh_N = np.array(weights[::-1])[last_N] if keys else np.zeros(0)
    places_N = np.searchsorted(pairs_E, keys_N)
    is_known_N = np.zeros(len(keys_N), bool)
    inside_N = places_N < len(pairs_E)
    is_known_N[inside_N] = pairs_E[places_N[inside_N]] == keys_N[inside_N]
    changed_E = weights_E.copy()
    changed_E[places_N[is_known_N]] = fresh_N[is_known_N]
    new_N = ~is_known_N
    return np.insert(pairs_E, places_N[new_N], keys_N[new_N]), np.insert(changed_E, places_N[new_N], fresh_N[new_N])
