"""From probabilities of all items to candidates, and from the ranker's answer back to all items."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from recommender.data.histories import Histories
from recommender.evaluation.ranks import top_items
from recommender.models.base import mask_seen
from recommender.ranking.features import Candidates

if TYPE_CHECKING:
    from recommender.ranking.ranker import Ranker


def describe_candidates(
    codes_BC: np.ndarray, shares_MBI: Sequence[np.ndarray], weights_M: np.ndarray, histories: Histories
) -> Candidates:
    """What the models say of `codes_BC` (−1: none). Seen items take no share of the others' probability, as where the
    ranker learned, whether they are candidates or not."""
    present_BC = codes_BC >= 0
    seen_BI = np.zeros(shares_MBI[0].shape, bool)
    seen_BI[histories.rows_N, histories.items_N] = True
    row_S, seen_S = np.nonzero(seen_BI)  # everything seen, once
    cells_BC = np.arange(len(codes_BC))[:, None], np.maximum(codes_BC, 0)
    best_MB, left_MB, shares_MBC = [], [], []
    for share_BI in shares_MBI:
        best_B, spent_B = _besides(share_BI, row_S, seen_S)
        left_B = np.maximum(1.0 - spent_B, 1e-3).astype(np.float32)
        best_MB.append(best_B)
        left_MB.append(left_B)
        shares_MBC.append(share_BI[cells_BC] / left_B[:, None] * present_BC)
    blend_BC = mixed(shares_MBC, weights_M)
    unseen_BC = present_BC & ~seen_BI[cells_BC]
    return Candidates(
        codes_BC=codes_BC,
        shares_BCM=np.stack(shares_MBC, axis=2),
        best_BM=np.stack([best_B / left_B for best_B, left_B in zip(best_MB, left_MB, strict=True)], axis=1),
        blend_BC=blend_BC.astype(np.float32),
        top_B=np.where(unseen_BC, blend_BC, 0.0).max(axis=1, initial=0.0).astype(np.float32),
    )


def describe_of_one(
    codes_C: np.ndarray, shares_MI: np.ndarray, weights_M: np.ndarray, items_N: np.ndarray
) -> Candidates:
    """`describe_candidates` of one visitor, whose history is `items_N`. The shares are used up: those of seen items are
    0 afterwards."""
    seen_S = np.array(list(set(items_N.tolist())), np.int64)
    seen_I = np.zeros(shares_MI.shape[1], bool)
    seen_I[seen_S] = True
    shares_MC, shares_MS = shares_MI.take(codes_C, axis=1), shares_MI.take(seen_S, axis=1)
    left_M = np.maximum(1.0 - shares_MS.sum(axis=1, dtype=np.float64), 1e-3).astype(np.float32)
    shares_MI[:, seen_S] = 0.0
    shares_MC /= left_M[:, None]
    blend_C = weights_M @ shares_MC
    return Candidates(
        codes_BC=codes_C[None],
        shares_BCM=shares_MC.T[None],
        best_BM=(shares_MI.max(axis=1) / left_M)[None],
        blend_BC=blend_C[None],
        top_B=blend_C[~seen_I.take(codes_C)].max(initial=0.0, keepdims=True),
    )


def _besides(share_BI: np.ndarray, row_S: np.ndarray, seen_S: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(B,): the largest share beside those seen, and the sum of those."""
    shares_S = share_BI[row_S, seen_S]
    share_BI[row_S, seen_S] = 0.0  # and back again: a copy of the whole costs ten times as much
    best_B = share_BI.max(axis=1)
    share_BI[row_S, seen_S] = shares_S
    return best_B, np.bincount(row_S, shares_S, len(share_BI))


def mixed(shares_MBN: Sequence[np.ndarray], weights_M: np.ndarray) -> np.ndarray:
    """float32 (B, N): Σ weight · share, model by model, so that a batch gives what each row alone gives."""
    sum_BN = np.zeros(shares_MBN[0].shape, np.float32)
    part_BN = np.empty_like(sum_BN)
    for share_BN, weight in zip(shares_MBN, weights_M, strict=True):
        sum_BN += np.multiply(share_BN, np.float32(weight), out=part_BN)
    return sum_BN


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
    shares_MBI = [parts[name] for name in ranker.models]
    weights_M = np.array([weights[name] for name in ranker.models], np.float32)
    blend_BI = mixed(shares_MBI, weights_M)
    codes_BC = best_of_blend(blend_BI, ranker.candidates, histories if exclude_seen else None)
    described = describe_candidates(codes_BC, shares_MBI, weights_M, histories)
    return blend_BI, codes_BC, ranker.probabilities(histories, described)


def best_of_blend(blend_BI: np.ndarray, count: int, seen: Histories | None = None) -> np.ndarray:
    """int64 (B, C): the items with the largest positive values, best first, −1 where there are fewer."""
    if seen is not None:
        blend_BI = blend_BI.copy()
        mask_seen(blend_BI, seen, 0.0)
    codes_BC = top_items(blend_BI, count)
    return np.where(np.take_along_axis(blend_BI, np.maximum(codes_BC, 0), axis=1) > 0, codes_BC, -1)


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
