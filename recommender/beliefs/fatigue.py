"""How an item's chance falls with the times it was rendered to a visitor and not clicked, and recovers with time.

factor = exp(−rate · times), where each time counts half after `half_life_days`: impression discounting (Lee et al.
2014, KDD). An item that was left often was perhaps never liked: that looks like fatigue where nobody tires. So the rate
is estimated together with a frailty: what a visitor thinks of an item beside the model's expectation is Gamma
distributed with mean 1, and learned from the same impressions (Vaupel et al. 1979). With it every impression is
compared to what was to be expected after those before, whatever policy chose to show it.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from recommender.errors import InputError

# Before there is data, and as strongly as a Gaussian of DOUBT around it afterwards.
WEAK_RATE, DOUBT = 0.03, 0.1
HALF_LIVES_DAYS = (1.5, 3.0, 6.0, 12.0)
FRAILTIES = (1.0, 4.0, 16.0, 1e6)  # clicks that “as the model thinks” is worth, of one visitor and item
MAX_RATE, STEPS = 1.5, 12  # golden section to 0.005
NORMAL_95 = 1.96


@dataclass(frozen=True)
class Fatigue:
    """rate: log-points an unclicked impression, ≥ 0; interval: 95 % of it. impressions: what it was learned from."""

    rate: float = WEAK_RATE
    half_life_days: float = 3.0
    interval: tuple[float, float] = (0.0, WEAK_RATE + NORMAL_95 * DOUBT)
    impressions: int = 0

    def factor(self, times: np.ndarray | float) -> np.ndarray:
        """Of a score, after so many faded times."""
        return np.asarray(np.exp(-self.rate * np.asarray(times)))


@dataclass(frozen=True, eq=False)
class Impressions:
    """N rendered items, in any order. pairs_N: whole numbers, one for each visitor and item. days_N: when, in days.
    expected_N: probability of a click as the model thought, without fatigue, with what the position is noticed by.
    weights_N: how much each counts against the others, as 1 / propensity; None: alike. Together they count as many as
    are effectively left (Kish); one of 0 says what was shown before the others, and nothing else."""

    pairs_N: np.ndarray
    days_N: np.ndarray
    clicked_N: np.ndarray
    expected_N: np.ndarray
    weights_N: np.ndarray | None = None

    def __post_init__(self) -> None:
        for name in ("days_N", "clicked_N", "expected_N", "weights_N"):
            values = getattr(self, name)
            if values is not None and np.shape(values) != np.shape(self.pairs_N):
                raise InputError(f"{name[:-2]}: must have one entry for each of the {len(self.pairs_N)} impressions")
        for name in ("expected_N", "weights_N"):
            values = getattr(self, name)
            if values is not None and not (np.isfinite(values) & (values >= 0)).all():
                raise InputError(f"{name[:-2]}: must be finite numbers ≥ 0")

    def in_order(self) -> "Impressions":
        """By pair and time."""
        order_N = np.lexsort((self.days_N, self.pairs_N))
        pairs_N, days_N, clicked_N, expected_N = (
            np.asarray(column)[order_N] for column in (self.pairs_N, self.days_N, self.clicked_N, self.expected_N)
        )
        weights_N = None if self.weights_N is None else np.asarray(self.weights_N)[order_N]
        return Impressions(pairs_N, days_N, clicked_N, expected_N, weights_N)


def times_left(impressions: Impressions, half_life_days: float) -> np.ndarray:
    """(N,) faded times that each impression's pair had been shown and left before it."""
    log, order_N = impressions.in_order(), np.lexsort((impressions.days_N, impressions.pairs_N))
    times_N = np.zeros(len(order_N))
    if len(order_N):
        times_N[order_N] = _Sequences(log, half_life_days).times_N
    return times_N


