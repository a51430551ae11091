"""Features of one visitor's candidates: the numbers of recommender.ranking.features in a third of the time, since a
request has no batch that would share out the cost of each call. A row a feature, each written where it stays.

Letters of shapes: C candidates, F features, K attributes of an item, L interactions, M models, P profiles of a history,
N links (an interaction and a candidate that are a counted pair), S statistics of pairs.
"""

from itertools import accumulate

import numpy as np

from recommender.data.histories import Histories
from recommender.models.rows import gathered, scattered
from recommender.ranking.features import ITEM_NAMES, LEAST_SHARE, PROFILES, VISITOR_NAMES, Candidates, damped
from recommender.ranking.items import ItemFacts
from recommender.ranking.links import DECAY, NEWEST
from recommender.ranking.links import NAMES as LINK_NAMES
from recommender.ranking.pairs import TRANSITION, PairStatistics

_AGES = np.arange(NEWEST)[::-1]
_WEIGHTS = np.stack([_AGES == 0, np.power(np.float32(DECAY), _AGES), np.ones(NEWEST)], axis=1).astype(np.float32)
_SHORTEST = np.float32(1e-9)


def features_of_one(facts: ItemFacts, history: Histories, candidates: Candidates) -> np.ndarray:
    """float32 (F, C), damped as `features` does. For a history that is not empty."""
    codes_C, models = candidates.codes_BC[0], candidates.shares_BCM.shape[2]
    recent = history.last(NEWEST)
    sizes = len(LINK_NAMES), 3 * models + 1, 2 * len(PROFILES), len(ITEM_NAMES), len(VISITOR_NAMES)
    ends = list(accumulate(sizes))
    made_FC = np.zeros((ends[-1], len(codes_C)), np.float32)
    links, of_models, likeness, of_items, of_visitor = (
        made_FC[end - size : end] for size, end in zip(sizes, ends, strict=True)
    )
    weights_LP = _WEIGHTS[NEWEST - len(recent.items_N) :]
    _links(links, facts, recent, codes_C, weights_LP)
    _of_models(of_models, candidates)
    _likeness(likeness, facts, recent, codes_C, weights_LP)
    _of_items(of_items, facts, int(recent.items_N[-1]), codes_C)
    _of_visitor(of_visitor, history)
    return damped(made_FC)


def _links(
    made_FC: np.ndarray, facts: ItemFacts, recent: Histories, codes_C: np.ndarray, weights_LP: np.ndarray
) -> None:
    place_N, position_N, pair_N = _linked(facts.pairs, recent, codes_C, len(facts.popularity_I))
    if not len(place_N):
        return
    count, (length, profiles) = len(codes_C), weights_LP.shape
    values_NS = as_float32(facts.pairs.values_NS.take(pair_N, axis=0))
    cells_NP = place_N[:, None] * np.int32(profiles) + np.arange(profiles, dtype=np.int32)
    sums = scattered(cells_NP, weights_LP.take(position_N, axis=0), values_NS, profiles * count)
    strongest_C, links_C, nearest_C, weight_C = made_FC[-4:]
    made_FC[:-4] = sums.reshape(count, -1).T
    np.maximum.at(strongest_C, place_N, values_NS[:, TRANSITION])
    links_C[:] = np.bincount(place_N, minlength=count)
    nearest_C[place_N] = np.float32(1.0) / (length - position_N)  # the newest is written last
    weight_C[:] = np.bincount(place_N, recent.weights_N[position_N], count)


