"""What an artifact knows of items by their description alone: serves those that nobody has touched."""

import numpy as np

from recommender.content.text import Fields
from recommender.data.histories import Histories
from recommender.models.content import Content


class Described:
    """Read-only, so that threads may share it."""

    def __init__(self, content: Content, interactions_I: np.ndarray) -> None:
        self.content = content
        self._codes_U = np.flatnonzero((interactions_I == 0) & content.described_I)
        self._values_IU = content.values_II_[:, self._codes_U]
        self._place_I = np.full(len(interactions_I), -1)
        self._place_I[self._codes_U] = np.arange(len(self._codes_U))
        self._leads_I = np.diff(self._values_IU.indptr) > 0  # to any of them
        self._touched_I = interactions_I > 0

    def suits_any(self, history: Histories) -> bool:
        """Whether an item of the history is described like any that nobody has touched."""
        return bool(self._leads_I.take(history.items_N).any())

    def untouched(
        self, histories: Histories, hidden_N: np.ndarray, count: int, among_N: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Codes of up to `count` items (`among` some) that nobody has touched and whose description suits the one
        history, best first, and scores in 0..1; none of those hidden or in the history."""
        scores_U = self.content.scores_of_one(histories, self._values_IU)
        places_N = self._place_I[np.concatenate([hidden_N, histories.items_N])]
        scores_U[places_N[places_N >= 0]] = 0.0
        if among_N is not None:
            scores_U[~np.isin(self._codes_U, among_N)] = 0.0
        best_U = np.argsort(-scores_U, kind="stable")[:count]
        best_U = best_U[scores_U[best_U] > 0]
        return self._codes_U[best_U], scores_U[best_U] / max(float(scores_U.max(initial=0.0)), 1e-9)

    def similar(self, code: int) -> np.ndarray:
        """float32 (I,): how alike all items are to one of the artifact."""
        return self.content.values_II_[[code]].toarray()[0]

    def similar_to(self, item: Fields) -> np.ndarray:
        """float32 (I,): how alike all items are to one that the artifact has never heard of."""
        return self.content.likeness([item])[0]

    def nearest(self, codes_L: np.ndarray, code: int, least: float) -> int | None:
        """The place in `codes_L` of the item that an untouched item is described most like; None below `least`. Of what
        came after the training nothing is known."""
        known_L = np.flatnonzero(codes_L < len(self._touched_I))
        if code >= len(self._touched_I) or self._touched_I[code] or not len(known_L):
            return None
        values_K = np.asarray(self.content.values_II_[codes_L[known_L], np.full(len(known_L), code)]).ravel()
        return int(known_L[values_K.argmax()]) if values_K.max() >= least else None
