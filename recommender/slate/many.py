"""The sampling step for many visitors at once who choose among the same candidates: what `make_slate` draws for each.

For simulations, where a day is thousands of slates; serving makes one at a time. Knows no rules and no variants.
Shapes: B visitors, C candidates, G categories, K positions.
"""

import hashlib
import math
from collections.abc import Sequence

import numpy as np
from scipy.special import ndtr

from recommender.errors import InputError
from recommender.slate import terms
from recommender.slate.candidates import SlateCandidates, group_codes
from recommender.slate.knobs import KNOB_NAMES, Knobs
from recommender.slate.relevance import FLOOR, MIN_FALL
from recommender.slate.sampling import EQUAL

TURNED = ("exploration", "diversity", "calibration")  # the knobs whose terms stand here, too
IN_SCORES = ("fatigue",)  # what it took stands in the scores that are given


def make_slates(
    candidates: SlateCandidates,
    knobs: Knobs,
    *,
    scores_BC: np.ndarray,
    profiles_BG: np.ndarray,
    uniforms_BK: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Indices (B, K) and propensities (B, K), where there are at least K candidates.

    scores_BC: above 0, of each visitor, with worth and fatigue in them; those of `candidates` are not read.
    profiles_BG: each visitor's own mix of the categories, in the order in which the candidates first name them.
    uniforms_BK: the numbers that `make_slate` would draw. Raises InputError for knobs that it cannot turn.
    """
    if unknown := [name for name in KNOB_NAMES if name not in TURNED + IN_SCORES and getattr(knobs, name)]:
        raise InputError(f"many slates: cannot turn {', '.join(unknown)}, only {', '.join(TURNED)}")
    if not (scores_BC > 0).all() or uniforms_BK.shape[1] > len(candidates):
        raise InputError("many slates: need positive scores and enough candidates")
    rows_B = np.arange(len(scores_BC))
    base_BC, order_BC, unit_B = _relevance(scores_BC, candidates.item_ids)
    surety_BC = _surety(candidates, knobs, unit_B)
    pull = _Calibration(candidates, knobs, profiles_BG)
    like_CC = _likeness(candidates, knobs)
    nearness_BC = np.zeros_like(base_BC)
    chosen = []
    for position, uniform_B in enumerate(uniforms_BK.T):
        adjusted_BC = base_BC + pull.gains(position) - nearness_BC / max(position, 1)
        best_B = adjusted_BC.max(axis=1)
        index_B, propensity_B = _draw(adjusted_BC - best_B[:, None], surety_BC, order_BC, knobs, uniform_B)
        chosen.append((index_B, propensity_B))
        base_BC[rows_B, index_B] = -np.inf
        nearness_BC += like_CC[index_B]
        pull.add(rows_B, index_B)
    indices, propensities = zip(*chosen, strict=True)
    return np.stack(indices, axis=1), np.stack(propensities, axis=1)


def _draw(
    behind_BC: np.ndarray, surety_BC: np.ndarray | None, order_BC: np.ndarray, knobs: Knobs, uniform_B: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    ordered_BC = np.take_along_axis(behind_BC, order_BC, axis=1)
    if surety_BC is None:
        first_B = ordered_BC.argmax(axis=1)
        return np.take_along_axis(order_BC, first_B[:, None], axis=1)[:, 0], np.ones(len(first_B))
    floor = knobs.explore_floor
    odds_BC = ndtr(ordered_BC * np.take_along_axis(surety_BC, order_BC, axis=1))
    sums_BC = odds_BC.cumsum(axis=1)
    left_BC = ordered_BC > -np.inf
    left_B, total_B = left_BC.sum(axis=1), sums_BC[:, -1]
    share_B = np.minimum((uniform_B - floor) / (1.0 - floor), 1.0 - EQUAL) if floor < 1.0 else np.zeros(len(left_B))
    place_B = (sums_BC <= (share_B * total_B)[:, None]).sum(axis=1)
    by_floor = uniform_B < floor
    if by_floor.any():
        wanted_B = (uniform_B[by_floor] / floor * left_B[by_floor]).astype(int)
        place_B[by_floor] = (left_BC[by_floor].cumsum(axis=1) <= wanted_B[:, None]).sum(axis=1)
    at_B1 = place_B[:, None]
    propensity_B = (1.0 - floor) * np.take_along_axis(odds_BC, at_B1, axis=1)[:, 0] / total_B + floor / left_B
    return np.take_along_axis(order_BC, at_B1, axis=1)[:, 0], propensity_B


def _relevance(scores_BC: np.ndarray, item_ids: Sequence[str]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Relevance (B, C), the canonical order (B, C), and the unit of relevance (B,)."""
    keys_C = np.array(
        [int.from_bytes(hashlib.blake2b(item_id.encode(), digest_size=8).digest()) for item_id in item_ids], np.uint64
    )
    order_BC = np.lexsort((np.broadcast_to(keys_C, scores_BC.shape), -scores_BC), axis=1)
    log_BC = np.log(scores_BC / scores_BC.max(axis=1, keepdims=True))
    doublings = order_BC[:, [2**power - 1 for power in range(len(item_ids).bit_length())]]
    falls_B = np.median(-np.diff(np.take_along_axis(log_BC, doublings, axis=1), axis=1), axis=1)
    unit_B = np.maximum(falls_B / math.log(2.0), MIN_FALL)
    return np.maximum(log_BC / unit_B[:, None], FLOOR), order_BC, unit_B


def _surety(candidates: SlateCandidates, knobs: Knobs, unit_B: np.ndarray) -> np.ndarray | None:
    """As in sampling; None without exploration."""
    if not knobs.exploration:
        return None
    doubts_BC = np.stack([terms.doubts(candidates, knobs.explore_max_age_days, unit) for unit in unit_B.tolist()])
    return np.asarray(1.0 / np.maximum(terms.MAX_SCALE * math.sqrt(knobs.exploration) * doubts_BC, EQUAL))


def _likeness(candidates: SlateCandidates, knobs: Knobs) -> np.ndarray:
    """What a chosen item takes off the others (C, C)."""
    if not knobs.diversity or candidates.vectors is None:
        return np.zeros((len(candidates), len(candidates)))
    steps_CC = np.rint(candidates.vectors @ candidates.vectors.T * terms.NEARNESS_STEPS)
    return np.asarray(knobs.diversity * terms.DIVERSITY_WEIGHT / terms.NEARNESS_STEPS * steps_CC)


class _Calibration:
    """terms.CategoryPull of many visitors."""

    def __init__(self, candidates: SlateCandidates, knobs: Knobs, profiles_BG: np.ndarray) -> None:
        self._codes_C, _ = group_codes(candidates.categories or [None] * len(candidates))
        total_B1 = profiles_BG.sum(axis=1, keepdims=True)
        share_BG = profiles_BG / np.where(total_B1 > 0, total_B1, 1.0)
        ratio = (1.0 - terms.SMOOTHING) / terms.SMOOTHING
        self._ratio_BG = ratio / np.where(share_BG > 0, share_BG, 1.0)
        self._held_BG = np.zeros_like(share_BG)
        self._weight_BG = knobs.calibration * terms.CALIBRATION_WEIGHT * share_BG

    def add(self, rows_B: np.ndarray, index_B: np.ndarray) -> None:
        codes_B = self._codes_C[index_B]
        self._held_BG[rows_B, codes_B] += self._ratio_BG[rows_B, codes_B]

    def gains(self, chosen: int) -> np.ndarray:
        """(B, C)"""
        count = chosen + 1.0
        gains_BG = count * self._weight_BG * np.log1p(self._ratio_BG / (self._held_BG + count))
        return np.asarray(gains_BG[:, self._codes_C])