def fit_fatigue(impressions: Impressions) -> Fatigue:
    """The likeliest rate, half-life and frailty together, the rate shrunk toward WEAK_RATE. Where the data say more
    than that and no fatigue is as plausible, the rate is 0: a shop whose visitors do not tire gets a factor of 1."""
    if not len(impressions.pairs_N) or not np.any(impressions.clicked_N):
        return Fatigue()
    log = impressions.in_order()
    sequences_of = {half_life_days: _Sequences(log, half_life_days) for half_life_days in HALF_LIVES_DAYS}
    _, rate, half_life_days, frailty = max(
        (*_best_rate(sequences, frailty), half_life_days, frailty)
        for half_life_days, sequences in sequences_of.items()
        for frailty in FRAILTIES
    )
    error = _standard_error(sequences_of[half_life_days], frailty, rate)
    low, high = max(rate - NORMAL_95 * error, 0.0), rate + NORMAL_95 * error
    told = low == 0.0 and error < DOUBT / 2.0
    return Fatigue(0.0 if told else rate, half_life_days, (low, high), len(log.pairs_N))


class _Sequences:
    """The impressions of each pair one after the other, with the times that were left before each."""

    def __init__(self, log: Impressions, half_life_days: float) -> None:
        self._log = log
        first_N = np.append(True, log.pairs_N[1:] != log.pairs_N[:-1])
        self._start_N = np.maximum.accumulate(np.where(first_N, np.arange(len(first_N)), 0))
        self.times_N = np.zeros(len(first_N))
        rank_N = np.arange(len(first_N)) - self._start_N
        left_N = 1.0 - np.asarray(log.clicked_N, dtype=float)
        # every pair's second impressions at once, then the third ones, …
        by_rank = np.argsort(rank_N, kind="stable")
        bounds = np.searchsorted(rank_N[by_rank], np.arange(1, rank_N.max() + 2))
        for begin, end in pairwise(bounds):
            here = by_rank[begin:end]
            kept = 0.5 ** ((log.days_N[here] - log.days_N[here - 1]) / half_life_days)
            self.times_N[here] = (self.times_N[here - 1] + left_N[here - 1]) * kept
        self._clicks_before_N = self._before(np.asarray(log.clicked_N, dtype=float))
        self._weights = 1.0 if log.weights_N is None else _effective(log.weights_N)

    def log_likelihood(self, rate: float, frailty: float) -> float:
        """Of the clicks as Poisson counts, with the prior of the rate."""
        log = self._log
        fresh_N = log.expected_N * np.exp(-rate * self.times_N)
        mean_N = fresh_N * (frailty + self._clicks_before_N) / (frailty + self._before(fresh_N))
        terms_N = np.where(log.clicked_N, np.log(np.maximum(mean_N, 1e-12)), 0.0) - mean_N
        return float((self._weights * terms_N).sum()) - 0.5 * ((rate - WEAK_RATE) / DOUBT) ** 2

    def _before(self, values_N: np.ndarray) -> np.ndarray:
        """Sum of the same pair's values before each one."""
        sums_N = np.cumsum(values_N) - values_N
        before_N: np.ndarray = np.maximum(sums_N - sums_N[self._start_N], 0.0)
        return before_N


def _effective(weights_N: np.ndarray) -> np.ndarray:
    """Weights that sum to the number of impressions that equal ones of as much information would be."""
    squares = float((weights_N**2).sum())
    return weights_N * (float(weights_N.sum()) / squares) if squares else weights_N


def _best_rate(sequences: _Sequences, frailty: float) -> tuple[float, float]:
    """Log-likelihood and rate, by golden section from 0 to MAX_RATE."""
    golden = (np.sqrt(5.0) - 1.0) / 2.0
    low, high = 0.0, MAX_RATE
    for _ in range(STEPS):
        left, right = high - golden * (high - low), low + golden * (high - low)
        if sequences.log_likelihood(left, frailty) > sequences.log_likelihood(right, frailty):
            high = right
        else:
            low = left
    rate = 0.5 * (low + high) if low else 0.0
    return sequences.log_likelihood(rate, frailty), float(rate)


def _standard_error(sequences: _Sequences, frailty: float, rate: float) -> float:
    """From the curvature of the log-likelihood."""
    step = 0.02
    at, below, above = (sequences.log_likelihood(rate + shift, frailty) for shift in (0.0, -step, step))
    return float(1.0 / np.sqrt(max((2.0 * at - below - above) / step**2, 1.0 / DOUBT**2)))
