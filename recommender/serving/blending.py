"""What the models of an artifact say together, of every item: where the catalog is not large (see shortlist.py)."""

from collections.abc import Mapping
from typing import Protocol

import numpy as np

from recommender.data.histories import Histories
from recommender.ranking.candidates import describe_candidates, mixed
from recommender.ranking.ranker import Ranker
from recommender.serving.shortlist import above


class Scorer(Protocol):
    """A model of the family, as far as serving asks it."""

    def probabilities(self, histories: Histories, *, exclude_seen: bool = False) -> np.ndarray: ...


class Blend:
    """Models with their weights. Read-only, so that threads may share it."""

    def __init__(self, models: Mapping[str, Scorer], weights: Mapping[str, float]) -> None:
        self._models = dict(models)
        self._weights_M = np.array([weights[name] for name in models], np.float32)

    def probabilities(self, histories: Histories, *, exclude_seen: bool = False) -> np.ndarray:
        """float32 (B, I)."""
        shares_MBI = [model.probabilities(histories, exclude_seen=exclude_seen) for model in self._models.values()]
        return mixed(shares_MBI, self._weights_M)

    def candidates(
        self, history: Histories, count: int, hidden_N: np.ndarray, interactions_I: np.ndarray, ranker: Ranker | None
    ) -> tuple[np.ndarray, np.ndarray, list[str]]:
        """Codes, scores and the model that adds most, of the `count` best of the blend without the hidden ones; the
        first of them with the ranker's probabilities where there is one."""
        shares_MBI = {name: model.probabilities(history) for name, model in self._models.items()}
        blend_I = mixed(list(shares_MBI.values()), self._weights_M)[0]
        codes_C = best_of(blend_I, count, hidden_N, interactions_I)
        scores_C = blend_I[codes_C]
        if ranker is not None:
            ranked_C = self._ranked(ranker, history, codes_C[: ranker.candidates], shares_MBI)
            scores_C = above(ranked_C, scores_C[ranker.candidates :])
        return codes_C, scores_C, self._sources(codes_C, shares_MBI)

    def _ranked(
        self, ranker: Ranker, history: Histories, codes_C: np.ndarray, shares_MBI: Mapping[str, np.ndarray]
    ) -> np.ndarray:
        """float32 (C,): the ranker's probabilities."""
        weights = dict(zip(self._models, self._weights_M, strict=True))
        weights_M = np.array([weights[name] for name in ranker.models], np.float32)
        asked = [shares_MBI[name] for name in ranker.models]
        return ranker.probabilities(history, describe_candidates(codes_C[None], asked, weights_M, history))[0]

    def _sources(self, codes_C: np.ndarray, shares_MBI: Mapping[str, np.ndarray]) -> list[str]:
        names = list(shares_MBI)
        parts_MC = np.stack([share_BI[0, codes_C] for share_BI in shares_MBI.values()]) * self._weights_M[:, None]
        return [names[model] for model in parts_MC.argmax(axis=0).tolist()]


def best_of(shares_I: np.ndarray, k: int, hidden_N: np.ndarray, interactions_I: np.ndarray) -> np.ndarray:
    """Codes of the `k` largest positive shares but the hidden; of equal ones the one with more interactions first."""
    if len(hidden_N):
        shares_I = shares_I.copy()
        shares_I[hidden_N] = 0.0
    k = min(k, int(np.count_nonzero(shares_I > 0)))
    if k <= 0:
        return np.zeros(0, np.int64)
    least = np.partition(shares_I, len(shares_I) - k)[len(shares_I) - k]
    top = np.flatnonzero(shares_I >= least)
    return top[np.lexsort((-interactions_I[top], -shares_I[top]))[:k]]
