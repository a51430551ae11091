"""Whether a log can answer a question about another policy, and if not, what it would take."""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from recommender.errors import InputError
from recommender.off_policy.estimators import effective_sample
from recommender.statistics.quantiles import normal_quantile

# Below this an interval of a click rate of a few percent spans everything a merchant would ask about: ±1 point at 3%.
MIN_EFFECTIVE = 1000.0
# The weights average 1 if the logged policy could have done all that the judged one would. A mean below this says that
# a part of what it would show was never shown, and no amount of the same data tells what that part earns.
MIN_COVERED = 0.8

Reason = Literal["enough", "little_data", "not_covered"]


@dataclass(frozen=True)
class Verdict:
    """What a log says of another policy.

    reason: "enough"; "little_data": too few decisions speak to it, `more_needed` of the same kind would; "not_covered":
    it would show what was never shown, so only an experiment can tell, and `more_needed` is None.
    value and interval: self-normalised mean reward, None unless there is enough. effective: decisions that speak to it,
    of the `logged` ones. covered: mean weight.
    """

    reason: Reason
    value: float | None
    interval: tuple[float, float] | None
    effective: float
    logged: int
    covered: float
    more_needed: int | None

    @property
    def decides(self) -> bool:
        """Whether a figure may be shown."""
        return self.reason == "enough"


def judge(
    weights_N: np.ndarray, rewards_N: np.ndarray, *, min_effective: float = MIN_EFFECTIVE, alpha: float = 0.05
) -> Verdict:
    """Judge a policy by the weights (its probability / the logged propensity) and the rewards of N decisions.

    For slates, a decision is a slot: weights are of the item in its position, given the positions before it.
    """
    weights_N, rewards_N = np.asarray(weights_N, dtype=float), np.asarray(rewards_N, dtype=float)
    if weights_N.shape != rewards_N.shape or weights_N.ndim != 1:
        raise InputError("weights and rewards: must be lists of the same length")
    if not np.isfinite(weights_N).all() or (weights_N < 0).any() or not np.isfinite(rewards_N).all():
        raise InputError("weights: must be finite and not negative")
    logged, effective = len(weights_N), effective_sample(weights_N)
    covered = float(weights_N.mean()) if logged else 0.0
    if effective >= min_effective and is_covered(weights_N, alpha):
        value, interval = snips_interval(weights_N, rewards_N, alpha=alpha)
        return Verdict("enough", value, interval, effective, logged, covered, 0)
    if effective < min_effective and (not logged or is_covered(weights_N, alpha)):
        needed = logged * (min_effective / effective - 1.0) if effective else min_effective
        return Verdict("little_data", None, None, effective, logged, covered, math.ceil(needed))
    return Verdict("not_covered", None, None, effective, logged, covered, None)


def snips_interval(
    weights_N: np.ndarray, rewards_N: np.ndarray, *, alpha: float = 0.05
) -> tuple[float, tuple[float, float]]:
    """Self-normalised estimate and its normal interval (delta method). Raises InputError if no weight is above 0."""
    total = float(weights_N.sum())
    if total <= 0:
        raise InputError("weights: none is above 0")
    value = float(weights_N @ rewards_N) / total
    half = normal_quantile(1.0 - alpha / 2.0) * math.sqrt(float(((weights_N * (rewards_N - value)) ** 2).sum())) / total
    return value, (value - half, value + half)


def is_covered(weights_N: np.ndarray, alpha: float) -> bool:
    """Whether chance alone could have brought the mean weight below MIN_COVERED."""
    if len(weights_N) < 2:
        return True
    half = normal_quantile(1.0 - alpha / 2.0) * float(weights_N.std(ddof=1)) / math.sqrt(len(weights_N))
    return bool(weights_N.mean() + half >= MIN_COVERED)
