"""Relevance on one scale for every shop.

Scores of one shop's model may fall from 0.9 to 0.001 within ten items and another's from 0.02 to 0.018, so a
temperature on raw scores, or on their logarithms, would mean all or nothing. What is common to shops is that scores
fall by a roughly constant factor whenever the rank doubles (Zipf's law); only the factor differs. So relevance is the
logarithm of the score, in units in which doubling the rank costs log 2: under Zipf's law, exactly −log(rank).
It does not change when all scores are multiplied or raised to a power (a sharper or flatter model), and unlike plain
ranks it keeps what the model knows: near-ties stay near, an outstanding item stays outstanding.
"""

import math
from itertools import pairwise
from statistics import median

import numpy as np

# Flatter than rank^-0.1 is not stretched further: scores that are nearly the same stay nearly the same.
MIN_FALL = 0.1
# Below this an item's relevance no longer falls: the 3,000th rank of a Zipf shop, and every score of 0.
FLOOR = -8.0


def relevance(descending_C: np.ndarray) -> tuple[np.ndarray, float]:
    """Relevance (C,), 0 for the best and negative for the others, of non-negative scores in descending order; and the
    unit: how much the logarithm of a score falls where relevance falls by 1."""
    if not len(descending_C) or descending_C[0] <= 0:
        return np.zeros(len(descending_C)), MIN_FALL
    positive = int(np.count_nonzero(descending_C))
    log_P = np.log(descending_C[:positive] / descending_C[0])
    relevance_C, unit = np.full(len(descending_C), FLOOR), fall_per_rank(log_P)
    np.maximum(log_P / unit, FLOOR, out=relevance_C[:positive])
    return relevance_C, unit


def fall_per_rank(log_C: np.ndarray) -> float:
    """How fast descending logarithms fall with log(rank): the median over the doublings of the rank, at least MIN_FALL.

    The median, since one outstanding item or a few zeros at the end say nothing of the rest.
    """
    at_doublings = [float(log_C[2**power - 1]) for power in range(len(log_C).bit_length())]  # ranks 1, 2, 4, …
    falls = [upper - lower for upper, lower in pairwise(at_doublings)]
    return max(median(falls) / math.log(2.0), MIN_FALL) if falls else MIN_FALL


def self_information(popularity_C: np.ndarray) -> np.ndarray:
    """−log2 of each item's share of the interactions, smoothed by one interaction an item; unknown counts as none."""
    known_C = np.asarray(popularity_C, dtype=float)
    counts_C = np.where(np.isnan(known_C), 0.0, known_C) + 1.0
    return -np.log2(counts_C / counts_C.sum())


def rarity(popularity_C: np.ndarray) -> np.ndarray:
    """Self-information on the scale of relevance: 0 for the most popular item, log 2 more where the rank doubles."""
    bits_C = self_information(popularity_C)
    log_C = (bits_C.min() - bits_C) * np.log(2.0)
    return np.minimum(-log_C / fall_per_rank(np.sort(log_C)[::-1]), -FLOOR)


def relevance_rows(descending_NC: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """`relevance` of every row: (N, C), and the unit of each (N,)."""
    best_N = descending_NC[:, 0] if descending_NC.shape[1] else np.zeros(len(descending_NC))
    safe_N = np.where(best_N > 0, best_N, 1.0)
    with np.errstate(divide="ignore"):
        log_NC = np.log(descending_NC / safe_N[:, None])
    unit_N = np.where(best_N > 0, falls_of_rows(log_NC, np.count_nonzero(descending_NC, axis=1)), MIN_FALL)
    relevance_NC = np.maximum(log_NC / unit_N[:, None], FLOOR)
    return np.where(best_N[:, None] > 0, relevance_NC, 0.0), unit_N


def falls_of_rows(log_NC: np.ndarray, counts_N: np.ndarray) -> np.ndarray:
    """`fall_per_rank` of the first so many logarithms of every row (N,)."""
    doublings_N = np.frexp(counts_N)[1]  # as many as bit_length says
    falls_N = np.full(len(log_NC), MIN_FALL)
    for doublings in np.unique(doublings_N).tolist():
        rows = doublings_N == doublings
        if doublings > 1:
            at_doublings = log_NC[rows][:, [2**power - 1 for power in range(doublings)]]
            falls_N[rows] = np.maximum(np.median(-np.diff(at_doublings), axis=1) / math.log(2.0), MIN_FALL)
    return falls_N


def rarity_rows(popularity_NC: np.ndarray) -> np.ndarray:
    """`rarity` of every row (N, C); a popularity of −1 is none of an item, and counts for nothing."""
    counts_NC = np.where(np.isnan(popularity_NC), 0.0, popularity_NC) + 1.0
    with np.errstate(divide="ignore"):
        bits_NC = -np.log2(counts_NC / counts_NC.sum(axis=1, keepdims=True))
    log_NC = (bits_NC.min(axis=1, keepdims=True) - bits_NC) * np.log(2.0)
    counts_N = np.count_nonzero(counts_NC, axis=1)
    falls_N = falls_of_rows(-np.sort(-log_NC, axis=1), counts_N)
    return np.minimum(-log_NC / falls_N[:, None], -FLOOR)
