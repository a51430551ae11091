"""Which candidates of many slates have a chance in the next position that is not negligible. Shapes as in `batch`.

Most have none: what is known well and stands behind. They are told in float32, which takes half the time, with room for
its rounding; of those that are left everything is worked out in float64.
"""

from collections.abc import Sequence

import numpy as np

NEGLIGIBLE = -8.5  # Φ of it is 1e-17; the best has ½
ROOM = 1e-4  # ten times what scores may be off in float32, on the scale of relevance


class Contenders:
    """Of slates whose every position is drawn. base_NC: scores without what depends on the items chosen, −∞ for what
    cannot be shown; surety_NC: one over how far an item may be off."""

    def __init__(self, base_NC: np.ndarray, surety_NC: np.ndarray) -> None:
        self._base_NC = base_NC.astype(np.float32)
        self._reach_NC = (ROOM - NEGLIGIBLE / surety_NC).astype(np.float32)  # behind the best
        self._scores_NC = np.empty_like(self._base_NC)

    def remove(self, rows: np.ndarray, places: np.ndarray) -> None:
        """What is not there any more."""
        self._base_NC[rows, places] = -np.inf

    def found(
        self, steps_NC: np.ndarray | None, weight_N: np.ndarray, gains: Sequence[tuple[np.ndarray, np.ndarray]]
    ) -> np.ndarray:
        """Places, among all of all slates, in their order. steps_NC: likeness to what is chosen, each worth weight_N.
        gains: (what each group adds, where each candidate's group stands among them)."""
        scores_NC = self._scores_NC
        if steps_NC is None:
            scores_NC[:] = self._base_NC
        else:
            np.multiply(steps_NC, weight_N[:, None].astype(np.float32), out=scores_NC)
            scores_NC += self._base_NC
        for gains_NG, flat_NC in gains:
            scores_NC += gains_NG.astype(np.float32).ravel().take(flat_NC)
        best_N = scores_NC.max(axis=1, initial=-np.inf)
        best_N[best_N == -np.inf] = np.inf  # of slates that have nothing left nobody contends
        scores_NC += self._reach_NC
        return np.flatnonzero(scores_NC >= best_N[:, None])
