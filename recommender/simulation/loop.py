"""The loop: a policy makes slates, visitors click by their hidden taste, the learner learns from that alone."""

from typing import Any

import numpy as np

from recommender.errors import InputError
from recommender.simulation.learner import Learner
from recommender.simulation.measures import Measures, Outcome
from recommender.simulation.policies import POLICIES, Situation, oracle
from recommender.simulation.world import INTERESTS, SCENARIOS, World

MAX_VISITORS, MAX_DAYS = 10_000, 365  # a day of 10,000 visitors takes 0.3 GB
EARLIER_IMPRESSIONS = 24  # a visitor, all of one interest: what the shop knows before the first day


def simulate(*, scenario: str, policy: str, visitors: int, days: int, seed: int) -> dict[str, Any]:
    """Run one policy through one world; deterministic for a seed.

    reward: expected clicks a slate, from the true probabilities. regret: how much less than the oracle's on the same
    days. interests_discovered: share of the interests unknown at first. coverage: share of all items that were shown.
    days_to_audience: mean over new items, None where there are none. daily: the same by day. Raises InputError.
    """
    _check(scenario=scenario, policy=policy, visitors=visitors, days=days, seed=seed)
    world = World(SCENARIOS[scenario], visitors, days, seed)
    learner = Learner(visitors, world.items.interest_I, INTERESTS)
    rng = np.random.default_rng([seed, 3])
    _learn_earlier(world, learner, np.random.default_rng([seed, 4]))
    measures = Measures(world)
    for day in world.walk():
        now = Situation(world, day, learner, rng)
        codes_VK = POLICIES[policy](now)
        probability_VK = world.click_probability(day.taste_VT, codes_VK)
        clicked_VK = day.rendered_VK & (day.luck_VK < probability_VK)
        best_VK = world.click_probability(day.taste_VT, oracle(now))
        measures.add(day, Outcome(codes_VK, clicked_VK, probability_VK, best_VK))
        rows_N, slots_N = np.nonzero(day.rendered_VK)
        learner.observe(rows_N, codes_VK[rows_N, slots_N], clicked_VK[rows_N, slots_N])
        learner.end_day()
    return measures.result()


def _learn_earlier(world: World, learner: Learner, rng: np.random.Generator) -> None:
    """Impressions of random items of the one interest that each visitor is known for."""
    first = world.items.interest_I[world.items.arrival_I <= 0]
    codes_VN = np.stack([rng.choice(np.flatnonzero(first == known), EARLIER_IMPRESSIONS) for known in world.known_V])
    clicked_VN = rng.random(codes_VN.shape) < world.click_probability(world.first_taste_VT, codes_VN)
    rows_N = np.repeat(np.arange(world.visitors), EARLIER_IMPRESSIONS)
    learner.observe(rows_N, codes_VN.ravel(), clicked_VN.ravel())
    learner.end_day()


def _check(*, scenario: str, policy: str, visitors: int, days: int, seed: int) -> None:
    if scenario not in SCENARIOS:
        raise InputError(f"scenario: must be one of {', '.join(SCENARIOS)}")
    if policy not in POLICIES:
        raise InputError(f"policy: must be one of {', '.join(POLICIES)}")
    for name, value, least, most in (
        ("visitors", visitors, 1, MAX_VISITORS),
        ("days", days, 1, MAX_DAYS),
        ("seed", seed, 0, 2**63 - 1),
    ):
        if not least <= value <= most:
            raise InputError(f"{name}: must be a whole number from {least:,} to {most:,}")
