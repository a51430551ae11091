"""What the models of an artifact say together, of every item: where the catalog is not large (see shortlist.py)."""

from collections.abc import Mapping, Sequence
from copy import copy
from typing import Protocol, Self

import numpy as np

from recommender.data.histories import Histories
from recommender.ranking.candidates import describe_candidates, describe_of_one, mixed
from recommender.ranking.ranker import Ranker
from recommender.serving.arrivals import in_their_places, known
from recommender.serving.shortlist import above, ranked_first


class Scorer(Protocol):
    """A model of the family, as far as serving asks it."""

    def probabilities(self, histories: Histories, *, exclude_seen: bool = False) -> np.ndarray: ...

    def write_shares(self, shares_I: np.ndarray, history: Histories) -> None: ...


class Blend:
    """Models with their weights; those that the ranker reads come first, so that their rows stand together. The ranker
    knows the first `known_items`, the models all. Read-only, so that threads may share it."""

    def __init__(
        self, models: Mapping[str, Scorer], weights: Mapping[str, float], ranker: Ranker | None, known_items: int
    ) -> None:
        self._ranker, self._known_items = ranker, known_items
        self._names = ranked_first(models, ranker)
        self._models = [models[name] for name in self._names]
        self._weights_M = np.array([weights[name] for name in self._names], np.float32)
        self._silent = ""

    def without(self, name: str) -> Self:
        """The same, where one of the models says nothing of any item: what it adds. Of one visitor at a time."""
        other = copy(self)
        other._silent = name
        return other

    def probabilities(self, histories: Histories, *, exclude_seen: bool = False) -> np.ndarray:
        """float32 (B, I)."""
        shares_MBI = [model.probabilities(histories, exclude_seen=exclude_seen) for model in self._models]
        return mixed(shares_MBI, self._weights_M)

    def shares_of_one(self, history: Histories, items: int) -> np.ndarray:
        """float32 (M, I): each model's probabilities of one visitor."""
        shares_MI = np.zeros((len(self._models), items), np.float32)
        for name, shares_I, model in zip(self._names, shares_MI, self._models, strict=True):
            if name != self._silent:
                model.write_shares(shares_I, history)
        return shares_MI

    def candidates(
        self,
        history: Histories,
        count: int,
        hidden_N: np.ndarray,
        interactions_I: np.ndarray,
        among_N: np.ndarray | None = None,
    ) -> tuple[np.ndarray, np.ndarray, list[str]]:
        """Codes, scores and the model that adds most, of the `count` best of the blend (`among` some) without the
        hidden ones; the first of them with the ranker's probabilities where there is one."""
        shares_MI = self.shares_of_one(history, len(interactions_I))
        blend_I = self._weights_M @ shares_MI
        codes_C = best_of(blend_I, count, hidden_N, interactions_I, among_N)
        scores_C = blend_I[codes_C]
        parts_MC = shares_MI.take(codes_C, axis=1) * self._weights_M[:, None]
        if self._ranker is not None and len(codes_C):
            ranked = self._ranker.candidates
            ranked_C = self._ranked(self._ranker, history, codes_C[:ranked], scores_C[:ranked], shares_MI)
            scores_C = above(ranked_C, scores_C[ranked:])
        return codes_C, scores_C, [self._names[model] for model in parts_MC.argmax(axis=0).tolist()]

    def candidates_of_many(
        self, histories: Histories, count: int, hidden: Sequence[np.ndarray], interactions_I: np.ndarray
    ) -> list[tuple[np.ndarray, np.ndarray, list[str]]]:
        """`candidates` of each row, none empty, up to rounding. `hidden`: the codes to leave out of each."""
        shares_MBI = [model.probabilities(histories) for model in self._models]
        blend_BI = mixed(shares_MBI, self._weights_M)
        rows = zip(blend_BI, hidden, strict=True)
        codes = [best_of(blend_I, count, hidden_N, interactions_I) for blend_I, hidden_N in rows]
        ranked = self._ranked_of_many(histories, codes, blend_BI, shares_MBI)
        found = []
        for row, (codes_C, ranked_C) in enumerate(zip(codes, ranked, strict=True)):
            parts_MC = np.stack([shares_BI[row].take(codes_C) for shares_BI in shares_MBI]) * self._weights_M[:, None]
            scores_C = blend_BI[row].take(codes_C)
            if ranked_C is not None:
                scores_C = above(ranked_C, scores_C[len(ranked_C) :])
            found.append((codes_C, scores_C, [self._names[model] for model in parts_MC.argmax(axis=0).tolist()]))
        return found

    def _ranked_of_many(
        self, histories: Histories, codes: Sequence[np.ndarray], blend_BI: np.ndarray, shares_MBI: Sequence[np.ndarray]
    ) -> Sequence[np.ndarray | None]:
        """Of each row the ranker's probabilities of its first candidates; None without a ranker."""
        if self._ranker is None:
            return [None] * len(codes)
        models, items = len(self._ranker.models), self._known_items
        first = [codes_C[: self._ranker.candidates] for codes_C in codes]
        codes_BC = np.full((len(codes), max(map(len, first))), -1)
        for row_C, codes_C in zip(codes_BC, first, strict=True):
            row_C[: len(codes_C)] = np.where(codes_C < items, codes_C, -1)
        asked, shares_MBK = known(histories, items), [shares_BI[:, :items] for shares_BI in shares_MBI[:models]]
        described = describe_candidates(codes_BC, shares_MBK, self._weights_M[:models], asked)
        ranked_BC = self._ranker.probabilities(asked, described)
        return [
            _of_all(ranked_BC[row, : len(codes_C)], (codes_C < items) & (length > 0), blend_BI[row].take(codes_C))
            for row, (codes_C, length) in enumerate(zip(first, asked.lengths_B, strict=True))
        ]

    def _ranked(
        self, ranker: Ranker, history: Histories, codes_C: np.ndarray, blend_C: np.ndarray, shares_MI: np.ndarray
    ) -> np.ndarray:
        """float32 (C,): the ranker's probabilities. Uses the shares up."""
        read, items = slice(len(ranker.models)), self._known_items
        if shares_MI.shape[1] == items:
            described = describe_of_one(codes_C, shares_MI[read], self._weights_M[read], history.items_N)
            return ranker.probabilities(history, described)[0]
        asked, ranked_C = known(history, items), np.zeros(len(codes_C), np.float32)
        is_known_C = (codes_C < items) & (len(asked.items_N) > 0)
        if is_known_C.any():
            codes_R, weights_M = codes_C[is_known_C], self._weights_M[read]
            described = describe_of_one(codes_R, shares_MI[read, :items], weights_M, asked.items_N)
            ranked_C[is_known_C] = ranker.probabilities(asked, described)[0]
        return _of_all(ranked_C, is_known_C, blend_C)


