"""The terms that a knob adds to a candidate's score, on the scale of relevance: log 2 is a doubling of the rank.

The weights say what a knob of 1 may cost at most, in that unit. They were set so that the middle of a knob is a usable
policy; tests/recommender/slate/test_metrics.py holds each metric against its knob.
"""

from collections.abc import Mapping

import numpy as np

from recommender.slate.candidates import SlateCandidates, group_codes
from recommender.slate.knobs import Knobs

# At exploration 1 an item never shown competes with known ones of a 7 times better rank.
BONUS_WEIGHT = 2.0
# An item shown this often is half as uncertain as a new one in variance: about what tells 2% of clicks from 6%.
HALF_KNOWN_IMPRESSIONS = 50.0
DIVERSITY_WEIGHT = 6.0
# Likeness is read in steps of 1/32: whole numbers, whose sums are the same on every machine, and of which the log can
# keep what a draw has read in 5 bits each. At diversity 0.3 a step is 0.06: 6% of a rank.
NEARNESS_STEPS = 32
CALIBRATION_WEIGHT = 2.0
NOVELTY_WEIGHT = 1.0
FAIRNESS_WEIGHT = 4.0
# Strength 1 of a boost or bury: a 55 times better or worse rank.
RULE_WEIGHT = 4.0
# Steck's smoothing: this much of the visitor's own mix is blended in, else an absent category is infinitely far.
SMOOTHING = 0.01


def uncertainty(candidates: SlateCandidates, max_age_days: float | None) -> np.ndarray:
    """How little is known of each item's value, 0..1 (C,): 1 / √(1 + impressions / HALF_KNOWN_IMPRESSIONS).

    The standard error of a click rate falls with the root of the impressions, as in UCB. Where impressions are unknown,
    age stands in for them: 1 on the first day, 0 at `max_age_days`. Known to be older than that, or nothing known: 0.
    """
    ages_C = None if candidates.age_days is None else np.asarray(candidates.age_days, dtype=float)
    if candidates.impressions is None:
        return _by_age(ages_C, max_age_days, len(candidates))
    shown_C = np.asarray(candidates.impressions, dtype=float)
    result_C: np.ndarray = 1.0 / np.sqrt(1.0 + np.maximum(shown_C, 0.0) / HALF_KNOWN_IMPRESSIONS)
    unknown_C = np.isnan(shown_C)
    if unknown_C.any():
        result_C[unknown_C] = _by_age(ages_C, max_age_days, len(candidates))[unknown_C]
    if ages_C is not None and max_age_days is not None:
        result_C[ages_C > max_age_days] = 0.0
    return result_C


def _by_age(ages_C: np.ndarray | None, max_age_days: float | None, count: int) -> np.ndarray:
    if ages_C is None or not max_age_days:
        return np.zeros(count)
    by_age_C: np.ndarray = np.fmax(1.0 - np.fmax(ages_C, 0.0) / max_age_days, 0.0) * ~np.isnan(ages_C)
    return by_age_C


class CategoryPull:
    """Calibration (Steck 2018): how much nearer an item's category brings the slate's mix to the visitor's own.

    The gain is the fall of KL(visitor ‖ slate), times the number of items chosen so far and one: KL of a longer slate
    moves less with each item, and the last positions should be pulled as much as the first.
    With n such items, h of the category, its share p and the smoothing ε this is
    n p log(1 + (1 − ε) / ((1 − ε) h + ε n p)) = n p log(1 + q / (q h + n)), where q = (1 − ε) / (ε p).
    """

    def __init__(self, candidates: SlateCandidates, profile: Mapping[str, float], knob: float, positions: int) -> None:
        """`positions`: more items than so many are not chosen; gains are in units of `knob`."""
        self.codes_C, names = group_codes(candidates.categories or [])
        total = sum(profile.values())
        share_G = np.array([profile.get(name, 0.0) / total for name in names])
        self._ratio_G = (1.0 - SMOOTHING) / (SMOOTHING * np.where(share_G > 0, share_G, 1.0))
        self._held_G = np.zeros(len(names))
        self._weighted_NG = np.arange(1.0, positions + 1.0)[:, None] * (knob * CALIBRATION_WEIGHT * share_G)

    def add(self, group: int) -> None:
        self._held_G[group] += self._ratio_G[group]

    def gains(self, chosen: int) -> np.ndarray:
        """(G,) for a slate that has `chosen` items."""
        gains_G = self._held_G + (chosen + 1.0)
        np.divide(self._ratio_G, gains_G, out=gains_G)
        np.log1p(gains_G, out=gains_G)
        gains_G *= self._weighted_NG[chosen]
        return gains_G


class GroupPull:
    """Fairness: pull toward the groups that are furthest below their target share of the slots."""

    def __init__(self, candidates: SlateCandidates, knobs: Knobs, unit: float) -> None:
        self.codes_C, names = group_codes(candidates.values(knobs.fairness_attribute) or [])
        self._share_G = target_shares(names, knobs)
        self._counts_G = np.zeros(len(names))
        self._weight = knobs.fairness * FAIRNESS_WEIGHT * unit

    def add(self, group: int) -> None:
        self._counts_G[group] += 1.0

    def gains(self, chosen: int) -> np.ndarray:
        """(G,): slots that the group lacks, between −1 and 1."""
        lacking_G = (chosen + 1.0) * self._share_G - self._counts_G
        return self._weight * np.minimum(np.maximum(lacking_G, -1.0), 1.0)


def target_shares(names: list[str], knobs: Knobs) -> np.ndarray:
    """Target share (G,) of each named group: the policy's, else an equal share; items without a group have none."""
    if knobs.fairness_target:
        target = dict(knobs.fairness_target)
        return np.array([target.get(name, 0.0) for name in names])
    named = sum(name != "" for name in names)
    return np.array([1.0 / named if name != "" else 0.0 for name in names])
