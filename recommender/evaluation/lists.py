"""What lists look like beside being right: diversity, novelty, serendipity, calibration, popularity, coverage.

Per visitor, with the list i_1 … i_n of at most k items (n < k only where nothing is left), NaN where undefined:

- novelty: mean of −log₂ of each item's smoothed share of the interactions
- intra-list distance: mean of 1 − cosine over the pairs of items (n ≥ 2), of `DISTANCE_LISTS` visitors at most
- serendipity: mean of max(p(j) − p̄(i_j), 0) over the relevant items, 0 for the others, with p(j) = (I + 1 − j) / I
  and p̄(i) the same of the item's rank by popularity (RecTools' definition): right, and not what popularity would show
- calibration KL: Σ_g p(g) ln(p(g) / q̃(g)) in nats, of the history's mix of categories p from the list's q, with
  q̃ = .99 q + .01 p (Steck 2018); 0 is the visitor's own mix
- popularity of the list and of the history: mean interactions of their items. Their ratio − 1 is the popularity lift
  (Abdollahpouri et al. 2020), taken of the means over visitors.
"""

import numpy as np
from scipy import sparse

from recommender.data.histories import Histories
from recommender.evaluation.ranks import Relevant, batches
from recommender.evaluation.traits import Groups, ItemTraits

DISTANCE_LISTS = 2000  # ± .004 of a distance that varies by .2; all lists would cost a product of all their visitors
STECK = 0.01  # of the history's own mix in the list's: keeps a missing category finite
LIST_POPULARITY, HISTORY_POPULARITY = "list_popularity", "history_popularity"


def list_values(
    top_BK: np.ndarray, histories: Histories, relevant: Relevant, traits: ItemTraits
) -> dict[str, np.ndarray]:
    """Each measure as float64 (B,); those that the catalog cannot tell are missing."""
    values = {
        "novelty": novelty(top_BK, traits.interactions_I),
        "intra_list_distance": intra_list_distance(top_BK, traits.features_IF),
        "serendipity": serendipity(top_BK, relevant, traits.popularity_rank_I),
        LIST_POPULARITY: _mean_of(top_BK, traits.interactions_I.astype(float)),
        HISTORY_POPULARITY: _history_popularity(histories, traits.interactions_I),
    }
    if traits.categories is not None:
        values["calibration_kl"] = calibration_kl(top_BK, histories, traits.categories)
    return values


def novelty(top_BK: np.ndarray, interactions_I: np.ndarray) -> np.ndarray:
    """float64 (B,), bits."""
    share_I = (interactions_I + 1) / (interactions_I.sum() + len(interactions_I))
    return _mean_of(top_BK, -np.log2(share_I))


def intra_list_distance(top_BK: np.ndarray, features_IF: sparse.csr_array) -> np.ndarray:
    """float64 (B,) in 0..1 for features ≥ 0. Items without features are like no other."""
    asked = np.unique(np.linspace(0, len(top_BK) - 1, min(len(top_BK), DISTANCE_LISTS)).astype(int))
    own_I = np.asarray(features_IF.multiply(features_IF).sum(axis=1)).ravel()
    distance_B = np.full(len(top_BK), np.nan)
    for part in batches(len(asked)):
        rows = asked[part]
        held_BI = _held(top_BK[rows], len(own_I))
        together_BF = held_BI @ features_IF
        counts_B = np.diff(held_BI.indptr)
        pairs_B = np.where(counts_B > 1, counts_B * (counts_B - 1.0), np.nan)
        alike_B = np.asarray(together_BF.multiply(together_BF).sum(axis=1)).ravel() - held_BI @ own_I
        distance_B[rows] = 1 - alike_B / pairs_B
    return distance_B