def _of_all(ranked_C: np.ndarray, is_ranked_C: np.ndarray, blend_C: np.ndarray) -> np.ndarray:
    """What the ranker says, and what stands for it where it says nothing of some, or of all."""
    if is_ranked_C.all():
        return ranked_C
    return in_their_places(ranked_C[is_ranked_C], is_ranked_C) if is_ranked_C.any() else blend_C


def best_of(
    shares_I: np.ndarray,
    k: int,
    hidden_N: np.ndarray,
    interactions_I: np.ndarray,
    among_N: np.ndarray | None = None,
) -> np.ndarray:
    """Codes of the `k` largest positive shares (`among` some) but the hidden; of equal ones the one with more
    interactions first."""
    if among_N is not None:
        among_I = np.zeros_like(shares_I)
        among_I[among_N] = shares_I[among_N]
        shares_I = among_I
    if len(hidden_N):
        shares_I = shares_I.copy()
        shares_I[hidden_N] = 0.0
    k = min(k, int(np.count_nonzero(shares_I > 0)))
    if k <= 0:
        return np.zeros(0, np.int64)
    least = np.partition(shares_I, len(shares_I) - k)[len(shares_I) - k]
    top = np.flatnonzero(shares_I >= least)
    return top[np.lexsort((-interactions_I[top], -shares_I[top]))[:k]]