def _linked(
    pairs: PairStatistics, recent: Histories, codes_C: np.ndarray, items: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of each link the candidate's place, the interaction's position, oldest first, and the row of its statistics."""
    places_I = np.full(items, -1, np.int32)
    present = np.flatnonzero(codes_C >= 0)
    places_I[codes_C[present]] = present
    begins_L, ends_L = pairs.starts_I1[recent.items_N], pairs.starts_I1[recent.items_N + 1]
    lengths_L = ends_L - begins_L
    targets = [pairs.targets_N[begin:end] for begin, end in zip(begins_L.tolist(), ends_L.tolist(), strict=True)]
    place_E = places_I.take(np.concatenate(targets))
    found_N = (place_E >= 0).nonzero()[0]
    ends_E = lengths_L.cumsum()
    position_N = np.arange(len(lengths_L)).repeat(lengths_L)[found_N]
    return place_E[found_N], position_N, found_N + (ends_L - ends_E)[position_N]


def as_float32(halves: np.ndarray) -> np.ndarray:
    """Of float16 that is not negative, by its bits: exponent and fraction stand 13 bits higher, and the exponent counts
    from 127 and not from 15. A fifth of the time of numpy's own conversion, which goes number by number."""
    bits = halves.view(np.uint16).astype(np.uint32)
    bits <<= 13
    values: np.ndarray = bits.view(np.float32)
    values *= np.float32(2.0**112)
    return values


def _of_models(made_FC: np.ndarray, candidates: Candidates) -> None:
    shares_MC = np.ascontiguousarray(candidates.shares_BCM[0].T)
    models, count = shares_MC.shape
    np.log(np.maximum(shares_MC, LEAST_SHARE), out=made_FC[:models])
    ranks_MC, places_C = made_FC[models : 2 * models], np.arange(count, dtype=np.float32)
    for ranks_C, order_C in zip(ranks_MC, (-shares_MC).argsort(axis=1, kind="stable"), strict=True):
        ranks_C[order_C] = places_C
    ranks_MC[shares_MC <= 0] = count
    made_FC[2 * models : 3 * models] = np.log(np.maximum(candidates.best_BM[0], LEAST_SHARE))[:, None]
    np.log(np.maximum(candidates.blend_BC[0], LEAST_SHARE), out=made_FC[-1])
    made_FC[-1] -= np.log(np.maximum(candidates.top_B[0], np.float32(LEAST_SHARE)))


def _likeness(
    made_FC: np.ndarray, facts: ItemFacts, recent: Histories, codes_C: np.ndarray, weights_LP: np.ndarray
) -> None:
    """Cosines of factors, then of attributes, to each profile."""
    profiles = len(PROFILES)
    profiles_PD = weights_LP.T @ facts.vectors_ID.take(recent.items_N, axis=0)
    profiles_PD /= np.maximum(np.sqrt(np.einsum("pd,pd->p", profiles_PD, profiles_PD)), _SHORTEST)[:, None]
    np.matmul(profiles_PD, facts.vectors_ID.take(codes_C, axis=0).T, out=made_FC[:profiles])
    if not facts.attributes:
        return
    (mine_LK, mine), (theirs_CK, theirs) = (
        (facts.attributes_IK.take(codes, axis=0), facts.weights_IK.take(codes, axis=0))
        for codes in (recent.items_N, codes_C)
    )
    sums_AP = scattered(mine_LK, mine, weights_LP, facts.attributes)
    lengths_P = np.sqrt(np.einsum("ap,ap->p", sums_AP, sums_AP))
    made_FC[profiles:] = (gathered(theirs_CK, theirs, sums_AP) / np.maximum(lengths_P, _SHORTEST)).T


def _of_items(made_FC: np.ndarray, facts: ItemFacts, last: int, codes_C: np.ndarray) -> None:
    facts.popularity_I.take(codes_C, out=made_FC[0])
    facts.trend_I.take(codes_C, out=made_FC[1])
    price_C = facts.price_I.take(codes_C, out=made_FC[2])
    last_price = facts.price_I[last]
    if last_price != 0:
        np.multiply(np.abs(price_C - last_price), price_C != 0, out=made_FC[3])
    made_FC[4] = facts.popularity_I[last]


def _of_visitor(made_FC: np.ndarray, history: Histories) -> None:
    """The same for all candidates."""
    made_FC[0], made_FC[1] = len(history.items_N), history.weights_N[-1]
    if len(history.items_N) > 1:
        made_FC[2] = np.log1p(max(float(history.seconds_N[-1] - history.seconds_N[-2]), 0.0))
