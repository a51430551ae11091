"""The segments of an artifact as arrays."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from recommender.interests import map as maps
from recommender.interests import mixture


@dataclass(frozen=True)
class SegmentModel:
    """A Gaussian mixture over interest vectors. Component k has the number `numbers_K[k]`; the largest comes first.

    `map_P2`, `anchors_K2`: the directions that the map shows around a segment, and where its mean lies there
    (`recommender.interests.map`).
    `report`: for each number of segments tried {segments, bic, agreement, smallest_share, stable}.
    """

    weights_K: np.ndarray
    means_KP: np.ndarray
    precisions_cholesky_KPP: np.ndarray
    numbers_K: np.ndarray
    map_P2: np.ndarray
    anchors_K2: np.ndarray
    report: list[dict[str, Any]]

    def memberships(self, x_NP: np.ndarray) -> np.ndarray:
        """float64 (N, K); rows add up to one."""
        return mixture.memberships(x_NP, self.weights_K, self.means_KP, self.precisions_cholesky_KPP)

    def places(self, x_NP: np.ndarray, shares_NK: np.ndarray | None = None) -> np.ndarray:
        """float64 (N, 2): where interest vectors stand on the map. `shares_NK`: their memberships, where known."""
        shares_NK = self.memberships(x_NP) if shares_NK is None else shares_NK
        return np.asarray(x_NP @ self.map_P2 + shares_NK @ (self.anchors_K2 - self.means_KP @ self.map_P2))

    def mapped_like(self, before: maps.Places) -> "SegmentModel":
        """The same segments on a map that lies as an earlier one: `before` has where each number's anchor stood."""
        known_K2 = maps.known_places(self.numbers_K, before)
        known_K = np.isfinite(known_K2).all(axis=1)
        variance = float(self.precisions_cholesky_KPP[0, 0, 0] ** -2)
        anchors_K2 = maps.anchors(self.means_KP, variance, known_K2 if known_K.any() else None)
        anchors_K2 = maps.turned(anchors_K2, anchors_K2[known_K], known_K2[known_K])
        axes_P2 = maps.turned_axes(self.map_P2, self.means_KP, anchors_K2)
        return replace(self, anchors_K2=anchors_K2, map_P2=axes_P2)

    def covariances_KPP(self) -> np.ndarray:
        """The covariance of each component."""
        return np.linalg.inv(self.precisions_cholesky_KPP @ self.precisions_cholesky_KPP.transpose(0, 2, 1))

    def with_numbers(self, numbers_K: np.ndarray) -> "SegmentModel":
        """The same segments under other numbers (of `match_numbers`)."""
        return replace(self, numbers_K=np.asarray(numbers_K, np.int64))
