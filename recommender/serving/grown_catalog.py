"""Models of an artifact in a catalog that has grown: of the items that came after the training they know nothing."""

from typing import Protocol

import numpy as np

from recommender.data.histories import Histories
from recommender.serving.arrivals import known
from recommender.serving.blending import Scorer
from recommender.serving.shortlist import EncoderModel, Found, SharingModel


class _Beside:
    """Answers for all `items`, of which the model knows the first. Read-only, so that threads may share it."""

    def __init__(self, model: Scorer, known_items: int, items: int) -> None:
        self._model, self._known_items, self._items = model, known_items, items

    def probabilities(self, histories: Histories, *, exclude_seen: bool = False) -> np.ndarray:
        """float32 (B, I)."""
        shares_BI = np.zeros((len(histories), self._items), np.float32)
        asked = known(histories, self._known_items)
        shares_BI[:, : self._known_items] = self._model.probabilities(asked, exclude_seen=exclude_seen)
        return shares_BI

    def write_shares(self, shares_I: np.ndarray, history: Histories) -> None:
        """`probabilities` of one visitor, into a row of zeros."""
        asked = known(history, self._known_items)
        if len(asked.items_N):
            self._model.write_shares(shares_I[: self._known_items], asked)


class SharingScorer(Scorer, SharingModel, Protocol):
    """A model that answers for all items, and for those alone that it gives a share."""


class EncoderScorer(Scorer, EncoderModel, Protocol):
    """An encoder."""


class SharesBeside(_Beside):
    """Of a model other than an encoder."""

    def __init__(self, model: SharingScorer, known_items: int, items: int) -> None:
        super().__init__(model, known_items, items)
        self._sharing = model

    def shares_of(self, history: Histories) -> Found:
        """Rising codes and shares of one visitor."""
        asked = known(history, self._known_items)
        return self._sharing.shares_of(asked) if len(asked.items_N) else _nothing()


class EncoderBeside(_Beside):
    """Of an encoder."""

    def __init__(self, model: EncoderScorer, known_items: int, items: int) -> None:
        super().__init__(model, known_items, items)
        self._encoder = model

    def shares_among(self, history: Histories, count: int, codes_C: np.ndarray) -> Found:
        """These items and about the `count` best: rising codes, and shares; 0 of what came after the training."""
        asked, known_C = known(history, self._known_items), codes_C[codes_C < self._known_items]
        if not len(asked.items_N):
            return codes_C, np.zeros(len(codes_C), np.float32)
        codes_K, shares_K = self._encoder.shares_among(asked, count, known_C)
        later_C = codes_C[codes_C >= self._known_items]
        return np.concatenate([codes_K, later_C]), np.concatenate([shares_K, np.zeros(len(later_C), np.float32)])


def _nothing() -> Found:
    return np.zeros(0, np.int64), np.zeros(0, np.float32)
