"""What a shop that Forage serves believes of its items and of how visitors tire: learned as its workers do."""

import numpy as np

from recommender.beliefs import Fatigue, ItemBeliefs
from recommender.beliefs.rendered import (
    LEARNED_DAYS,
    Curve,
    Rendered,
    earned,
    fitted_expectation,
    fitted_fatigue,
)
from recommender.simulation.tiring import REFIT_DAYS
from recommender.simulation.world import Shown
from recommender.slate.record import BELIEF_STEPS

PLACEMENT = 0  # the only one


class Beliefs:
    """Learned at the end of each day from the slots of LEARNED_DAYS; how visitors tire on the days of REFIT_DAYS, since
    it moves slowly and takes a third of a second. items: of all that will ever be on sale."""

    def __init__(self, visitors: int, items: int) -> None:
        self.items, self.fatigue = ItemBeliefs.of_nothing(items), Fatigue()
        self.impressions_I = np.zeros(items)
        self._log: list[tuple[int, Rendered]] = []
        self._left = Shown(visitors, items, self.fatigue.half_life_days)

    @property
    def doubts_I(self) -> np.ndarray:
        """In the steps in which the log keeps them."""
        doubts_I: np.ndarray = np.rint(self.items.doubts_I * BELIEF_STEPS) / BELIEF_STEPS
        return doubts_I

    def tired(self, visitor: int, codes_C: np.ndarray) -> np.ndarray:
        """What is left of the chances of these items (C,) after the visitor was shown them and left them."""
        factor_C = self.fatigue.factor(self._left.times_VI[visitor, codes_C])
        tired_C: np.ndarray = np.maximum(np.rint(factor_C * BELIEF_STEPS), 1.0) / BELIEF_STEPS
        return tired_C

    def learn(self, day: int, rendered: Rendered) -> None:
        """From the slots of a day that ends."""
        np.add.at(self.impressions_I, rendered.items_N, 1.0)
        self._log = [(then, part) for then, part in self._log if then > day - LEARNED_DAYS] + [(day, rendered)]
        seen = _joined([part for _, part in self._log])
        expectation = fitted_expectation(seen, PLACEMENT)
        is_left_N = ~rendered.clicked_N
        self._left.end_day(rendered.visitors_N[is_left_N], rendered.items_N[is_left_N])
        if day + 1 in REFIT_DAYS:
            self.fatigue = fitted_fatigue(seen, PLACEMENT, expectation)
            self._left = _left(seen, day + 1, self.fatigue, self._left.times_VI.shape)
        codes_N, clicks_N, expected_N = earned(seen, PLACEMENT, Curve(expectation, self.fatigue), until_day=day + 1)
        self.items = ItemBeliefs.of_nothing(len(self.items))
        self.items.clicks_I[codes_N], self.items.expected_I[codes_N] = clicks_N, expected_N


def _joined(parts: list[Rendered]) -> Rendered:
    return Rendered(
        *(np.concatenate(columns) for columns in zip(*(vars(part).values() for part in parts), strict=True))
    )


def _left(seen: Rendered, day: int, fatigue: Fatigue, shape: tuple[int, ...]) -> Shown:
    """How often each item was left by each visitor, faded until the morning of a day."""
    left = Shown(shape[0], shape[1], fatigue.half_life_days)
    past = seen.where(~seen.clicked_N)
    np.add.at(left.times_VI, (past.visitors_N, past.items_N), 0.5 ** ((day - past.days_N) / fatigue.half_life_days))
    return left
