"""What other knobs would have earned per slate, from slates that were served.

A slate is a walk: each item is drawn given those before it. So what a place earned is weighted by how much likelier the
judged policy would have come that way, the product of the ratios up to it (reward interaction IPS, McInerney et al.
2020); self-normalised place by place, and doubly robust with a model of rewards (Cascade-DR, Kiyohara et al. 2022).
Both ask that an item's reward depends on itself, its place and the items before it, not on those after it.
"""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from recommender.errors import InputError
from recommender.off_policy.log import PolicyLog
from recommender.off_policy.verdict import MIN_EFFECTIVE, Reason, is_covered
from recommender.statistics.quantiles import normal_quantile


@dataclass(frozen=True, eq=False)
class SlateLog:
    """N slates of up to K places; what lies beyond a slate's end is NaN in all of them. Raises InputError.

    reward_NK: what each place earned. logged_NK, judged_NK: conditional chance of what was shown, by the policy that
    served (above 0) and by the one to judge. q_shown_NK: a model's reward of what was shown; q_judged_NK: of what the
    judged policy would show there after the same items. unit_N: slates of one unit, a visitor say, are not independent.
    """

    reward_NK: np.ndarray
    logged_NK: np.ndarray
    judged_NK: np.ndarray
    q_shown_NK: np.ndarray
    q_judged_NK: np.ndarray
    unit_N: np.ndarray

    def __post_init__(self) -> None:
        shape = self.reward_NK.shape
        if len(shape) != 2 or shape[0] < 2 or not shape[1]:
            raise InputError("reward: at least two slates are needed")
        here_NK = ~np.isnan(self.reward_NK)
        if not here_NK[:, 0].all() or (here_NK[:, 1:] & ~here_NK[:, :-1]).any():
            raise InputError("reward: every slate needs a first place, and no gap")
        for name in ("logged_NK", "judged_NK", "q_shown_NK", "q_judged_NK"):
            values = getattr(self, name)
            if values.shape != shape or (np.isfinite(values) != here_NK).any():
                raise InputError(f"{name[:-3]}: must have a number for each place that has a reward, and no other")
        for name, least in (("logged_NK", np.nextafter(0.0, 1.0)), ("judged_NK", 0.0)):
            values = getattr(self, name)[here_NK]
            if (values < least).any() or (values > 1.0 + 1e-9).any():
                raise InputError(f"{name[:-3]}: must be probabilities{', above 0' if least else ''}")
        if self.unit_N.shape != shape[:1]:
            raise InputError("unit: must have one entry for each slate")

    @cached_property
    def weights_NK(self) -> np.ndarray:
        """How much likelier the judged policy would have come to each place that way; 0 beyond the end."""
        weights_NK: np.ndarray = np.cumprod(np.nan_to_num(self.judged_NK / self.logged_NK), axis=1)
        return weights_NK


def slate_log(log: PolicyLog, slate_D: np.ndarray, unit_D: np.ndarray) -> SlateLog:
    """Decisions as slates: those that share a number in `slate_D` are the places of one, in their order."""
    order_D = np.argsort(slate_D, kind="stable")
    _, first_N, row_D = np.unique(slate_D[order_D], return_index=True, return_inverse=True)
    place_D = np.arange(len(order_D)) - first_N[row_D]

    def table(values_D: np.ndarray) -> np.ndarray:
        filled_NK = np.full((len(first_N), int(place_D.max()) + 1), np.nan)
        filled_NK[row_D, place_D] = values_D[order_D]
        return filled_NK

    judged_D = log.weights_N * log.pscore_N
    return SlateLog(
        reward_NK=table(log.reward_N),
        logged_NK=table(log.pscore_N),
        judged_NK=table(judged_D),
        q_shown_NK=table(log.predicted_N),
        q_judged_NK=table(log.baseline_N),
        unit_N=unit_D[order_D][first_N],
    )


@dataclass(frozen=True)
class Estimate:
    """A mean per slate, and the range of plausible values."""

    value: float
    interval: tuple[float, float]


@dataclass(frozen=True)
class SlateVerdict:
    """What a log of slates says of another policy; reason as in `Verdict`, `today` of the policy that served.

    snips, dr: None unless there is enough. effective: so many slates of its own the log is worth, at the place where it
    is worth least. covered: the mean weight there, 1 where the policy that served could do all that the judged one
    would. more_needed: slates of the same kind, None where no amount would do.
    """

    reason: Reason
    today: Estimate
    snips: Estimate | None
    dr: Estimate | None
    effective: float
    logged: int
    covered: float
    more_needed: int | None


