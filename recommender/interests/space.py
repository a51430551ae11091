"""The interest space: what visitors have in common taken away, the direction of what is left, and its axes: principal
ones, or factors of a factor analysis, u = W z + noise with a variance Ψ of each coordinate's own (Barber 2012, §21).
As many as stand out of the noise, without those that are only activity."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import sparse

from recommender.interests.activity import activity_axes

Method = Literal["pca", "factor-analysis"]
MOST_STEPS, STEP_TOLERANCE = 1000, 1e-8  # of factor analysis; a step of 64 dimensions takes a millisecond
SMALLEST_NOISE = 1e-6
MOST_ROWS = 200_000  # a covariance of 64 × 64 from these takes a second; more rows do not move the axes
ABOVE_NOISE = 1.3  # times the edge of the noise. Dealt at random 1.05; axes nearer to it differ from seed to seed
GAP = 1.5  # times the next variance: the axes end here. Sample shop 1.03, shops of known interests 2.5 and more
FEWEST_AXES = 2  # the map has two


@dataclass(frozen=True)
class InterestSpace:
    """`explained_P`: the share of the variance that each axis holds (of a factor: that its loadings explain).

    `interests`: how many its axes tell apart. `clear`: a gap ends the axes, as where every visitor has one interest;
    where tastes overlap there is none.
    """

    mean_D: np.ndarray
    components_PD: np.ndarray
    explained_P: np.ndarray
    interests: int = 1
    clear: bool = False

    def transform(self, x_ND: np.ndarray) -> np.ndarray:
        """float32 (N, P): interest vectors. A zero row (nothing known) becomes the origin, in the middle of all."""
        return directions(x_ND, self.mean_D) @ self.components_PD.T


def directions(x_ND: np.ndarray, mean_D: np.ndarray) -> np.ndarray:
    """float32 (N, D): where each vector points from the mean, length one. How far it lies says how long the history
    is more than what it is about, and splits segments by size of basket."""
    known_N1 = np.any(x_ND, axis=1, keepdims=True)
    return _unit_rows(np.where(known_N1, np.asarray(x_ND, np.float32) - mean_D, np.float32(0)))


def _unit_rows(vectors_ND: np.ndarray) -> np.ndarray:
    """Rows of length one; a zero row stays zero."""
    lengths_N1 = np.linalg.norm(vectors_ND, axis=1, keepdims=True)
    return np.divide(vectors_ND, lengths_N1, out=np.zeros_like(vectors_ND), where=lengths_N1 > 0)


def fit_interest_space(
    vectors_VD: np.ndarray,
    *,
    dimensions: int = 32,
    seed: int,
    method: Method = "pca",
    activity_VA: np.ndarray | None = None,
    tastes_VC: sparse.csr_array | None = None,
) -> InterestSpace:
    """Axes of the visitors' directions, at most `dimensions`. `activity_VA`: what visitors do how much and when, whose
    axes are left out, as far as it is none of their tastes. `seed` picks rows where there are too many."""
    vectors_VD = np.asarray(vectors_VD, np.float32)
    rows: slice | np.ndarray = slice(None)
    if len(vectors_VD) > MOST_ROWS:
        rows = np.sort(np.random.default_rng(seed).choice(len(vectors_VD), MOST_ROWS, replace=False))
        vectors_VD = vectors_VD[rows]
    mean_D = vectors_VD.mean(axis=0)
    if np.ptp(vectors_VD, axis=0).max(initial=0) < 1e-6:  # all alike: rounding is no direction
        mean_D = vectors_VD[0]
    unit_VD = directions(vectors_VD, mean_D).astype(np.float64)
    if activity_VA is not None:
        tastes = None if tastes_VC is None else tastes_VC[rows].toarray()
        axes_AD = activity_axes(unit_VD, activity_VA[rows], tastes)
        unit_VD -= (unit_VD @ axes_AD.T) @ axes_AD
    centred_VD = unit_VD - unit_VD.mean(axis=0)
    covariance_DD = centred_VD.T @ centred_VD / len(centred_VD)
    standing_out, clear = _spectrum(covariance_DD, len(centred_VD))
    kept = min(max(standing_out, FEWEST_AXES), dimensions, len(covariance_DD))
    axes_PD, explained_P = AXES[method](covariance_DD, kept)
    sign_P1 = np.sign(axes_PD[np.arange(len(axes_PD)), np.abs(axes_PD).argmax(axis=1)])[:, None]
    axes_PD, explained_P = (axes_PD * sign_P1).astype(np.float32), explained_P.astype(np.float32)
    return InterestSpace(mean_D, axes_PD, explained_P, standing_out + 1, clear)


def _spectrum(covariance_DD: np.ndarray, visitors: int) -> tuple[int, bool]:
    """How many principal axes stand out of the noise, and whether a gap ends them.

    Noise alone spreads the variances of D axes up to (1 + √(D / V))² (Marchenko and Pastur 1967; cutting there: Gavish
    and Donoho 2014); its level is their median. G interests, each with items of its own, span G − 1 axes.
    """
    values_D = np.linalg.eigvalsh(covariance_DD)[::-1]
    values_D = values_D[values_D > max(1e-6 * values_D[0], 1e-9)]
    if not len(values_D):
        return 0, True
    edge = (1 + np.sqrt(len(values_D) / visitors)) ** 2
    axes = int((values_D > ABOVE_NOISE * edge * np.median(values_D)).sum())
    after = values_D[axes] if axes < len(values_D) else values_D[-1]
    return axes, axes == 0 or bool(values_D[axes - 1] >= GAP * after)


def _principal_axes(covariance_DD: np.ndarray, dimensions: int) -> tuple[np.ndarray, np.ndarray]:
    values_D, axes_DD = np.linalg.eigh(covariance_DD)
    values_D, axes_DD = np.maximum(values_D[::-1], 0), axes_DD.T[::-1]
    explained_D = values_D / values_D.sum() if values_D.sum() > 0 else values_D
    return axes_DD[:dimensions], explained_D[:dimensions]


def _factor_axes(covariance_DD: np.ndarray, dimensions: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows that give the posterior mean of each factor, (I + WᵀΨ⁻¹W)⁻¹ WᵀΨ⁻¹ u, times the length of its loadings: so a
    factor that explains little stays small, as with principal axes."""
    loadings_PD, noise_D = factor_loadings(covariance_DD, dimensions)
    scaled_PD = loadings_PD / noise_D
    posterior_PD = np.linalg.solve(np.eye(dimensions) + scaled_PD @ loadings_PD.T, scaled_PD)
    variances_P = (loadings_PD**2).sum(axis=1)
    total = max(np.trace(covariance_DD), SMALLEST_NOISE)
    return posterior_PD * np.sqrt(variances_P)[:, None], variances_P / total