def serendipity(top_BK: np.ndarray, relevant: Relevant, popularity_rank_I: np.ndarray) -> np.ndarray:
    """float64 (B,) in 0..1."""
    items = len(popularity_rank_I)
    places_K = np.arange(1, top_BK.shape[1] + 1)
    anybody_I = np.where(popularity_rank_I > 0, (items + 1 - popularity_rank_I) / items, 0.0)
    surprise_BK = np.maximum((items + 1 - places_K) / items - anybody_I[top_BK], 0.0)
    row_N = np.repeat(np.arange(len(relevant)), np.diff(relevant.starts_B1))
    wanted = row_N * np.int64(items) + relevant.items_N
    is_wanted_BK = np.isin(np.arange(len(top_BK))[:, None] * np.int64(items) + top_BK, wanted) & (top_BK >= 0)
    return _ratio((surprise_BK * is_wanted_BK).sum(axis=1), (top_BK >= 0).sum(axis=1))


def calibration_kl(top_BK: np.ndarray, histories: Histories, groups: Groups) -> np.ndarray:
    """float64 (B,), nats; NaN where the categories of the history or of the list are unknown."""
    shares_IG = groups.shares_IG
    divergence_B = np.empty(len(top_BK))
    for rows in batches(len(top_BK)):
        own_BG = _mix(histories.take(rows).matrix_BI(shares_IG.shape[0]), shares_IG)
        shown_BG = _mix(_held(top_BK[rows], shares_IG.shape[0]), shares_IG)
        held_BG = (1 - STECK) * shown_BG + STECK * own_BG
        terms_BG = np.zeros_like(own_BG)
        np.log(own_BG, out=terms_BG, where=own_BG > 0)
        np.subtract(terms_BG, np.log(np.where(own_BG > 0, held_BG, 1.0)), out=terms_BG)
        divergence_B[rows] = (own_BG * terms_BG).sum(axis=1)
    return divergence_B


def exposure(top_BK: np.ndarray, groups: Groups) -> np.ndarray:
    """float64 (G,): each group's share of the slots whose group is known."""
    shown_I = np.bincount(top_BK[top_BK >= 0], minlength=groups.shares_IG.shape[0])
    return shares_of(shown_I, groups)


def shares_of(weights_I: np.ndarray, groups: Groups) -> np.ndarray:
    """float64 (G,): each group's share of what the items weigh."""
    total_G = np.asarray(groups.shares_IG.T @ weights_I.astype(float))
    return total_G / max(total_G.sum(), 1e-12)


def coverage(top_BK: np.ndarray, items: int) -> float:
    """Share of the items that stand in any list."""
    return len(np.unique(top_BK[top_BK >= 0])) / items


def gini(top_BK: np.ndarray, items: int) -> float:
    """Of how often items are shown: 0 all alike, towards 1 always the same few."""
    exposure_I = np.sort(np.bincount(top_BK[top_BK >= 0], minlength=items))
    places_I = 2 * np.arange(1, items + 1) - items - 1
    return float((places_I * exposure_I).sum() / (items * max(exposure_I.sum(), 1)))


def _mix(weights_BI: sparse.csr_array, shares_IG: sparse.csr_array) -> np.ndarray:
    mix_BG = np.asarray((weights_BI @ shares_IG).todense(), dtype=float)
    total_B1 = mix_BG.sum(axis=1, keepdims=True)
    return mix_BG / np.where(total_B1 > 0, total_B1, np.nan)


def _history_popularity(histories: Histories, interactions_I: np.ndarray) -> np.ndarray:
    sums_B = np.bincount(histories.rows_N, interactions_I[histories.items_N], len(histories))
    return _ratio(sums_B, histories.lengths_B)


def _mean_of(top_BK: np.ndarray, values_I: np.ndarray) -> np.ndarray:
    shown_BK = top_BK >= 0
    return _ratio(np.where(shown_BK, values_I[top_BK], 0.0).sum(axis=1), shown_BK.sum(axis=1))


def _ratio(sums_B: np.ndarray, counts_B: np.ndarray) -> np.ndarray:
    return sums_B / np.where(counts_B > 0, counts_B, np.nan)


def _held(top_BK: np.ndarray, items: int) -> sparse.csr_array:
    shown_BK = top_BK >= 0
    starts_B1 = np.concatenate([[0], np.cumsum(shown_BK.sum(axis=1))])
    codes_N = top_BK[shown_BK]
    return sparse.csr_array((np.ones(len(codes_N), np.float32), codes_N, starts_B1), shape=(len(top_BK), items))
