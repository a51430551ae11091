"""The segments of an artifact as arrays."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.linalg import eigh

from recommender.interests import mixture


@dataclass(frozen=True)
class SegmentModel:
    """A Gaussian mixture over interest vectors. Component k has the number `numbers_K[k]`; the largest comes first.

    `map_P2`: where an interest vector lies on the map, by `interest @ map_P2`.
    `report`: for each number of segments tried {segments, bic, agreement, smallest_share, stable}.
    """

    weights_K: np.ndarray
    means_KP: np.ndarray
    precisions_cholesky_KPP: np.ndarray
    numbers_K: np.ndarray
    map_P2: np.ndarray
    report: list[dict[str, Any]]

    def memberships(self, x_NP: np.ndarray) -> np.ndarray:
        """float64 (N, K); rows add up to one."""
        return mixture.memberships(x_NP, self.weights_K, self.means_KP, self.precisions_cholesky_KPP)

    def covariances_KPP(self) -> np.ndarray:
        """The covariance of each component."""
        return np.linalg.inv(self.precisions_cholesky_KPP @ self.precisions_cholesky_KPP.transpose(0, 2, 1))

    def with_numbers(self, numbers_K: np.ndarray) -> "SegmentModel":
        """The same segments under other numbers (of `match_numbers`)."""
        return replace(self, numbers_K=np.asarray(numbers_K, np.int64))


def separating_map(x_VP: np.ndarray, weights_K: np.ndarray, means_KP: np.ndarray, within_PP: np.ndarray) -> np.ndarray:
    """float32 (P, 2): the two directions in which the means lie furthest apart for their spread (Fisher's linear
    discriminants); with fewer than three segments the widest of the remaining directions. Both axes of variance one."""
    offsets_KP = means_KP - weights_K @ means_KP
    total_PP = np.atleast_2d(np.cov(x_VP, rowvar=False, bias=True))
    between_PP = (offsets_KP.T * weights_K) @ offsets_KP + 1e-3 * total_PP
    axes_P2 = eigh(between_PP, within_PP)[1][:, ::-1][:, :2]
    axes_P2 = axes_P2 * np.sign(axes_P2[np.abs(axes_P2).argmax(axis=0), np.arange(axes_P2.shape[1])])
    spread_2 = np.sqrt(np.einsum("pa,pq,qa->a", axes_P2, total_PP, axes_P2))
    axes_P2 = axes_P2 / np.where(spread_2 > 1e-9, spread_2, 1)
    return np.pad(axes_P2, ((0, 0), (0, 2 - axes_P2.shape[1]))).astype(np.float32)
