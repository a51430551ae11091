"""The loop: a policy makes slates, visitors click by their hidden taste, the learner learns from that alone."""

from collections.abc import Callable
from typing import Any

import numpy as np

from recommender.errors import InputError
from recommender.simulation.learner import Learner
from recommender.simulation.measures import Measures, Outcome
from recommender.simulation.policies import POLICIES, Context, oracle
from recommender.simulation.scenarios import INTERESTS, SCENARIOS
from recommender.simulation.tiring import Known, Learned, Tiring, Unknown
from recommender.simulation.world import Day, Shown, World

MAX_VISITORS, MAX_DAYS = 10_000, 365  # a day of 10,000 visitors takes 0.3 GB
EARLIER_IMPRESSIONS = 24  # a visitor, all of one interest: what the shop knows before the first day

Report = Callable[[float, str], None]


def simulate(
    *, scenario: str, policy: str, visitors: int, days: int, seed: int, report: Report = lambda share, message: None
) -> dict[str, Any]:
    """Run one policy through one world; deterministic for a seed.

    reward: expected clicks a slate, from the true probabilities. regret: how much less than the oracle earns on the
    same days, which has its own slates behind it. interests_discovered: share of the interests unknown at first.
    coverage: share of all items that were shown. days_to_audience: mean over good new items, None where there are none.
    daily: the same by day. `report` is told the share done. Raises InputError.
    """
    _check(scenario=scenario, policy=policy, visitors=visitors, days=days, seed=seed)
    world = World(SCENARIOS[scenario], visitors, days, seed)
    learner, rng = Learner(visitors, world.items.interest_I, INTERESTS), np.random.default_rng([seed, 3])
    _learn_earlier(world, learner, np.random.default_rng([seed, 4]))
    shown, oracles = (Shown(visitors, len(world.items)) for _ in range(2))
    tiring, measures = _tiring(policy, world, shown), Measures(world)
    for day in world.walk():
        report(day.number / days, f"{scenario}, {policy}: day {day.number + 1} of {days}")
        tired_VI = tiring.factor(day.on_sale)
        codes_VK = POLICIES[policy](Context(world, day, learner, shown, tired_VI, rng))
        probability_VK = _probability(world, day, shown, codes_VK)
        clicked_VK = day.rendered_VK & (day.luck_VK < probability_VK)
        best_VK = codes_VK if policy == "oracle" else oracle(Context(world, day, learner, oracles, tired_VI, rng))
        measures.add(day, Outcome(codes_VK, clicked_VK, probability_VK, _probability(world, day, oracles, best_VK)))
        rows_N, slots_N = np.nonzero(day.rendered_VK)
        seen_N, clicked_N = codes_VK[rows_N, slots_N], clicked_VK[rows_N, slots_N]
        tired_N = np.broadcast_to(tired_VI, (visitors, day.on_sale))[rows_N, seen_N]
        tiring.end_day(day.number, rows_N, seen_N, clicked_N, learner.observe(rows_N, seen_N, clicked_N, tired_N))
        learner.end_day()
        shown.end_day(rows_N, seen_N)
        oracles.end_day(rows_N, best_VK[rows_N, slots_N])
    report(1.0, f"{scenario}, {policy}")
    return measures.result()


def _tiring(policy: str, world: World, shown: Shown) -> Tiring:
    """What a policy holds of fatigue."""
    if policy == "default":
        return Learned(world.visitors, len(world.items))
    return Known(world.scenario, shown) if policy == "fatigue" else Unknown()


def _probability(world: World, day: Day, shown: Shown, codes_VK: np.ndarray) -> np.ndarray:
    return world.click_probability(day.taste_VT * day.demand_T, codes_VK, shown.of(codes_VK))


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
