"""From probabilities of all items to candidates, and from the ranker's answer back to all items."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from recommender.data.histories import Histories
from recommender.evaluation.ranks import top_items
from recommender.ranking.features import Candidates

if TYPE_CHECKING:
    from recommender.ranking.ranker import Ranker


def describe_candidates(
    codes_BC: np.ndarray, shares_MBI: np.ndarray, weights_M: np.ndarray, histories: Histories
) -> Candidates:
    """What the models say of `codes_BC` (−1: none). Seen items take no share of the others' probability, as where the
    ranker learned, whether they are candidates or not."""
    rows_S, seen_S, keys_S = _seen(histories, shares_MBI.shape[2])
    seen_MS = shares_MBI[:, rows_S, seen_S]
    shares_MBI[:, rows_S, seen_S] = 0.0  # and back again: a copy of the whole costs ten times as much
    best_MB = shares_MBI.max(axis=2)
    shares_MBI[:, rows_S, seen_S] = seen_MS
    spent_MB = np.stack([np.bincount(rows_S, seen_S_of, len(codes_BC)) for seen_S_of in seen_MS])
    left_MB1 = np.maximum(1.0 - spent_MB, 1e-3).astype(np.float32)[:, :, None]
    index_MBC = np.broadcast_to(np.maximum(codes_BC, 0), (len(shares_MBI), *codes_BC.shape))
    shares_MBC = np.take_along_axis(shares_MBI, index_MBC, axis=2) / left_MB1 * (codes_BC >= 0)
    blend_BC = mixed(shares_MBC, weights_M)
    keys_BC = np.arange(len(codes_BC))[:, None] * shares_MBI.shape[2] + codes_BC
    unseen_BC = (codes_BC >= 0) & ~np.isin(keys_BC, keys_S)
    return Candidates(
        codes_BC=codes_BC,
        shares_BCM=np.ascontiguousarray(shares_MBC.transpose(1, 2, 0), dtype=np.float32),
        best_BM=(best_MB / left_MB1[:, :, 0]).T.astype(np.float32),
        blend_BC=blend_BC.astype(np.float32),
        top_B=np.where(unseen_BC, blend_BC, 0.0).max(axis=1, initial=0.0).astype(np.float32),
    )


def mixed(shares_MBN: np.ndarray, weights_M: np.ndarray) -> np.ndarray:
    """float32 (B, N): Σ weight · share, model by model, so that a batch gives what each row alone gives."""
    sum_BN = np.zeros(shares_MBN.shape[1:], np.float32)
    for share_BN, weight in zip(shares_MBN, weights_M, strict=True):
        sum_BN += np.float32(weight) * share_BN
    return sum_BN


def _seen(histories: Histories, items: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Row and item of everything seen, once, and both as one key."""
    keys_S = np.unique(histories.rows_N * items + histories.items_N)
    return keys_S // items, keys_S % items, keys_S


def rank_all(
    ranker: "Ranker",
    histories: Histories,
    parts: Mapping[str, np.ndarray],
    weights: Mapping[str, float],
    *,
    exclude_seen: bool,
) -> np.ndarray:
    """float32 (B, I): the ranker's probability of each candidate of the blend; below them, in the blend's order, the
    rest, and 0 where the blend has nothing. `parts`: each model's probabilities (B, I)."""
    blend_BI, codes_BC, ranked_BC = _ranked(ranker, histories, parts, weights, exclude_seen)
    codes_BC[histories.lengths_B == 0] = -1  # of whom nothing is known, the blend has the popular items
    return _spread(ranked_BC, codes_BC, blend_BI)


def rank_best(
    ranker: "Ranker",
    histories: Histories,
    parts: Mapping[str, np.ndarray],
    weights: Mapping[str, float],
    k: int,
    *,
    exclude_seen: bool,
) -> tuple[np.ndarray, np.ndarray]:
    """The best `k` of `rank_all`, without a matrix of all items: codes (B, k), −1 where there is none, and scores. Only
    where `k` is at most `ranker.candidates`."""
    blend_BI, codes_BC, ranked_BC = _ranked(ranker, histories, parts, weights, exclude_seen)
    unknown = histories.lengths_B == 0
    ranked_BC[unknown] = np.take_along_axis(blend_BI[unknown], np.maximum(codes_BC[unknown], 0), axis=1)
    ranked_BC = np.where(codes_BC >= 0, ranked_BC, -np.inf)
    order_BK = np.lexsort((codes_BC, -ranked_BC))[:, :k]
    return np.take_along_axis(codes_BC, order_BK, axis=1), np.take_along_axis(ranked_BC, order_BK, axis=1)


def _ranked(
    ranker: "Ranker",
    histories: Histories,
    parts: Mapping[str, np.ndarray],
    weights: Mapping[str, float],
    exclude_seen: bool,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The blend (B, I), its candidates (B, C), and their probabilities by the ranker."""
    shares_MBI = np.stack([parts[name] for name in ranker.models])
    weights_M = np.array([weights[name] for name in ranker.models], np.float32)
    blend_BI = mixed(shares_MBI, weights_M)
    masked_BI = np.where(blend_BI > 0, blend_BI, -np.inf)
    if exclude_seen:
        masked_BI[histories.rows_N, histories.items_N] = -np.inf
    codes_BC = top_items(masked_BI, ranker.candidates)
    described = describe_candidates(codes_BC, shares_MBI, weights_M, histories)
    return blend_BI, codes_BC, ranker.probabilities(histories, described)


def _spread(ranked_BC: np.ndarray, codes_BC: np.ndarray, blend_BI: np.ndarray) -> np.ndarray:
    present_BC = codes_BC >= 0
    rows_N, columns_N = np.nonzero(present_BC)
    least_B = np.where(present_BC, ranked_BC, np.inf).min(axis=1)
    rest_BI = blend_BI.copy()
    rest_BI[rows_N, codes_BC[rows_N, columns_N]] = 0.0
    below_B = np.where(np.isfinite(least_B), 0.5 * least_B / np.maximum(rest_BI.max(axis=1), 1e-30), 1.0)
    rest_BI *= np.minimum(below_B, 1.0)[:, None].astype(np.float32)
    rest_BI[rows_N, codes_BC[rows_N, columns_N]] = ranked_BC[rows_N, columns_N]
    return rest_BI
