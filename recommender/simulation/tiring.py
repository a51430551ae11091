"""What a policy holds of how visitors tire: nothing, the truth, or what it has learned."""

from typing import Protocol

import numpy as np

from recommender.beliefs import Fatigue, Impressions, fit_fatigue
from recommender.simulation.scenarios import Scenario
from recommender.simulation.world import Shown

REFIT_DAYS = (2, 5, 10, 18, 30, 45, 75, 120, 200, 300)  # after so many days the log is read again
MOST_IMPRESSIONS = 30_000  # 0.3 s of one core


class Tiring(Protocol):
    """factor: of a click's probability (V, I) today. end_day: what was rendered, N slots, and what was expected."""

    def factor(self, on_sale: int) -> np.ndarray: ...

    def end_day(
        self, day: int, visitors_N: np.ndarray, codes_N: np.ndarray, clicked_N: np.ndarray, expected_N: np.ndarray
    ) -> None: ...


class Unknown:
    """A policy that does not think of it."""

    def factor(self, on_sale: int) -> np.ndarray:
        """1 for all."""
        return np.ones((1, on_sale))

    def end_day(
        self, day: int, visitors_N: np.ndarray, codes_N: np.ndarray, clicked_N: np.ndarray, expected_N: np.ndarray
    ) -> None:
        """Nothing to keep."""


class Known:
    """The world's own law, and how often the policy's slates were rendered."""

    def __init__(self, scenario: Scenario, shown: Shown) -> None:
        self._scenario, self._shown = scenario, shown

    def factor(self, on_sale: int) -> np.ndarray:
        """The truth."""
        return self._scenario.tired(self._shown.times_VI[:, :on_sale])

    def end_day(
        self, day: int, visitors_N: np.ndarray, codes_N: np.ndarray, clicked_N: np.ndarray, expected_N: np.ndarray
    ) -> None:
        """`Shown` is kept by the loop."""


class Learned:
    """The library's estimate, from the policy's own log; between the days of REFIT_DAYS only the times move on."""

    def __init__(self, visitors: int, items: int) -> None:
        self.fatigue = Fatigue()
        self._items = items
        self._log: list[tuple[np.ndarray, ...]] = []
        self._left = Shown(visitors, items, self.fatigue.half_life_days)

    def factor(self, on_sale: int) -> np.ndarray:
        """What is believed."""
        return self.fatigue.factor(self._left.times_VI[:, :on_sale])

    def end_day(
        self, day: int, visitors_N: np.ndarray, codes_N: np.ndarray, clicked_N: np.ndarray, expected_N: np.ndarray
    ) -> None:
        """Keep the impressions; estimate again when it is time."""
        self._log.append((visitors_N, codes_N, np.full(len(codes_N), day), clicked_N, expected_N))
        self._left.end_day(visitors_N[~clicked_N], codes_N[~clicked_N])
        if day + 1 in REFIT_DAYS:
            self._refit(day)

    def _refit(self, day: int) -> None:
        visitors_N, codes_N, days_N, clicked_N, expected_N = (
            np.concatenate(part) for part in zip(*self._log, strict=True)
        )
        last = min(MOST_IMPRESSIONS, len(visitors_N)) - 1
        read_N = visitors_N <= np.partition(visitors_N, last)[last]  # of the first visitors, all that they saw
        self.fatigue = fit_fatigue(
            Impressions(
                pairs_N=(visitors_N * self._items + codes_N)[read_N],
                days_N=days_N[read_N].astype(float),
                clicked_N=clicked_N[read_N],
                expected_N=expected_N[read_N],
            )
        )
        self._left = Shown(len(self._left.times_VI), self._items, self.fatigue.half_life_days)
        np.add.at(
            self._left.times_VI,
            (visitors_N[~clicked_N], codes_N[~clicked_N]),
            0.5 ** ((day + 1 - days_N[~clicked_N]) / self.fatigue.half_life_days),
        )
