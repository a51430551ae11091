"""Features of candidates for visitors: the same code for training, for batches and for a request.

Letters of shapes: B visitors, C candidates, M models, F features, P profiles of a history (last, decayed, plain).
"""

from dataclasses import dataclass

import numpy as np

from recommender.data.histories import Histories
from recommender.ranking.items import ItemFacts
from recommender.ranking.links import DECAY, NEWEST, link_features
from recommender.ranking.links import NAMES as LINK_NAMES

LEAST_SHARE = 1e-7  # probabilities below are all the same
PROFILES = ("last", "decayed", "plain")
ITEM_NAMES = ("popularity", "trend", "price", "price step", "popularity of the last")
VISITOR_NAMES = ("interactions", "weight of the last", "pause before the last")


@dataclass(frozen=True)
class Candidates:
    """What the models say of the candidates of each visitor."""

    codes_BC: np.ndarray  # item codes, best of the blend first; −1 where there are fewer
    shares_BCM: np.ndarray  # float32, each model's probability
    best_BM: np.ndarray  # float32, each model's largest probability of any item
    blend_BC: np.ndarray  # float32
    top_B: np.ndarray  # float32, the blend's largest value of an unseen candidate

    def take(self, rows: np.ndarray) -> "Candidates":
        """Only some visitors."""
        return Candidates(*(array[rows] for array in vars(self).values()))


def feature_names(models: list[str]) -> list[str]:
    """The F features in order."""
    of_models = [f"{part} {name}" for part in ("log share", "log rank", "log best") for name in models]
    likeness = [f"{kind} {profile}" for kind in ("factors", "attributes") for profile in PROFILES]
    return [*LINK_NAMES, *of_models, "blend", *likeness, *ITEM_NAMES, *VISITOR_NAMES]


def features(facts: ItemFacts, histories: Histories, candidates: Candidates) -> np.ndarray:
    """float32 (B, C, F), damped: sign · ln(1 + |value|)."""
    codes_BC = candidates.codes_BC
    recent = histories.last(NEWEST)
    parts = [
        link_features(facts.pairs, recent, codes_BC, len(facts.popularity_I)),
        _of_models(candidates),
        _likeness(facts, recent, codes_BC),
        _of_items(facts, recent, codes_BC),
        _of_visitors(histories, codes_BC.shape[1]),
    ]
    return damped(np.concatenate(parts, axis=2, dtype=np.float32))


def damped(features: np.ndarray) -> np.ndarray:
    """Sign · ln(1 + |value|)."""
    result = np.abs(features)
    result += 1.0  # numpy's log1p is five times as slow as its logarithm, and exact where nobody looks
    return np.copysign(np.log(result, out=result), features, out=result)


def _of_models(candidates: Candidates) -> np.ndarray:
    shares_BCM = candidates.shares_BCM
    best_BCM = np.broadcast_to(candidates.best_BM[:, None], shares_BCM.shape)
    ranks_BCM = np.empty(shares_BCM.shape, np.int64)
    order_BCM = np.argsort(-shares_BCM, axis=1, kind="stable")
    np.put_along_axis(ranks_BCM, order_BCM, np.arange(shares_BCM.shape[1])[None, :, None], axis=1)
    tied_BCM = np.where(shares_BCM > 0, ranks_BCM, shares_BCM.shape[1])
    blend_BC = np.log(np.maximum(candidates.blend_BC, LEAST_SHARE))
    return np.concatenate(
        [
            np.log(np.maximum(shares_BCM, LEAST_SHARE)),
            tied_BCM,
            np.log(np.maximum(best_BCM, LEAST_SHARE)),
            (blend_BC - np.log(np.maximum(candidates.top_B, LEAST_SHARE))[:, None])[:, :, None],
        ],
        axis=2,
        dtype=np.float32,
    )


def _likeness(facts: ItemFacts, recent: Histories, codes_BC: np.ndarray) -> np.ndarray:
    """Cosines of factors and of attributes to each profile, (B, C, 2P)."""
    ages_N = recent.ages_N
    weights_PN = np.stack([ages_N == 0, np.power(np.float32(DECAY), ages_N), np.ones(len(ages_N))]).astype(np.float32)
    factors_PBD = _unit(_factor_profiles(facts, recent, weights_PN))
    by_factors_BCP = facts.vectors_ID[codes_BC] @ factors_PBD.transpose(1, 2, 0)
    return np.concatenate([by_factors_BCP, _by_attributes(facts, recent, weights_PN, codes_BC)], axis=2)


