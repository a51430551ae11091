"""EM of a Gaussian mixture whose components are equally wide in every direction, a batch at a time.

One variance for all: then a segment is a place in the interest space, whatever axes it is described by, and no
component can become a wide background that collects short histories, which scatter most. Memory is one batch of
responsibilities.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

BATCH = 16_384  # visitors: 24 components of them are 3 MB
MOST_PASSES = 300
TINY = 10 * np.finfo(np.float64).eps  # an empty component divides by it


@dataclass(frozen=True)
class SphericalMixture:
    """float64 (K,), (K, P), and the variance of every component in every direction."""

    weights_K: np.ndarray
    means_KP: np.ndarray
    variance: float

    def log_joint(self, x_NP: np.ndarray) -> np.ndarray:
        """float64 (N, K): log weight + log density."""
        distance_NK = (x_NP**2).sum(axis=1)[:, None] - 2 * x_NP @ self.means_KP.T + (self.means_KP**2).sum(axis=1)
        constant = x_NP.shape[1] * np.log(2 * np.pi * self.variance)
        logs_NK: np.ndarray = np.log(np.maximum(self.weights_K, 1e-300))
        logs_NK = logs_NK - 0.5 * (constant + distance_NK / self.variance)
        return logs_NK

    def labels(self, x_VP: np.ndarray) -> np.ndarray:
        """int64 (V,): the likeliest component of each."""
        parts = [self.log_joint(x_NP).argmax(axis=1) for x_NP in _batches(x_VP, BATCH)]
        return np.concatenate(parts)


def fit_mixture(
    x_VP: np.ndarray, start: SphericalMixture, *, floor: float, tolerance: float = 1e-4, batch: int = BATCH
) -> tuple[SphericalMixture, float]:
    """The mixture that EM reaches from `start`, and its mean log likelihood. `floor`: least variance; `tolerance`: of
    the mean log likelihood a pass."""
    mixture, before = start, -np.inf
    total = float((np.asarray(x_VP, np.float64) ** 2).sum() / len(x_VP))
    for _ in range(MOST_PASSES):
        share_K, first_KP, log_likelihood = _expectations(x_VP, mixture, batch)
        means_KP = first_KP / (share_K + TINY)[:, None]
        spread = (total - (share_K[:, None] * means_KP**2).sum()) / x_VP.shape[1]
        mixture = SphericalMixture(share_K / share_K.sum(), means_KP, max(float(spread), floor))
        if abs(log_likelihood - before) < tolerance:
            break
        before = log_likelihood
    return mixture, log_likelihood


def bic(mixture: SphericalMixture, log_likelihood: float, visitors: int) -> float:
    """Schwarz 1978: −2 log L + parameters · log V, the smaller the better."""
    segments, axes = mixture.means_KP.shape
    return -2 * visitors * log_likelihood + (segments * axes + segments) * float(np.log(visitors))


def _expectations(x_VP: np.ndarray, mixture: SphericalMixture, batch: int) -> tuple[np.ndarray, np.ndarray, float]:
    """Responsibilities and x weighted by them, as means over visitors; and the mean log likelihood."""
    share_K, first_KP = np.zeros_like(mixture.weights_K), np.zeros_like(mixture.means_KP)
    log_likelihood = 0.0
    for x_NP in _batches(x_VP, batch):
        logs_NK = mixture.log_joint(x_NP)
        highest_N1 = logs_NK.max(axis=1, keepdims=True)
        held_NK = np.exp(logs_NK - highest_N1)
        sums_N1 = held_NK.sum(axis=1, keepdims=True)
        held_NK /= sums_N1
        share_K += held_NK.sum(axis=0)
        first_KP += held_NK.T @ x_NP
        log_likelihood += float((highest_N1 + np.log(sums_N1)).sum())
    return share_K / len(x_VP), first_KP / len(x_VP), log_likelihood / len(x_VP)


def _batches(x_VP: np.ndarray, batch: int) -> Iterator[np.ndarray]:
    for begin in range(0, len(x_VP), batch):
        yield np.asarray(x_VP[begin : begin + batch], np.float64)
