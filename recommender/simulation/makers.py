"""Who makes the slates of the laboratory, and learns from what came of them."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from recommender.simulation.learner import Learner
from recommender.simulation.policies import POLICIES, Context
from recommender.simulation.scenarios import INTERESTS
from recommender.simulation.tiring import Known, Learned, Tiring, Unknown
from recommender.simulation.world import Day, Shown, World

EARLIER_IMPRESSIONS = 24  # a visitor, all of one interest: what the shop knows before the first day


@dataclass(frozen=True, eq=False)
class Seen:
    """N rendered slots of a day, no two of the same visitor and item: whose, in which place of the slate (from 0),
    which item, and whether it was clicked."""

    visitors_N: np.ndarray
    slots_N: np.ndarray
    codes_N: np.ndarray
    clicked_N: np.ndarray


class SlateMaker(Protocol):
    """Asked for the slates of a day (V, K), and told what came of them before the next one."""

    def slates(self, day: Day) -> np.ndarray: ...

    def learn(self, day: Day, seen: Seen) -> None: ...


def earlier_impressions(world: World, rng: np.random.Generator) -> Seen:
    """Of random items of the one interest that each visitor is known for."""
    first = world.items.interest_I[world.items.arrival_I <= 0]
    codes_VN = np.stack([rng.choice(np.flatnonzero(first == known), EARLIER_IMPRESSIONS) for known in world.known_V])
    clicked_VN = rng.random(codes_VN.shape) < world.click_probability(world.first_taste_VT, codes_VN)
    rows_N = np.repeat(np.arange(world.visitors), EARLIER_IMPRESSIONS)
    slots_N = np.tile(np.arange(EARLIER_IMPRESSIONS), world.visitors)
    return Seen(rows_N, slots_N, codes_VN.ravel(), clicked_VN.ravel())


class CountingMaker:
    """A policy over the small learner that counts."""

    def __init__(self, world: World, policy: str, shown: Shown, seed: int) -> None:
        self._world, self._policy, self._shown = world, policy, shown
        self._learner = Learner(world.visitors, world.items.interest_I, INTERESTS)
        self._rng = np.random.default_rng([seed, 3])
        self._tiring = tiring_of(policy, world, shown)
        self._tired_VI = np.ones((1, len(world.items)))
        earlier = earlier_impressions(world, np.random.default_rng([seed, 4]))
        self._learner.observe(earlier.visitors_N, earlier.codes_N, earlier.clicked_N)
        self._learner.end_day()

    def slates(self, day: Day) -> np.ndarray:
        """As the policy makes them of what was counted."""
        self._tired_VI = self._tiring.factor(day.on_sale)
        now = Context(self._world, day, self._learner, self._shown, self._tired_VI, self._rng)
        return POLICIES[self._policy](now)

    def learn(self, day: Day, seen: Seen) -> None:
        """Count, and let a day pass."""
        tired_VI = np.broadcast_to(self._tired_VI, (self._world.visitors, day.on_sale))
        tired_N = tired_VI[seen.visitors_N, seen.codes_N]
        expected_N = self._learner.observe(seen.visitors_N, seen.codes_N, seen.clicked_N, tired_N)
        self._tiring.end_day(day.number, seen.visitors_N, seen.codes_N, seen.clicked_N, expected_N)
        self._learner.end_day()


def tiring_of(policy: str, world: World, shown: Shown) -> Tiring:
    """What a policy that counts holds of fatigue."""
    if policy == "default":
        return Learned(world.visitors, len(world.items))
    return Known(world.scenario, shown) if policy == "fatigue" else Unknown()
