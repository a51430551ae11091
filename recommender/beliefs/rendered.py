"""What a shop's log of rendered slots says: how visitors tire, what is expected of an item, and what each earned.

Workers read it from the database, the laboratory from its own loop; what is learned of it is the same.
"""

from dataclasses import dataclass

import numpy as np

from recommender.beliefs.expectation import Expectation, fit_expectation
from recommender.beliefs.fatigue import Fatigue, Impressions, fit_fatigue, times_left

LEARNED_DAYS = 30  # that are looked back
# What was earned so long ago counts half: each training takes clicks into its scores, and what a belief says is
# beside them.
HALF_LIFE_DAYS = 14.0
MOST_FITTED = 30_000  # impressions of a placement: 0.3 s of one core
LEAST_PROPENSITY = 0.05  # what was less likely counts as this: one slot must not outweigh all the others


@dataclass(frozen=True, eq=False)
class Rendered:
    """N slots; days_N: when they were seen, since any day. positions count from 1. Visitors and items are texts or
    numbers; of somebody without an id `visitors_N` is an empty text."""

    placements_N: np.ndarray
    visitors_N: np.ndarray
    items_N: np.ndarray
    positions_N: np.ndarray
    scores_N: np.ndarray
    propensities_N: np.ndarray
    days_N: np.ndarray
    clicked_N: np.ndarray

    def __len__(self) -> int:
        return len(self.items_N)

    def where(self, wanted_N: np.ndarray) -> "Rendered":
        """Those slots alone."""
        return Rendered(*(column[wanted_N] for column in vars(self).values()))

    @property
    def is_known_N(self) -> np.ndarray:
        """Whether the visitor has an id."""
        if self.visitors_N.dtype.kind not in "OUS":
            return np.ones(len(self), bool)
        return np.asarray(self.visitors_N != "", bool)


@dataclass(frozen=True)
class Curve:
    """What a placement's log says."""

    expectation: Expectation
    fatigue: Fatigue


def fitted_curve(seen: Rendered, placement: object) -> Curve:
    """What was shown elsewhere tires too, and says nothing of how this placement is clicked."""
    expectation = fitted_expectation(seen, placement)
    return Curve(expectation, fitted_fatigue(seen, placement, expectation))


def fitted_expectation(seen: Rendered, placement: object) -> Expectation:
    """From the first impressions that known visitors had of an item."""
    known = seen.where(seen.is_known_N)
    first_N = (known.placements_N == placement) & _are_first(_pairs(known), known.days_N)
    return fit_expectation(known.positions_N[first_N], known.scores_N[first_N], known.clicked_N[first_N])


def fitted_fatigue(seen: Rendered, placement: object, expectation: Expectation) -> Fatigue:
    """From all that some of its known visitors were shown, weighted by propensity."""
    known = seen.where(seen.is_known_N)
    here_N = known.placements_N == placement
    read_N = _sampled(known, here_N)
    log = Impressions(
        pairs_N=_pairs(known)[read_N],
        days_N=known.days_N[read_N],
        clicked_N=known.clicked_N[read_N],
        expected_N=expectation.of(known.positions_N, known.scores_N)[read_N],
        weights_N=np.where(here_N, 1.0 / np.maximum(known.propensities_N, LEAST_PROPENSITY), 0.0)[read_N],
    )
    return fit_fatigue(log)


def earned(
    seen: Rendered, placement: object, curve: Curve, *, until_day: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Items that were rendered at a placement, and of each its clicks and what was expected of it, faded (I,)."""
    is_known_N, here_N = seen.is_known_N, seen.placements_N == placement
    known, times_N = seen.where(is_known_N), np.zeros(len(seen))
    log = Impressions(_pairs(known), known.days_N, known.clicked_N, np.ones(len(known)))
    times_N[is_known_N] = times_left(log, curve.fatigue.half_life_days)
    shown, left_N = seen.where(here_N), curve.fatigue.factor(times_N[here_N])
    expected_N = curve.expectation.of(shown.positions_N, shown.scores_N) * left_N
    kept_N = 0.5 ** ((until_day - shown.days_N) / HALF_LIFE_DAYS)
    items_I, codes_N = np.unique(_plain(shown.items_N), return_inverse=True)
    clicks_I, expected_I = (
        np.bincount(codes_N, weights=values_N * kept_N, minlength=len(items_I))
        for values_N in (shown.clicked_N, expected_N)
    )
    return items_I, clicks_I, expected_I


def _pairs(seen: Rendered) -> np.ndarray:
    """(N,) a number for each visitor and item."""
    return _numbers(seen.visitors_N) * (len(seen) + 1) + _numbers(seen.items_N)


def _numbers(values_N: np.ndarray) -> np.ndarray:
    return np.unique(_plain(values_N), return_inverse=True)[1] if len(values_N) else np.zeros(0, int)


def _plain(values_N: np.ndarray) -> np.ndarray:
    """Texts as numpy sorts them fastest; numbers as they are."""
    return values_N.astype(str) if values_N.dtype.kind == "O" else values_N


def _are_first(pairs_N: np.ndarray, days_N: np.ndarray) -> np.ndarray:
    """Of each pair the earliest impression of the log, which nothing has tired the visitor of."""
    order_N, first_N = np.lexsort((days_N, pairs_N)), np.zeros(len(pairs_N), bool)
    ordered_N = pairs_N[order_N]
    first_N[order_N] = np.append(True, ordered_N[1:] != ordered_N[:-1])[: len(pairs_N)]
    return first_N


def _sampled(seen: Rendered, here_N: np.ndarray) -> np.ndarray:
    """All that some visitors of the placement were shown: as many as MOST_FITTED impressions allow."""
    visitors_N = _numbers(seen.visitors_N)
    shown_V = np.bincount(visitors_N)
    is_of_here_V = np.bincount(visitors_N, weights=here_N) > 0
    luck_V = np.where(is_of_here_V, np.random.default_rng(0).permutation(len(shown_V)), len(shown_V))
    order_V, kept_V = np.argsort(luck_V), np.zeros(len(shown_V), bool)
    kept_V[order_V] = (np.cumsum(shown_V[order_V]) <= MOST_FITTED) & is_of_here_V[order_V]
    return kept_V[visitors_N]
