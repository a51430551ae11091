"""Which of two is preferred, by visitors who each chose between both.

The sign test is exact, for one look. The interval may be looked at every day: at a share p it holds while the mixture
of binomial likelihoods over Beta(a, a), against that of p, stays below 1/α (Robbins 1970); a is set so that it is
tightest at the planned number of preferences, as the intervals of means are (comparison.py).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

from recommender.errors import InputError
from recommender.statistics.comparison import sequence_rho
from recommender.statistics.planning import standard_errors
from recommender.statistics.quantiles import binomial_up_to

LEAST_MIXTURE = 0.5  # a: Jeffreys' where next to nothing is planned
_STEPS = 60  # of bisection: 1e-18


@dataclass(frozen=True)
class Preference:
    """Of visitors who prefer one. `share`: those for B, with its always-valid interval and the p-value that is dual to
    it; `sign_p`: of the sign test for one look. Without any there is no share, and anything may be true."""

    for_a: int
    for_b: int
    share: float | None
    ci: tuple[float, float]
    p_value: float
    sign_p: float

    @property
    def count(self) -> int:
        return self.for_a + self.for_b


def preference(for_a: int, for_b: int, *, planned: float, alpha: float = 0.05) -> Preference:
    """`planned`: how many shall prefer one in the end; fix it before the first look and keep it."""
    if for_a < 0 or for_b < 0 or not planned > 0 or not 0.0 < alpha < 1.0:
        raise InputError("for_a, for_b, planned, alpha: counts must not be negative, planned above 0, alpha in (0, 1)")
    count = for_a + for_b
    if not count:
        return Preference(0, 0, None, (0.0, 1.0), 1.0, 1.0)
    mixture = max((sequence_rho(alpha, planned) ** -2.0 - 1.0) / 2.0, LEAST_MIXTURE)
    evidence = _evidence(for_b, count, mixture)
    share, bound = for_b / count, -math.log(alpha)
    low = 0.0 if for_b == 0 else _root(lambda p: evidence(p) < bound, 0.0, share)
    high = 1.0 if for_a == 0 else _root(lambda p: evidence(p) >= bound, share, 1.0)
    against_half = math.exp(min(-evidence(0.5), 0.0))
    return Preference(for_a, for_b, share, (low, high), against_half, _sign_test(min(for_a, for_b), count))


def preferences_needed(change: float, *, alpha: float = 0.05, power: float = 0.8) -> float:
    """How many must prefer one to show which, by the always-valid interval, where B's items are clicked more often by
    `change`, relative: of (2 + change) clicks (1 + change) are then B's."""
    if not (change > -1.0 and change != 0.0 and math.isfinite(change)):
        raise InputError("change: must be above −1, and not 0")
    off = (1.0 + change) / (2.0 + change) - 0.5
    return standard_errors(alpha, power, sequential=True) ** 2 * 0.25 / off**2


def _evidence(for_b: int, count: int, mixture: float) -> Callable[[float], float]:
    """The logarithm of the mixture against a share p; smallest at for_b / count."""
    log_mixture = _log_beta(for_b + mixture, count - for_b + mixture) - _log_beta(mixture, mixture)

    def against(p: float) -> float:
        if not 0.0 < p < 1.0:
            return math.inf
        return log_mixture - for_b * math.log(p) - (count - for_b) * math.log1p(-p)

    return against


def _root(is_right: Callable[[float], bool], left: float, right: float) -> float:
    """The first point from which on `is_right` holds."""
    for _ in range(_STEPS):
        middle = (left + right) / 2.0
        left, right = (left, middle) if is_right(middle) else (middle, right)
    return right


def _log_beta(one: float, other: float) -> float:
    return math.lgamma(one) + math.lgamma(other) - math.lgamma(one + other)


def _sign_test(fewer: int, count: int) -> float:
    return min(1.0, 2.0 * binomial_up_to(fewer, count))
