"""Which event of a visitor speaks for an item: the ground of a reason, and whether there is one."""

from collections.abc import Callable, Sequence

import numpy as np

from recommender.models.transitions import Transitions
from recommender.serving.described import Described
from recommender.serving.types import HistoryEvent, Reason

LEAST_LIKENESS = 0.3  # cosine to an item of the history below which “fits your interest” would be a guess
KIND_OF_EVENT = {
    "view_item": "viewed",
    "add_to_cart": "carted",
    "add_to_wishlist": "carted",
    "purchase": "bought",
}


class Evidence:
    """By transitions, else by likeness, else by the description. Read-only, so that threads may share it.

    `vectors_of`: unit rows of items, by their codes.
    """

    def __init__(
        self, transitions: Transitions, vectors_of: Callable[[np.ndarray], np.ndarray], described: Described | None
    ) -> None:
        self._transitions = transitions
        self._vectors_of = vectors_of
        self._described = described

    def reasons(self, events: Sequence[HistoryEvent], codes_L: np.ndarray, codes_N: np.ndarray) -> list[Reason]:
        """Of each of the N items; `codes_L` are the items of the events, oldest first."""
        evidence_LN, likeness_LN = self._follows(codes_L, codes_N), self._likeness(codes_L, codes_N)
        rows = zip(  # as lists: an element of an array costs ten times as much
            codes_N.tolist(),
            evidence_LN.argmax(axis=0).tolist(),
            evidence_LN.max(axis=0).tolist(),
            likeness_LN.argmax(axis=0).tolist(),
            likeness_LN.max(axis=0).tolist(),
            strict=True,
        )
        reasons = []
        for code, followed, evidence, alike, likeness in rows:
            if evidence > 0:
                reasons.append(Reason(KIND_OF_EVENT[events[followed].type], events[followed].item_id))
            elif likeness >= LEAST_LIKENESS:
                reasons.append(Reason("interest", events[alike].item_id))
            elif (place := self._described_like(codes_L, code)) is not None:
                reasons.append(Reason("interest", events[place].item_id))
            else:
                reasons.append(Reason("interest" if code in codes_L else "popular"))
        return reasons

    def _follows(self, codes_L: np.ndarray, codes_N: np.ndarray) -> np.ndarray:
        """(L, N): how often the item follows that of the event, less for an older event."""
        ages_L = np.arange(len(codes_L))[::-1]
        follows_LN = self._transitions.values_between(codes_L, codes_N)
        evidence_LN: np.ndarray = follows_LN * self._transitions.config.history_decay ** ages_L[:, None]
        return evidence_LN

    def _likeness(self, codes_L: np.ndarray, codes_N: np.ndarray) -> np.ndarray:
        """(L, N) cosines; none of an item to itself."""
        likeness_LN: np.ndarray = self._vectors_of(codes_L) @ self._vectors_of(codes_N).T
        likeness_LN[codes_L[:, None] == codes_N] = 0.0
        return likeness_LN

    def _described_like(self, codes_L: np.ndarray, code: int) -> int | None:
        return None if self._described is None else self._described.nearest(codes_L, code, LEAST_LIKENESS)