def factor_loadings(covariance_DD: np.ndarray, dimensions: int) -> tuple[np.ndarray, np.ndarray]:
    """float64 W (P, D) and Ψ (D,), the most likely ones: given Ψ, W has a closed form (the leading axes of the
    covariance scaled by Ψ), then Ψ is what W leaves; until the log likelihood stands still, as scikit-learn does."""
    own_D = np.maximum(np.diag(covariance_DD), SMALLEST_NOISE)
    noise_D, before = own_D.copy(), -np.inf
    loadings_PD = np.zeros((dimensions, len(own_D)))
    for _ in range(MOST_STEPS):
        root_D = np.sqrt(noise_D)
        values_D, axes_DD = np.linalg.eigh(covariance_DD / np.outer(root_D, root_D))
        values_P, axes_PD = values_D[::-1][:dimensions], axes_DD.T[::-1][:dimensions]
        loadings_PD = np.sqrt(np.maximum(values_P - 1, 0))[:, None] * axes_PD * root_D
        kept_P = np.maximum(values_P, 1.0)
        rest = values_D.sum() - (values_P - values_P / kept_P).sum()
        log_likelihood = -0.5 * (np.log(kept_P).sum() + rest + np.log(noise_D).sum())
        noise_D = np.maximum(np.diag(covariance_DD) - (loadings_PD**2).sum(axis=0), SMALLEST_NOISE * own_D.max())
        if log_likelihood - before < STEP_TOLERANCE:
            break
        before = log_likelihood
    return loadings_PD, noise_D


AXES = {"pca": _principal_axes, "factor-analysis": _factor_axes}