def _factor_profiles(facts: ItemFacts, recent: Histories, weights_PN: np.ndarray) -> np.ndarray:
    """(P, B, D). Without sparse matrices, which cost one visitor ten times as much to make as to multiply."""
    vectors_ND = facts.vectors_ID[recent.items_N]
    profiles_PBD = np.zeros((len(weights_PN), len(recent), facts.vectors_ID.shape[1]), np.float32)
    filled = np.flatnonzero(recent.lengths_B)
    if len(filled):
        weighted_PND = weights_PN[:, :, None] * vectors_ND
        profiles_PBD[:, filled] = np.add.reduceat(weighted_PND, recent.starts_B1[:-1][filled], axis=1)
    return profiles_PBD


def _by_attributes(facts: ItemFacts, recent: Histories, weights_PN: np.ndarray, codes_BC: np.ndarray) -> np.ndarray:
    (visitors, candidates), profiles, width = codes_BC.shape, len(weights_PN), facts.attributes
    if not width:
        return np.zeros((visitors, candidates, profiles), np.float32)
    cells_NK = recent.rows_N[:, None] * width + facts.attributes_IK[recent.items_N]
    cells_PNK = np.arange(profiles)[:, None, None] * (visitors * width) + cells_NK
    mine_PNK = weights_PN[:, :, None] * facts.weights_IK[recent.items_N]
    sums = np.bincount(cells_PNK.ravel(), mine_PNK.ravel(), profiles * visitors * width).astype(np.float32)
    unit_XP = _unit(sums.reshape(profiles, visitors, width)).reshape(profiles, -1).T.copy()
    cells_BCK = np.arange(visitors)[:, None, None] * width + facts.attributes_IK[codes_BC]
    return np.asarray((facts.weights_IK[codes_BC][:, :, None] @ unit_XP[cells_BCK])[:, :, 0])


def _of_items(facts: ItemFacts, recent: Histories, codes_BC: np.ndarray) -> np.ndarray:
    last_B = _last_item(recent)
    known_B = last_B >= 0
    price_BC, last_price_B = facts.price_I[codes_BC], np.where(known_B, facts.price_I[last_B], 0.0)
    both_BC = (price_BC != 0) & (last_price_B != 0)[:, None]
    step_BC = np.where(both_BC, price_BC - last_price_B[:, None], 0.0)
    popularity_B1 = np.where(known_B, facts.popularity_I[last_B], 0.0)[:, None]
    parts = [facts.popularity_I[codes_BC], facts.trend_I[codes_BC], price_BC, np.abs(step_BC)]
    return np.stack([*parts, np.broadcast_to(popularity_B1, codes_BC.shape)], axis=2)


def _of_visitors(histories: Histories, candidates: int) -> np.ndarray:
    """The same for all candidates: (B, C, 3)."""
    filled = np.flatnonzero(histories.lengths_B)
    last = histories.starts_B1[1:][filled] - 1
    values_BF = np.zeros((len(histories), len(VISITOR_NAMES)), np.float32)
    values_BF[:, 0] = histories.lengths_B
    values_BF[filled, 1] = histories.weights_N[last]
    several = histories.lengths_B[filled] > 1
    pause = histories.seconds_N[last[several]] - histories.seconds_N[last[several] - 1]
    values_BF[filled[several], 2] = np.log1p(np.maximum(pause, 0.0))
    return np.broadcast_to(values_BF[:, None], (len(histories), candidates, len(VISITOR_NAMES)))


def _last_item(recent: Histories) -> np.ndarray:
    """The newest item of each row, −1 where there is none."""
    last_B = np.full(len(recent), -1)
    filled = recent.lengths_B > 0
    last_B[filled] = recent.items_N[recent.starts_B1[1:][filled] - 1]
    return last_B


def _unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.maximum(np.linalg.norm(rows, axis=-1, keepdims=True), np.float32(1e-9))