def judge_slates(log: SlateLog, *, min_effective: float = MIN_EFFECTIVE, alpha: float = 0.05) -> SlateVerdict:
    """The estimates, or why there are none."""
    weights_NK, here_NK = log.weights_NK, ~np.isnan(log.reward_NK)
    worth_K = np.array([_worth(weights_NK[here_NK[:, k], k]) for k in range(weights_NK.shape[1])])
    least = int(np.argmin(worth_K * len(log.unit_N) / np.maximum(here_NK.sum(axis=0), 1)))
    weights_N, logged = weights_NK[here_NK[:, least], least], len(log.unit_N)
    effective, covered = float(worth_K[least]), float(weights_N.mean())
    reason: Reason = "enough"
    if not is_covered(weights_N, alpha):
        reason = "not_covered"
    elif effective < min_effective:
        reason = "little_data"
    more = {"enough": 0, "not_covered": None, "little_data": _more(logged, effective, min_effective)}[reason]
    enough = reason == "enough"
    return SlateVerdict(
        reason=reason,
        today=around_mean(np.nansum(log.reward_NK, axis=1), log.unit_N, alpha),
        snips=snips_of_slates(log, alpha=alpha) if enough else None,
        dr=doubly_robust_of_slates(log, alpha=alpha) if enough else None,
        effective=effective,
        logged=logged,
        covered=covered,
        more_needed=more,
    )


def snips_of_slates(log: SlateLog, *, alpha: float = 0.05) -> Estimate:
    """Self-normalised, place by place; the interval by the delta method over units. A place that the judged policy
    never comes to earns nothing."""
    return _around(*_snips(log), log.unit_N, alpha)


def doubly_robust_of_slates(log: SlateLog, *, alpha: float = 0.05) -> Estimate:
    """The model's reward of the judged policy's walk, mended by what the log saw of it."""
    return _around(*_doubly_robust(log), log.unit_N, alpha)


def change_by_snips(judged: SlateLog, today: SlateLog, *, alpha: float = 0.05) -> Estimate:
    """How much more `judged` earns per slate than `today`, two policies judged by the same slates in the same order:
    what the luck of these slates brings to both falls out, so the interval is narrower than those of either."""
    return _difference(_snips(judged), _snips(today), judged.unit_N, alpha)


def change_by_doubly_robust(judged: SlateLog, today: SlateLog, *, alpha: float = 0.05) -> Estimate:
    """As `change_by_snips`, with `judged` doubly robust; `today` needs no model, it is nearly what the log saw."""
    return _difference(_doubly_robust(judged), _snips(today), judged.unit_N, alpha)


Moved = tuple[float, np.ndarray]  # a value, and by how much each slate moves it


def _snips(log: SlateLog) -> Moved:
    weights_NK, reward_NK = log.weights_NK, np.nan_to_num(log.reward_NK)
    here_NK = ~np.isnan(log.reward_NK)
    total_K = weights_NK.sum(axis=0, where=here_NK)
    safe_K = np.where(total_K > 0, total_K, 1.0)
    value_K = (weights_NK * reward_NK).sum(axis=0) / safe_K
    reached_K = here_NK.mean(axis=0)  # shorter slates earn nothing at places that they lack
    shift_NK = np.where(here_NK, weights_NK * (reward_NK - value_K), 0.0) / safe_K
    return float((value_K * reached_K).sum()), (shift_NK * reached_K).sum(axis=1)


def _doubly_robust(log: SlateLog) -> Moved:
    weights_NK = log.weights_NK
    before_NK = np.concatenate([np.ones((len(weights_NK), 1)), weights_NK[:, :-1]], axis=1)
    mended_NK = before_NK * log.q_judged_NK + weights_NK * (log.reward_NK - log.q_shown_NK)
    return _mean(np.nansum(mended_NK, axis=1))


def _difference(judged: Moved, today: Moved, unit_N: np.ndarray, alpha: float) -> Estimate:
    return _around(judged[0] - today[0], judged[1] - today[1], unit_N, alpha)


def _mean(values_N: np.ndarray) -> Moved:
    value = float(values_N.mean())
    return value, (values_N - value) / len(values_N)


def around_mean(values_N: np.ndarray, unit_N: np.ndarray, alpha: float) -> Estimate:
    """The mean of a value per slate."""
    return _around(*_mean(values_N), unit_N, alpha)


def _around(value: float, shift_N: np.ndarray, unit_N: np.ndarray, alpha: float) -> Estimate:
    """`shift_N`: by how much each slate moves the estimate; those of a unit move it together."""
    code_N = _codes(unit_N)
    shift_U, units = np.bincount(code_N, weights=shift_N), int(np.count_nonzero(np.bincount(code_N)))
    spread = math.sqrt(float(shift_U @ shift_U) * units / max(units - 1, 1))
    half = normal_quantile(1.0 - alpha / 2.0) * spread
    return Estimate(value, (value - half, value + half))


def _codes(unit_N: np.ndarray) -> np.ndarray:
    """Small whole numbers for the units: as they come where they are such already, which saves sorting them."""
    if unit_N.dtype.kind in "iu" and len(unit_N) and unit_N.min() >= 0 and unit_N.max() < 4 * len(unit_N):
        return unit_N
    return np.unique(unit_N, return_inverse=True)[1]


def _worth(weights_N: np.ndarray) -> float:
    squares = float(weights_N @ weights_N)
    return float(weights_N.sum()) ** 2 / squares if squares else 0.0


def _more(logged: int, effective: float, wanted: float) -> int:
    return math.ceil(logged * (wanted / effective - 1.0)) if effective else math.ceil(wanted)
