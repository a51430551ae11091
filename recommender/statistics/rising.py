"""Whose rate rose: counts of two windows, judged together, so that small numbers do not win.

Given both counts, c = now + before, `now` is binomial with p = ρN₁ / (ρN₁ + N₀): ρ is the ratio of the two rates, N₁
and N₀ are those who could be counted in each window. Most things go on as before, and their p come from one narrow beta
distribution, fitted to their counts by moments (Kleinman 1973); some change, and their p may be anything. How many
these are, and how probably each is one, is fitted in turn (empirical Bayes of two groups: Efron 2008). So what is known
of each p is a mixture of two beta distributions, and of ρ its odds.
"""

from dataclasses import dataclass

import numpy as np

from recommender.errors import InputError
from recommender.statistics.quantiles import beta_below, beta_quantile, log_beta

LEAST_CORRELATION, MOST_CORRELATION = 1e-4, 0.5  # of two counts of one thing; beyond them a prior says nothing or all
USUAL_CORRELATION = 0.05  # where too few counts tell
CHANGED_STRENGTH = 2.0  # of the prior of what changes, in counts: as good as none
LEAST_CHANGED, MOST_CHANGED = 0.01, 0.3  # share of things that change
ROUNDS = 30
HALVINGS = 40  # of the interval from 0 to 1 that holds a quantile
_LOW, _MIDDLE, _HIGH = 0.025, 0.5, 0.975


@dataclass(frozen=True)
class RateRatios:
    """float64 (I,): the rate now over the rate before (median of what is known), and its 95% interval."""

    ratio_I: np.ndarray
    low_I: np.ndarray
    high_I: np.ndarray


@dataclass(frozen=True)
class _Known:
    """Two beta distributions of each p, and how probable the second, of what changes, is."""

    steady_2I: np.ndarray
    changed_2I: np.ndarray
    probability_I: np.ndarray

    def quantile(self, share: float) -> np.ndarray:
        low_I, high_I = np.zeros_like(self.probability_I), np.ones_like(self.probability_I)
        for _ in range(HALVINGS):
            middle_I = (low_I + high_I) / 2
            steady_I, changed_I = (beta_below(middle_I, *of_2I) for of_2I in (self.steady_2I, self.changed_2I))
            is_below_I = (1 - self.probability_I) * steady_I + self.probability_I * changed_I < share
            low_I, high_I = np.where(is_below_I, middle_I, low_I), np.where(is_below_I, high_I, middle_I)
        return np.asarray((low_I + high_I) / 2)


def rate_ratios(now_I: np.ndarray, before_I: np.ndarray, now_total: float, before_total: float) -> RateRatios:
    """`now_total`, `before_total`: who could be counted in each window; both above 0, or InputError."""
    if now_total <= 0 or before_total <= 0:
        raise InputError("now_total and before_total: must be above 0")
    known = _known(np.array([now_I, before_I], float))
    shares = (known.quantile(share) for share in (_MIDDLE, _LOW, _HIGH))
    return RateRatios(*(share_I / np.maximum(1 - share_I, 1e-12) * before_total / now_total for share_I in shares))


def rate_ratio(now: int, before: int, now_total: float, before_total: float) -> tuple[float, float, float]:
    """Of one thing alone: the ratio of its rates (median), low and high, from Jeffreys' prior of p."""
    share = (float(beta_quantile(q, np.array(now + 0.5), np.array(before + 0.5))) for q in (_MIDDLE, _LOW, _HIGH))
    middle, low, high = (p / max(1 - p, 1e-12) * before_total / now_total for p in share)
    return middle, low, high


def _known(counts_2I: np.ndarray) -> _Known:
    changed, changed_I = LEAST_CHANGED, np.zeros(counts_2I.shape[1])
    for _ in range(ROUNDS):
        steady_2, anything_2 = _priors(counts_2I[0], counts_2I[1], 1 - changed_I)
        odds_I = _log_evidence(counts_2I, anything_2) - _log_evidence(counts_2I, steady_2)
        odds_I = np.clip(odds_I + np.log(changed / (1 - changed)), -50, 50)
        changed_I = 1 / (1 + np.exp(-odds_I))
        changed = float(np.clip(changed_I.mean() if len(changed_I) else 0.0, LEAST_CHANGED, MOST_CHANGED))
    return _Known(counts_2I + steady_2[:, None], counts_2I + anything_2[:, None], changed_I)


def _log_evidence(counts_2I: np.ndarray, prior_2: np.ndarray) -> np.ndarray:
    """Of the counts under a beta prior, but for what does not depend on it."""
    return log_beta(*(counts_2I + prior_2[:, None])) - log_beta(*prior_2)


def _priors(now_I: np.ndarray, before_I: np.ndarray, weight_I: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The beta distribution of what goes on, by weighted moments, and the wide one of what changes around its mean."""
    both_I = now_I + before_I
    total, pairs = (weight_I * both_I).sum(), (weight_I * both_I * (both_I - 1)).sum()
    mean = float(np.clip((weight_I * now_I).sum() / max(total, 1), 0.01, 0.99))
    correlation = USUAL_CORRELATION
    if pairs > 0:
        spread = (weight_I * (now_I - mean * both_I) ** 2).sum() / (mean * (1 - mean))
        correlation = float(np.clip((spread - total) / pairs, LEAST_CORRELATION, MOST_CORRELATION))
    around_2 = np.array([mean, 1 - mean])
    return around_2 * (1 / correlation - 1), around_2 * CHANGED_STRENGTH
