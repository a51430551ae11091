"""The terms that a knob adds to a candidate's score, on the scale of relevance: log 2 is a doubling of the rank.

The weights say what a knob of 1 may cost at most, in that unit. They were set so that the middle of a knob is a usable
policy; tests/recommender/slate/test_metrics.py holds each metric against its knob.
"""

from collections.abc import Mapping

import numpy as np

from recommender.slate.candidates import SlateCandidates, group_codes
from recommender.slate.knobs import Knobs

# By how many of its doubts an item may be off in the draw at exploration 1; it grows with the root of the knob. At a
# quarter it is 1, about Thompson sampling; at 0.1 beliefs count as 2.5 times as sure, which earns more.
MAX_SCALE = 2.0
# An item shown this often is half as uncertain as a new one in variance: about what tells 2% of clicks from 6%.
HALF_KNOWN_IMPRESSIONS = 50.0
# What an item that is older than the policy's bound counts of its doubt: seldom tried, so that a shop in which nothing
# is new has an exploration knob that does something.
OLD_SHARE = 0.3
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


def nearness_steps(vectors_CV: np.ndarray, places: int | np.ndarray) -> np.ndarray:
    """Likeness of the items at these places to every item, in whole steps: (C,), or a row for each place."""
    steps: np.ndarray = vectors_CV.dot(vectors_CV[places].T).T  # `@` takes half as long again
    steps *= NEARNESS_STEPS
    return np.rint(steps, out=steps)


def nearness_of_rows(vectors_NCV: np.ndarray, places_N: np.ndarray) -> np.ndarray:
    """`nearness_steps` of one item of each row to all of its row (N, C)."""
    own_NV = vectors_NCV[np.arange(len(vectors_NCV)), places_N]
    steps: np.ndarray = np.einsum("ncv,nv->nc", vectors_NCV, own_NV) * NEARNESS_STEPS
    return np.rint(steps)


def doubts(candidates: SlateCandidates, max_age_days: float | None, fall: float) -> np.ndarray:
    """How little is known of each item's worth, on the scale of relevance (C,); OLD_SHARE of it for what is known to be
    older than `max_age_days`. `fall`: how much a logarithm of the scores falls per unit of that scale."""
    known = (candidates.doubts, candidates.impressions, candidates.age_days, candidates.popularity)
    return doubts_of(*map(_floats, known), max_age_days=max_age_days, fall=fall, shape=(len(candidates),))


def doubts_of(
    doubts: np.ndarray | None,
    impressions: np.ndarray | None,
    ages: np.ndarray | None,
    popularity: np.ndarray | None,
    *,
    max_age_days: float | None,
    fall: float | np.ndarray,
    shape: tuple[int, ...],
) -> np.ndarray:
    """`doubts` of columns of any shape; `fall` is broadcast to it."""
    if doubts is None:
        result = _guessed(impressions, ages, popularity, max_age_days, shape)
    else:
        result = doubts / fall
        unknown = np.isnan(result)
        if unknown.any():
            result[unknown] = _guessed(impressions, ages, popularity, max_age_days, shape)[unknown]
    if ages is not None and max_age_days is not None:
        result[ages > max_age_days] *= OLD_SHARE
    return result


def _floats(values: np.ndarray | None) -> np.ndarray | None:
    return None if values is None else np.asarray(values, dtype=float)


def _guessed(
    impressions: np.ndarray | None,
    ages: np.ndarray | None,
    popularity: np.ndarray | None,
    max_age_days: float | None,
    shape: tuple[int, ...],
) -> np.ndarray:
    """Of what a shop tells without beliefs, 0..1: 1 / √(1 + impressions / HALF_KNOWN_IMPRESSIONS).

    The standard error of a click rate falls with the root of the impressions, as in UCB. Where impressions are unknown,
    age stands in for them, on a half-life of `max_age_days`; where that is unknown too, the interactions; where nothing
    at all is, 1.
    """
    result = np.full(shape, np.nan)
    for guess in (
        lambda: _by_count(impressions),
        lambda: None if ages is None or not max_age_days else 0.5 ** (np.maximum(ages, 0.0) / max_age_days),
        lambda: _by_count(popularity),
        lambda: np.ones(shape),
    ):
        if (known := guess()) is not None:
            result = np.where(np.isnan(result), known, result)
            if not np.isnan(result).any():
                break
    return result


def _by_count(counts: np.ndarray | None) -> np.ndarray | None:
    if counts is None:
        return None
    by_count: np.ndarray = 1.0 / np.sqrt(1.0 + np.maximum(counts, 0.0) / HALF_KNOWN_IMPRESSIONS)
    return by_count


class CategoryPull:
    """Calibration (Steck 2018): how much nearer an item's category brings the slate's mix to the visitor's own.

    The gain is the fall of KL(visitor ‖ slate), times the number of items chosen so far and one: KL of a longer slate
    moves less with each item, and the last positions should be pulled as much as the first.
    With n such items, h of the category, its share p and the smoothing ε this is
    n p log(1 + (1 − ε) / ((1 − ε) h + ε n p)) = n p log(1 + q / (q h + n)), where q = (1 − ε) / (ε p).
    """

    def __init__(self, candidates: SlateCandidates, profile: Mapping[str, float], knob: float, positions: int) -> None:
        """`positions`: more items than so many are not chosen."""
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

    def __init__(self, candidates: SlateCandidates, knobs: Knobs) -> None:
        self.codes_C, names = group_codes(candidates.values(knobs.fairness_attribute) or [])
        self._share_G = target_shares(names, knobs)
        self._counts_G = np.zeros(len(names))
        self._weight = knobs.fairness * FAIRNESS_WEIGHT

    def add(self, group: int) -> None:
        self._counts_G[group] += 1.0

    def gains(self, chosen: int) -> np.ndarray:
        """(G,): slots that the group lacks, between −1 and 1."""
        lacking_G = (chosen + 1.0) * self._share_G - self._counts_G
        return self._weight * np.minimum(np.maximum(lacking_G, -1.0), 1.0)


def pulls_of(
    candidates: SlateCandidates, knobs: Knobs, profile: Mapping[str, float] | None, positions: int
) -> list[CategoryPull | GroupPull]:
    """Those that the knobs ask for and the candidates can answer."""
    pulls: list[CategoryPull | GroupPull] = []
    if knobs.calibration and candidates.categories is not None and profile and sum(profile.values()) > 0:
        pulls.append(CategoryPull(candidates, profile, knobs.calibration, positions))
    if knobs.fairness and candidates.values(knobs.fairness_attribute) is not None:
        pulls.append(GroupPull(candidates, knobs))
    return pulls


def target_shares(names: list[str], knobs: Knobs) -> np.ndarray:
    """Target share (G,) of each named group: the policy's, else an equal share; items without a group have none."""
    if knobs.fairness_target:
        target = dict(knobs.fairness_target)
        return np.array([target.get(name, 0.0) for name in names])
    named = sum(name != "" for name in names)
    return np.array([1.0 / named if name != "" else 0.0 for name in names])
