"""How probable a click is before anything is believed of the item itself: by its position, and by its score.

Scores of serving are no probabilities of a click: they come from several models, and tell which item is likelier, not
how likely. So the click rate of each position is counted, and by how much items of a score do better than it.
Both are Gamma beliefs, as those of items (`items.py`), shrunk toward what was expected without them.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np

from recommender.errors import InputError

FIRST_RATE = 0.03  # clicks of a rendered item before anything was seen; the middle of what shops report
STRENGTH = 10.0  # clicks that what is expected without the data is worth
POSITIONS = 20  # those behind count as the last
GROUPS = 8  # of scores, of equal size


@dataclass(frozen=True)
class Expectation:
    """rates: of the positions from 1, clicks for a rendered item. bounds: scores that separate the groups; factors: of
    each group, by how much it is clicked more than its positions are."""

    rates: tuple[float, ...] = (FIRST_RATE,)
    bounds: tuple[float, ...] = ()
    factors: tuple[float, ...] = (1.0,)

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> Self:
        """What `to_dict` made."""
        return cls(**{name: tuple(values) for name, values in raw.items()})

    def to_dict(self) -> dict[str, Any]:
        """As JSON."""
        return {name: list(values) for name, values in asdict(self).items()}

    def of(self, positions_N: np.ndarray, scores_N: np.ndarray) -> np.ndarray:
        """(N,) probabilities of a click of rendered items; positions count from 1."""
        return _of_positions(np.array(self.rates), positions_N) * _of_groups(self.bounds, self.factors, scores_N)


def fit_expectation(positions_N: np.ndarray, scores_N: np.ndarray, clicked_N: np.ndarray) -> Expectation:
    """From rendered items that their visitors had not been shown before: what tires has no part in it."""
    if not np.shape(positions_N) == np.shape(scores_N) == np.shape(clicked_N):
        raise InputError("expectation: positions, scores and clicks must have one entry for each impression")
    if not len(positions_N):
        return Expectation()
    clicked_N = np.asarray(clicked_N, dtype=float)
    places_N = np.minimum(positions_N, POSITIONS).astype(int) - 1
    overall = (1.0 + clicked_N.sum()) / (1.0 / FIRST_RATE + len(clicked_N))
    shown_P, clicks_P = np.bincount(places_N), np.bincount(places_N, weights=clicked_N)
    rates_P = (STRENGTH + clicks_P) / (STRENGTH / overall + shown_P)
    bounds = np.unique(np.quantile(scores_N, np.arange(1, GROUPS) / GROUPS))
    groups_N = np.searchsorted(bounds, scores_N, side="right")
    clicks_G, expected_G = (
        np.bincount(groups_N, weights=values_N, minlength=len(bounds) + 1)
        for values_N in (clicked_N, rates_P[places_N])
    )
    factors_G = (STRENGTH + clicks_G) / (STRENGTH + expected_G)
    return Expectation(tuple(rates_P.tolist()), tuple(bounds.tolist()), tuple(factors_G.tolist()))


def _of_positions(rates_P: np.ndarray, positions_N: np.ndarray) -> np.ndarray:
    return rates_P[np.minimum(np.asarray(positions_N, dtype=int), len(rates_P)) - 1]


def _of_groups(bounds: tuple[float, ...], factors: tuple[float, ...], scores_N: np.ndarray) -> np.ndarray:
    return np.array(factors)[np.searchsorted(np.array(bounds), scores_N, side="right")]
