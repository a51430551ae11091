"""The truth that policies have to find out: what visitors like, what is on sale, and how both move.

Shapes: V visitors, I items (all that will ever be on sale), T interests, K positions, F dimensions of item vectors.
Nothing here depends on a policy but `Shown`, so that all policies of one seed meet the same days and the same luck.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from recommender.simulation import scenarios
from recommender.simulation.scenarios import FIRST_ITEMS, INTERESTS, RENDERED_K, SLATE_SIZE, Scenario

VECTOR_SIZE = 16


@dataclass(frozen=True, eq=False)
class Items:
    """interest_I: the interest that an item serves, which the catalog tells as its category. quality_I: hidden.
    arrival_I: day from which it is on sale, counted from 0; negative for those of the first day. vectors_IF: unit rows.
    price_I: logarithm of the price over the median of its kind.
    """

    interest_I: np.ndarray
    quality_I: np.ndarray
    arrival_I: np.ndarray
    vectors_IF: np.ndarray
    price_I: np.ndarray

    def __len__(self) -> int:
        return len(self.interest_I)


@dataclass(frozen=True, eq=False)
class Day:
    """One day, on which every visitor comes once. taste_VT: 0..1, 0 for what a visitor does not like.
    begun_VT: liked since today. demand_T: factor of the season. on_sale: items come in the order of their arrival, so
    these are the first `on_sale`.
    rendered_VK, luck_VK: whether a position is rendered; it is clicked where luck is below the click's probability.
    """

    number: int
    taste_VT: np.ndarray
    begun_VT: np.ndarray
    demand_T: np.ndarray
    on_sale: int
    rendered_VK: np.ndarray
    luck_VK: np.ndarray


class World:
    """A made-up shop of one seed. `known_V` is the one liked interest that each visitor showed before the first day."""

    def __init__(self, scenario: Scenario, visitors: int, days: int, seed: int) -> None:
        self.scenario, self.visitors, self.days = scenario, visitors, days
        rng_items, rng_tastes, self._rng, rng_prices = (np.random.default_rng([seed, part]) for part in (0, 1, 2, 5))
        self.items = _items(rng_items, scenario, days, rng_prices)
        self.first_taste_VT, self.known_V = _tastes(rng_tastes, visitors)
        self._sensitivity_V = rng_prices.uniform(*scenarios.PRICE_SENSITIVITY, visitors)

    def walk(self) -> Iterator[Day]:
        """The days in their order. Can be walked once."""
        taste_VT = self.first_taste_VT.copy()
        begun_VT = taste_VT > 0
        for number in range(self.days):
            if number:
                begun_VT = _move(taste_VT, self.scenario.moves, self._rng)
            yield Day(
                number=number,
                taste_VT=taste_VT.copy(),
                begun_VT=begun_VT,
                demand_T=self.scenario.demand(number),
                on_sale=int(np.count_nonzero(self.items.arrival_I <= number)),
                rendered_VK=self._rng.random((self.visitors, SLATE_SIZE)) < RENDERED_K,
                luck_VK=self._rng.random((self.visitors, SLATE_SIZE)),
            )

    def click_probability(
        self, liking_VT: np.ndarray, codes_VN: np.ndarray, shown_VN: np.ndarray | float = 0.0
    ) -> np.ndarray:
        """(V, N) that visitor v clicks the item codes_VN[v, n] once it is rendered, after so many impressions of it.
        liking_VT: taste times demand."""
        items = self.items
        liking_VN = np.take_along_axis(liking_VT, items.interest_I[codes_VN], axis=1)
        dear_VN = np.exp(-self._sensitivity_V[:, None] * items.price_I[codes_VN])
        fresh_VN = scenarios.CLICK_BY_CHANCE + (
            scenarios.CLICK_BY_LIKING * liking_VN * items.quality_I[codes_VN] * dear_VN
        )
        tired_VN = self.scenario.tired(np.asarray(shown_VN))
        return np.asarray(np.minimum(fresh_VN, scenarios.MOST_LIKELY) * tired_VN)


class Shown:
    """How often each item was rendered to each visitor (V, I), faded: what a policy's own slates leave behind."""

    def __init__(self, visitors: int, items: int, half_life_days: float = scenarios.TIRING_HALF_LIFE_DAYS) -> None:
        self.times_VI = np.zeros((visitors, items))
        self._kept = 0.5 ** (1.0 / half_life_days)

    def of(self, codes_VN: np.ndarray) -> np.ndarray:
        """(V, N) of these items."""
        return np.take_along_axis(self.times_VI, codes_VN, axis=1)

    def end_day(self, visitors_N: np.ndarray, codes_N: np.ndarray) -> None:
        """Count N slots of a day, of which no two are of the same visitor and item, and let a day pass."""
        self.times_VI[visitors_N, codes_N] += 1.0
        self.times_VI *= self._kept


def _items(rng: np.random.Generator, scenario: Scenario, days: int, rng_prices: np.random.Generator) -> Items:
    later = int(scenario.arrivals * max(days - 1, 0))
    arrival_I = np.concatenate(
        [
            -np.sort(rng.integers(0, scenarios.OLDEST_DAYS, FIRST_ITEMS))[::-1],
            1 + np.floor(np.arange(later) / scenario.arrivals).astype(int),
        ]
    )
    count = len(arrival_I)
    interest_I = np.concatenate([rng.permutation(FIRST_ITEMS), rng.permutation(later)]) % INTERESTS
    centers_TF = rng.normal(size=(INTERESTS, VECTOR_SIZE))
    vectors_IF = centers_TF[interest_I] + 0.5 * rng.normal(size=(count, VECTOR_SIZE))
    vectors_IF /= np.linalg.norm(vectors_IF, axis=1, keepdims=True)
    price_I = rng_prices.normal(0.0, scenarios.PRICE_SPREAD, count)
    return Items(interest_I, rng.uniform(*scenarios.QUALITY, count), arrival_I, vectors_IF, price_I)


def _tastes(rng: np.random.Generator, visitors: int) -> tuple[np.ndarray, np.ndarray]:
    """Tastes (V, T), and of each visitor a liked interest (V,)."""
    order_VT = rng.permuted(np.tile(np.arange(INTERESTS), (visitors, 1)), axis=1)
    count_V = rng.integers(*scenarios.LIKED, visitors)
    taste_VT = np.zeros((visitors, INTERESTS))
    liked_VT = np.arange(INTERESTS) < count_V[:, None]
    np.put_along_axis(taste_VT, order_VT, liked_VT * rng.uniform(*scenarios.STRENGTH, taste_VT.shape), axis=1)
    return taste_VT, order_VT[:, 0]


def _move(taste_VT: np.ndarray, share: float, rng: np.random.Generator) -> np.ndarray:
    """Some visitors swap a liked interest for another of a new strength, in place; which ones began (V, T)."""
    moves_V = rng.random(len(taste_VT)) < share
    begun_VT = np.zeros(taste_VT.shape, bool)
    for visitor in np.flatnonzero(moves_V):
        lost = rng.choice(np.flatnonzero(taste_VT[visitor] > 0))
        won = rng.choice(np.flatnonzero(taste_VT[visitor] == 0))
        taste_VT[visitor, lost] = 0.0
        taste_VT[visitor, won] = rng.uniform(*scenarios.STRENGTH)
        begun_VT[visitor, won] = True
    return begun_VT
