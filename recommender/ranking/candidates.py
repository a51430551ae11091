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
    rows_N, items_N = histories.rows_N, histories.items_N
    seen_BI = np.zeros(shares_MBI.shape[1:], bool)
    seen_BI[rows_N, items_N] = True
    unseen_MBI = np.where(seen_BI, np.float32(0), shares_MBI)
    left_MB1 = np.maximum(1.0 - (shares_MBI.sum(axis=2) - unseen_MBI.sum(axis=2)), 1e-3)[:, :, None]
    index_MBC = np.broadcast_to(np.maximum(codes_BC, 0), (len(shares_MBI), *codes_BC.shape))
    shares_MBC = np.take_along_axis(shares_MBI, index_MBC, axis=2) / left_MB1 * (codes_BC >= 0)
    blend_BC = np.tensordot(weights_M.astype(np.float32), shares_MBC, axes=1)
    unseen_BC = ~np.take_along_axis(seen_BI, np.maximum(codes_BC, 0), axis=1) & (codes_BC >= 0)
    return Candidates(
        codes_BC=codes_BC,
        shares_BCM=np.ascontiguousarray(shares_MBC.transpose(1, 2, 0), dtype=np.float32),
        best_BM=(unseen_MBI.max(axis=2) / left_MB1[:, :, 0]).T.astype(np.float32),
        blend_BC=blend_BC.astype(np.float32),
        top_B=np.where(unseen_BC, blend_BC, 0.0).max(axis=1, initial=0.0).astype(np.float32),
    )


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
    shares_MBI = np.stack([parts[name] for name in ranker.models])
    weights_M = np.array([weights[name] for name in ranker.models])
    blend_BI = np.tensordot(weights_M.astype(np.float32), shares_MBI, axes=1)
    masked_BI = np.where(blend_BI > 0, blend_BI, -np.inf)
    if exclude_seen:
        masked_BI[histories.rows_N, histories.items_N] = -np.inf
    codes_BC = top_items(masked_BI, ranker.candidates)
    ranked_BC = ranker.probabilities(histories, describe_candidates(codes_BC, shares_MBI, weights_M, histories))
    codes_BC[histories.lengths_B == 0] = -1  # of whom nothing is known, the blend has the popular items
    return _spread(ranked_BC, codes_BC, blend_BI)


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
