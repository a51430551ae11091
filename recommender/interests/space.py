"""The interest space: what visitors have in common taken away, the direction of what is left, its principal axes."""

from dataclasses import dataclass

import numpy as np

from recommender.interests.vectors import unit_rows

MOST_ROWS = 200_000  # a covariance of 64 × 64 from these takes a second; more rows do not move the axes


@dataclass(frozen=True)
class InterestSpace:
    """`explained_P`: the share of the variance that each axis holds, largest first."""

    mean_D: np.ndarray
    components_PD: np.ndarray
    explained_P: np.ndarray

    def transform(self, x_ND: np.ndarray) -> np.ndarray:
        """float32 (N, P): interest vectors. A zero row (nothing known) becomes the origin, in the middle of all."""
        return directions(x_ND, self.mean_D) @ self.components_PD.T


def directions(x_ND: np.ndarray, mean_D: np.ndarray) -> np.ndarray:
    """float32 (N, D): where each vector points from the mean, length one. How far it lies says how long the history
    is more than what it is about, and splits segments by size of basket."""
    known_N1 = np.any(x_ND, axis=1, keepdims=True)
    return unit_rows(np.where(known_N1, np.asarray(x_ND, np.float32) - mean_D, np.float32(0)))


def fit_interest_space(vectors_VD: np.ndarray, *, dimensions: int = 16, seed: int) -> InterestSpace:
    """Principal axes (at most D of them) of the visitors' directions. `seed` picks rows where there are too many."""
    vectors_VD = np.asarray(vectors_VD, np.float32)
    if len(vectors_VD) > MOST_ROWS:
        vectors_VD = vectors_VD[np.random.default_rng(seed).choice(len(vectors_VD), MOST_ROWS, replace=False)]
    mean_D = vectors_VD.mean(axis=0)
    if np.ptp(vectors_VD, axis=0).max(initial=0) < 1e-6:  # all alike: rounding is no direction
        mean_D = vectors_VD[0]
    unit_VD = directions(vectors_VD, mean_D).astype(np.float64)
    centred_VD = unit_VD - unit_VD.mean(axis=0)
    values_D, axes_DD = np.linalg.eigh(centred_VD.T @ centred_VD / len(centred_VD))
    values_D, axes_DD = np.maximum(values_D[::-1], 0), axes_DD.T[::-1]
    sign_D1 = np.sign(axes_DD[np.arange(len(axes_DD)), np.abs(axes_DD).argmax(axis=1)])[:, None]
    explained_D = values_D / values_D.sum() if values_D.sum() > 0 else values_D
    kept = slice(0, min(dimensions, len(axes_DD)))
    return InterestSpace(mean_D, (axes_DD * sign_D1)[kept].astype(np.float32), explained_D[kept].astype(np.float32))
