"""The truth that policies have to find out: what visitors like, what is on sale, and how both move.

Shapes: V visitors, I items (all that will ever be on sale), T interests, K positions, F dimensions of item vectors.
Nothing here depends on a policy, so that all policies of one seed meet the same days and the same luck.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

INTERESTS = 8
FIRST_ITEMS = 160  # on sale on the first day
VECTOR_SIZE = 16
SLATE_SIZE = 8
LIKED = (2, 4)  # a visitor likes 2 or 3 interests
STRENGTH = (0.3, 1.0)  # how much
QUALITY = (0.3, 1.0)  # of an item; what it is worth to those who like its interest
CLICK_BY_CHANCE = 0.01  # probability of a click on an item whose interest the visitor does not like
CLICK_BY_LIKING = 0.4  # added at strength 1 and quality 1
OLDEST_DAYS = 300  # age of the oldest item on the first day
# Probability that a position is rendered before the visitor leaves: what is not rendered cannot be clicked.
RENDERED_K = 0.92 ** np.arange(SLATE_SIZE)


@dataclass(frozen=True)
class Scenario:
    """How fast a world moves. `arrivals`: new items a day. `moves`: share of visitors a day who swap an interest."""

    arrivals: float
    moves: float


SCENARIOS = {"stable": Scenario(arrivals=0.5, moves=0.0), "drift": Scenario(arrivals=3.0, moves=0.02)}


@dataclass(frozen=True, eq=False)
class Items:
    """interest_I: the interest that an item serves, which the catalog tells as its category. quality_I: hidden.
    arrival_I: day from which it is on sale, counted from 0; negative for those of the first day. vectors_IF: unit rows.
    """

    interest_I: np.ndarray
    quality_I: np.ndarray
    arrival_I: np.ndarray
    vectors_IF: np.ndarray

    def __len__(self) -> int:
        return len(self.interest_I)


@dataclass(frozen=True, eq=False)
class Day:
    """One day, on which every visitor comes once. taste_VT: 0..1, 0 for what a visitor does not like.
    begun_VT: liked since today. on_sale: items come in the order of their arrival, so these are the first `on_sale`.
    rendered_VK, luck_VK: whether a position is rendered; it is clicked where luck is below the click's probability.
    """

    number: int
    taste_VT: np.ndarray
    begun_VT: np.ndarray
    on_sale: int
    rendered_VK: np.ndarray
    luck_VK: np.ndarray


class World:
    """A made-up shop of one seed. `known_V` is the one liked interest that each visitor showed before the first day."""

    def __init__(self, scenario: Scenario, visitors: int, days: int, seed: int) -> None:
        self.visitors, self.days = visitors, days
        rng_items, rng_tastes, self._rng = (np.random.default_rng([seed, part]) for part in range(3))
        self.items = _items(rng_items, scenario, days)
        self._scenario = scenario
        self.first_taste_VT, self.known_V = _tastes(rng_tastes, visitors)

    def walk(self) -> Iterator[Day]:
        """The days in their order. Can be walked once."""
        taste_VT = self.first_taste_VT.copy()
        begun_VT = taste_VT > 0
        for number in range(self.days):
            if number:
                begun_VT = _move(taste_VT, self._scenario.moves, self._rng)
            yield Day(
                number=number,
                taste_VT=taste_VT.copy(),
                begun_VT=begun_VT,
                on_sale=int(np.count_nonzero(self.items.arrival_I <= number)),
                rendered_VK=self._rng.random((self.visitors, SLATE_SIZE)) < RENDERED_K,
                luck_VK=self._rng.random((self.visitors, SLATE_SIZE)),
            )

    def click_probability(self, taste_BT: np.ndarray, codes_BN: np.ndarray) -> np.ndarray:
        """(B, N) that a visitor of taste b clicks the item codes_BN[b, n] once it is rendered."""
        liking_BN = np.take_along_axis(taste_BT, self.items.interest_I[codes_BN], axis=1)
        return CLICK_BY_CHANCE + CLICK_BY_LIKING * liking_BN * self.items.quality_I[codes_BN]


def _items(rng: np.random.Generator, scenario: Scenario, days: int) -> Items:
    later = int(scenario.arrivals * max(days - 1, 0))
    arrival_I = np.concatenate(
        [
            -np.sort(rng.integers(0, OLDEST_DAYS, FIRST_ITEMS))[::-1],
            1 + np.floor(np.arange(later) / scenario.arrivals).astype(int),
        ]
    )
    count = len(arrival_I)
    interest_I = np.concatenate([rng.permutation(FIRST_ITEMS), rng.permutation(later)]) % INTERESTS
    centers_TF = rng.normal(size=(INTERESTS, VECTOR_SIZE))
    vectors_IF = centers_TF[interest_I] + 0.5 * rng.normal(size=(count, VECTOR_SIZE))
    vectors_IF /= np.linalg.norm(vectors_IF, axis=1, keepdims=True)
    return Items(interest_I, rng.uniform(*QUALITY, count), arrival_I, vectors_IF)


def _tastes(rng: np.random.Generator, visitors: int) -> tuple[np.ndarray, np.ndarray]:
    """Tastes (V, T), and of each visitor a liked interest (V,)."""
    order_VT = rng.permuted(np.tile(np.arange(INTERESTS), (visitors, 1)), axis=1)
    count_V = rng.integers(*LIKED, visitors)
    taste_VT = np.zeros((visitors, INTERESTS))
    liked_VT = np.arange(INTERESTS) < count_V[:, None]
    np.put_along_axis(taste_VT, order_VT, liked_VT * rng.uniform(*STRENGTH, taste_VT.shape), axis=1)
    return taste_VT, order_VT[:, 0]


def _move(taste_VT: np.ndarray, share: float, rng: np.random.Generator) -> np.ndarray:
    """Some visitors swap a liked interest for another of a new strength, in place; which ones began (V, T)."""
    moves_V = rng.random(len(taste_VT)) < share
    begun_VT = np.zeros(taste_VT.shape, bool)
    for visitor in np.flatnonzero(moves_V):
        lost = rng.choice(np.flatnonzero(taste_VT[visitor] > 0))
        won = rng.choice(np.flatnonzero(taste_VT[visitor] == 0))
        taste_VT[visitor, lost] = 0.0
        taste_VT[visitor, won] = rng.uniform(*STRENGTH)
        begun_VT[visitor, won] = True
    return begun_VT
