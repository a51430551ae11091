"""Intervals of means over visitors, by drawing the visitors anew. All measures of all models see the same draws."""

from collections.abc import Iterator

import numpy as np

LEVEL = 0.95
_CHUNK = 50  # draws at once: 50 × 22,000 visitors × 8 bytes is 9 MB


def bootstrap_means(values_BM: np.ndarray, seed: int, *, draws: int) -> np.ndarray:
    """float64 (draws, M): the mean of each column in each draw, over the visitors that have a value (not NaN). NaN
    where a draw has none."""
    known_BM = np.isfinite(values_BM)
    filled_BM = np.where(known_BM, values_BM, 0.0)
    whole = bool(known_BM.all())
    parts = [np.zeros((0, values_BM.shape[1]))]
    for counts_DB in _counts(len(values_BM), np.random.default_rng(seed), draws):
        sums_DM = counts_DB @ filled_BM
        known_DM = counts_DB.sum(axis=1, keepdims=True) if whole else counts_DB @ known_BM.astype(float)
        parts.append(np.divide(sums_DM, known_DM, out=np.full_like(sums_DM, np.nan), where=known_DM > 0))
    return np.concatenate(parts)


def percentile_interval(means_D: np.ndarray) -> tuple[float, float]:
    """The middle 95 % of the draws; (0, 0) without any."""
    known = means_D[np.isfinite(means_D)]
    if not len(known):
        return (0.0, 0.0)
    low, high = np.quantile(known, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return (float(low), float(high))


def _counts(visitors: int, rng: np.random.Generator, draws: int) -> Iterator[np.ndarray]:
    """How often each visitor is in each draw, float64 (D, B)."""
    for start in range(0, draws if visitors else 0, _CHUNK):
        count = min(_CHUNK, draws - start)
        drawn_DB = rng.integers(visitors, size=(count, visitors)) + np.arange(count)[:, None] * visitors
        yield np.bincount(drawn_DB.ravel(), minlength=count * visitors).reshape(count, visitors).astype(float)
