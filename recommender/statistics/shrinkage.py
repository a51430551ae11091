"""Estimates that stand side by side, pulled together by as much as chance alone drives them apart.

Empirical Bayes of normal estimates: the spread of the truths by the moments (DerSimonian & Laird 1986), each estimate
then weighed against what is known of all. The largest of many is overestimated; shrunk it is not.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from recommender.errors import InputError


@dataclass(frozen=True)
class Shrunk:
    """An estimate after shrinkage; `kept` is the share of its distance from the middle that it kept."""

    value: float
    stderr: float
    kept: float


def shrink(values: Sequence[float], stderrs: Sequence[float], *, toward: float | None = None) -> list[Shrunk]:
    """Every estimate, pulled to the mean of all, or to `toward` where that is known (no effect: 0).

    Standard errors must be above 0. One estimate alone is pulled to a given point only.
    """
    value_N, error_N = np.array(values, dtype=float), np.array(stderrs, dtype=float)
    if value_N.shape != error_N.shape or not (error_N > 0).all() or not np.isfinite(value_N).all():
        raise InputError("values and stderrs: must be as many, finite, and every stderr above 0")
    if not len(value_N):
        return []
    spread = _spread(value_N, error_N, toward)
    weight_N = 1.0 / (error_N**2 + spread)
    middle = float((weight_N @ value_N) / weight_N.sum()) if toward is None else toward
    of_middle = 1.0 / weight_N.sum() if toward is None else 0.0
    kept_N = spread / (spread + error_N**2)
    variance_N = kept_N * error_N**2 + (1.0 - kept_N) ** 2 * of_middle
    return [
        Shrunk(float(middle + kept * (value - middle)), math.sqrt(variance), float(kept))
        for value, kept, variance in zip(value_N, kept_N, variance_N, strict=True)
    ]


def _spread(value_N: np.ndarray, error_N: np.ndarray, toward: float | None) -> float:
    """The variance of the truths around their middle; 0 where the estimates scatter no more than chance lets them."""
    weight_N = error_N**-2.0
    total = weight_N.sum()
    if toward is not None:
        return float(max((weight_N @ (value_N - toward) ** 2 - len(value_N)) / total, 0.0))
    room = total - (weight_N @ weight_N) / total
    if len(value_N) < 2 or room <= 0:
        return 0.0
    middle = (weight_N @ value_N) / total
    return float(max((weight_N @ (value_N - middle) ** 2 - (len(value_N) - 1)) / room, 0.0))
