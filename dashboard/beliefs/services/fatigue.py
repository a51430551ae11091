"""How visitors tire at a placement, and what is expected of an item there."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from dashboard.events.selectors.rendered import Rendered
from recommender.beliefs import Expectation, Fatigue, Impressions, fit_expectation, fit_fatigue

MOST_FITTED = 30_000  # impressions of a placement: 0.3 s of one core
LEAST_PROPENSITY = 0.05  # what was less likely counts as this: one slot must not outweigh all the others


@dataclass(frozen=True)
class Curve:
    """What a placement's log says."""

    expectation: Expectation
    fatigue: Fatigue

    def as_row(self) -> dict[str, Any]:
        """Fields of `PlacementBelief`."""
        low, high = self.fatigue.interval
        return {
            "rate": self.fatigue.rate,
            "half_life_days": self.fatigue.half_life_days,
            "low": low,
            "high": high,
            "impressions": self.fatigue.impressions,
            "expectation": self.expectation.to_dict(),
        }


def fitted_curve(seen: Rendered, placement: str) -> Curve:
    """What was shown elsewhere tires too, and says nothing of how this placement is clicked."""
    known = seen.where(seen.visitors_N != "")
    pairs_N, here_N = pairs_of(known), known.placements_N == placement
    first_N = here_N & _are_first(pairs_N, known.days_N)
    expectation = fit_expectation(known.positions_N[first_N], known.scores_N[first_N], known.clicked_N[first_N])
    read_N = _sampled(known, here_N)
    log = Impressions(
        pairs_N=pairs_N[read_N],
        days_N=known.days_N[read_N],
        clicked_N=known.clicked_N[read_N],
        expected_N=expectation.of(known.positions_N, known.scores_N)[read_N],
        weights_N=np.where(here_N, 1.0 / np.maximum(known.propensities_N, LEAST_PROPENSITY), 0.0)[read_N],
    )
    return Curve(expectation, fit_fatigue(log))


def pairs_of(seen: Rendered) -> np.ndarray:
    """(N,) a number for each visitor and item."""
    return _numbers(seen.visitors_N) * (len(seen) + 1) + _numbers(seen.items_N)


def _numbers(values_N: np.ndarray) -> np.ndarray:
    return np.unique(values_N.astype(str), return_inverse=True)[1] if len(values_N) else np.zeros(0, int)


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
