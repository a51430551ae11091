"""What surrounds a verdict: the split of the traffic, many metrics at once, guardrails."""

from collections.abc import Sequence
from typing import Literal

import numpy as np

from recommender.errors import InputError
from recommender.statistics.moments import Moments
from recommender.statistics.quantiles import chi_squared_above

# Below this the split of the visitors is so unlikely that the verdict is withheld: something is broken.
SRM_THRESHOLD = 0.0005

# A heavy-tailed sum rests on few visitors: below so many equal ones of an arm the interval misses too often.
LEAST_EFFECTIVE = 50.0

GuardrailState = Literal["holds", "harmed", "unclear"]


def srm_p(counts: Sequence[float], weights: Sequence[float]) -> float:
    """Chi-squared p-value of the observed split against the planned one; 1 without visitors.

    Arms of weight 0 take no part. Bandit-allocated traffic has no planned split: do not ask.
    """
    if len(counts) != len(weights) or any(weight < 0 for weight in weights) or not sum(weights) > 0:
        raise InputError("weights: must be one share ≥ 0 an arm, and not all 0")
    planned = np.array(weights, dtype=float)
    observed = np.array(counts, dtype=float)[planned > 0]
    expected = planned[planned > 0] / planned.sum() * observed.sum()
    if len(observed) < 2 or observed.sum() == 0:
        return 1.0
    return chi_squared_above(len(observed) - 1, ((observed - expected) ** 2 / expected).sum())


def effective_visitors(arm: Moments) -> float:
    """How many visitors with equal values the sum of y rests on: all of them where nothing varies, few where the
    dearest make most of it."""
    return arm.sum_y**2 / arm.sum_yy if arm.sum_yy > 0 else 0.0


def benjamini_hochberg(p_values: Sequence[float]) -> list[float]:
    """Adjusted p-values in the given order: below q, a share q of such findings is false on average."""
    order, ascending = _sorted(p_values)
    count = len(ascending)
    adjusted = np.minimum.accumulate((ascending * count / np.arange(1, count + 1))[::-1])[::-1]
    return _restored(order, np.minimum(adjusted, 1.0))


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjusted p-values in the given order: below α, the chance of any false finding is at most α."""
    order, ascending = _sorted(p_values)
    adjusted = np.maximum.accumulate(ascending * np.arange(len(ascending), 0, -1))
    return _restored(order, np.minimum(adjusted, 1.0))


def guardrail(ci: tuple[float, float] | None, *, margin: float, higher_is_better: bool = True) -> GuardrailState:
    """Non-inferiority: whether an interval of the lift rules out a loss of more than `margin` (relative, > 0).

    "holds": it does. "harmed": it shows a loss beyond the margin. "unclear": it does neither, or there is no interval.
    """
    if margin <= 0:
        raise InputError("margin: must be above 0")
    if ci is None:
        return "unclear"
    low, high = ci if higher_is_better else (-ci[1], -ci[0])
    if low > -margin:
        return "holds"
    return "harmed" if high < -margin else "unclear"


def _sorted(p_values: Sequence[float]) -> tuple[np.ndarray, np.ndarray]:
    values = np.array(p_values, dtype=float)
    if values.ndim != 1 or not ((values >= 0.0) & (values <= 1.0)).all():
        raise InputError("p_values: must be between 0 and 1")
    order = np.argsort(values, kind="stable")
    return order, values[order]


def _restored(order: np.ndarray, values: np.ndarray) -> list[float]:
    restored = np.empty_like(values)
    restored[order] = values
    return [float(value) for value in restored]
