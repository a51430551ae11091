"""Accuracy per visitor from ranks, and what lists look like as a whole.

Definitions with R relevant items and cutoff k: HR = any hit; recall = hits / R; precision = hits / k; MRR = 1 / first
rank within k; NDCG = Σ 1/log₂(rank + 1) over hits, divided by its best possible value; MAP = Σ over hits of
(hits so far / rank), divided by min(R, k).
"""

from collections.abc import Sequence

import numpy as np

from recommender.evaluation.ranks import Ranking, Relevant

ACCURACY = ("hr", "ndcg", "recall", "precision", "mrr", "map")


def accuracy_per_visitor(ranking: Ranking, relevant: Relevant, k: int) -> dict[str, np.ndarray]:
    """Each metric as float64 (B,)."""
    counts_B = np.diff(relevant.starts_B1)
    row_N = np.repeat(np.arange(len(relevant)), counts_B)
    hit_N = ranking.ranks_N <= k
    rows, ranks = row_N[hit_N], ranking.ranks_N[hit_N]
    hits_B = np.bincount(rows, minlength=len(relevant)).astype(float)
    gains_B = np.bincount(rows, 1 / np.log2(ranks + 1), len(relevant))
    ideal_K = np.concatenate([[0.0], np.cumsum(1 / np.log2(np.arange(2, k + 2)))])
    best_B = np.minimum(counts_B, k)
    first_B = np.zeros(len(relevant))
    np.maximum.at(first_B, rows, 1 / ranks)
    return {
        "hr": (hits_B > 0).astype(float),
        "ndcg": gains_B / np.maximum(ideal_K[best_B], 1e-12),
        "recall": hits_B / np.maximum(counts_B, 1),
        "precision": hits_B / k,
        "mrr": first_B,
        "map": _precision_sums(rows, ranks, len(relevant)) / np.maximum(best_B, 1),
    }


def _precision_sums(rows: np.ndarray, ranks: np.ndarray, visitors: int) -> np.ndarray:
    order = np.lexsort((ranks, rows))
    rows, ranks = rows[order], ranks[order]
    starts = np.searchsorted(rows, rows)
    so_far = np.arange(len(rows)) - starts + 1
    return np.bincount(rows, so_far / ranks, visitors)


def list_metrics(top_BK: np.ndarray, interactions_I: np.ndarray) -> dict[str, float]:
    """Coverage (share of items ever shown), Gini of exposure (0 even, 1 one item), novelty (mean −log₂ popularity)."""
    shown = top_BK[top_BK >= 0]
    exposure_I = np.sort(np.bincount(shown, minlength=len(interactions_I)))
    items, total = len(exposure_I), max(exposure_I.sum(), 1)
    gini = float(((2 * np.arange(1, items + 1) - items - 1) * exposure_I).sum() / (items * total))
    share_I = (interactions_I + 1) / (interactions_I.sum() + len(interactions_I))
    novelty = float(-np.log2(share_I[shown]).mean()) if len(shown) else 0.0
    return {"coverage": float((exposure_I > 0).mean()), "gini": gini, "novelty": novelty}


def bootstrap_interval(values_B: np.ndarray, seed: int, *, draws: int = 1000) -> tuple[float, float]:
    """95% percentile interval of the mean over visitors."""
    if not len(values_B):
        return (0.0, 0.0)
    rng = np.random.default_rng(seed)
    means = [values_B[rng.integers(len(values_B), size=len(values_B))].mean() for _ in range(draws)]
    low, high = np.quantile(means, [0.025, 0.975])
    return (float(low), float(high))


def summary(
    ranking: Ranking, relevant: Relevant, interactions_I: np.ndarray, cutoffs: Sequence[int]
) -> dict[str, float]:
    """Means over visitors, named `metric@k`."""
    result: dict[str, float] = {}
    for k in cutoffs:
        for name, values_B in accuracy_per_visitor(ranking, relevant, k).items():
            result[f"{name}@{k}"] = float(values_B.mean()) if len(values_B) else 0.0
        for name, value in list_metrics(ranking.top_BK[:, :k], interactions_I).items():
            result[f"{name}@{k}"] = value
    return result
