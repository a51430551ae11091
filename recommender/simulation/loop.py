"""The loop: a policy makes slates, visitors click by their hidden taste, the learner learns from that alone."""

from collections.abc import Callable
from typing import Any

import numpy as np

from recommender.errors import InputError
from recommender.simulation.makers import CountingMaker, Seen, SlateMaker
from recommender.simulation.measures import Measures, Outcome
from recommender.simulation.policies import POLICIES, best_slates
from recommender.simulation.scenarios import SCENARIOS
from recommender.simulation.world import Day, Shown, World

LEARNERS = ("counts", "forage")
MAX_VISITORS, MAX_DAYS = 10_000, 365  # a day of 10,000 visitors takes 0.3 GB

Report = Callable[[float, str], None]


def simulate(
    *,
    scenario: str,
    policy: str,
    visitors: int,
    days: int,
    seed: int,
    learner: str = "counts",
    report: Report = lambda share, message: None,
) -> dict[str, Any]:
    """Run one policy through one world; deterministic for a seed.

    reward: expected clicks a slate, from the true probabilities. regret: how much less than the oracle earns on the
    same days, which has its own slates behind it. interests_discovered: share of the interests unknown at first.
    coverage: share of all items that were shown. days_to_audience: mean over good new items, None where there are none.
    daily: the same by day. `learner`: "counts", or "forage", which trains the library's models on what its own slates
    brought, every few days. `report` is told the share done. Raises InputError.
    """
    _check(scenario=scenario, policy=policy, visitors=visitors, days=days, seed=seed, learner=learner)
    world = World(SCENARIOS[scenario], visitors, days, seed)
    shown, oracles = (Shown(visitors, len(world.items)) for _ in range(2))
    maker, measures = _maker(learner, world, policy, shown, seed), Measures(world)
    for day in world.walk():
        report(day.number / days, f"{scenario}, {policy}: day {day.number + 1} of {days}")
        codes_VK = maker.slates(day)
        probability_VK = _probability(world, day, shown, codes_VK)
        clicked_VK = day.rendered_VK & (day.luck_VK < probability_VK)
        best_VK = codes_VK if policy == "oracle" else best_slates(world, day, oracles)
        measures.add(day, Outcome(codes_VK, clicked_VK, probability_VK, _probability(world, day, oracles, best_VK)))
        rows_N, slots_N = np.nonzero(day.rendered_VK)
        seen = Seen(rows_N, slots_N, codes_VK[rows_N, slots_N], clicked_VK[rows_N, slots_N])
        maker.learn(day, seen)
        shown.end_day(rows_N, seen.codes_N)
        oracles.end_day(rows_N, best_VK[rows_N, slots_N])
    report(1.0, f"{scenario}, {policy}")
    return measures.result()


def _maker(learner: str, world: World, policy: str, shown: Shown, seed: int) -> SlateMaker:
    if learner == "counts":
        return CountingMaker(world, policy, shown, seed)
    from recommender.simulation.forage.maker import ForageMaker  # trains, and so takes seconds to import

    return ForageMaker(world, policy, shown, seed)


def _probability(world: World, day: Day, shown: Shown, codes_VK: np.ndarray) -> np.ndarray:
    return world.click_probability(day.taste_VT * day.demand_T, codes_VK, shown.of(codes_VK))


def _check(*, scenario: str, policy: str, visitors: int, days: int, seed: int, learner: str) -> None:
    for name, value, known in (
        ("scenario", scenario, SCENARIOS),
        ("policy", policy, POLICIES),
        ("learner", learner, LEARNERS),
    ):
        if value not in known:
            raise InputError(f"{name}: must be one of {', '.join(known)}")
    for name, number, least, most in (
        ("visitors", visitors, 1, MAX_VISITORS),
        ("days", days, 1, MAX_DAYS),
        ("seed", seed, 0, 2**63 - 1),
    ):
        if not least <= number <= most:
            raise InputError(f"{name}: must be a whole number from {least:,} to {most:,}")
