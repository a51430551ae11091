"""Accuracy per visitor from ranks.

Definitions with R relevant items and cutoff k: HR = any hit; recall = hits / R; precision = hits / k; MRR = 1 / first
rank within k; NDCG = Σ 1/log₂(rank + 1) over hits, divided by its best possible value; MAP = Σ over hits of
(hits so far / rank), divided by min(R, k).
"""

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
    best_B = np.minimum(counts_B, k)
    ideal_K = np.concatenate([[0.0], np.cumsum(1 / np.log2(np.arange(2, best_B.max(initial=0) + 2)))])
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
