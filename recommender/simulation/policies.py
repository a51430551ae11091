"""Policies: from what is believed (or, for the oracle, what is true) to the slates of a day, codes (V, K)."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from recommender.simulation.learner import Learner
from recommender.simulation.world import SLATE_SIZE, Day, World
from recommender.slate import DEFAULT_KNOBS, SlateCandidates, make_slate

EPSILON = 0.1  # share of slots that the policy `epsilon` gives to any item on sale


@dataclass(frozen=True, eq=False)
class Situation:
    """All that a policy may ask. Only the oracle looks at the world's tastes and qualities."""

    world: World
    day: Day
    learner: Learner
    rng: np.random.Generator


def greedy(now: Situation) -> np.ndarray:
    """What is expected to be clicked most."""
    return best(now.learner.expected(now.day.on_sale))


def epsilon(now: Situation) -> np.ndarray:
    """The greedy slate; each slot holds with probability EPSILON an item drawn from all others on sale."""
    slates_VK = greedy(now)
    rows_N, slots_N = np.nonzero(now.rng.random(slates_VK.shape) < EPSILON)
    for row, slot in zip(rows_N, slots_N, strict=True):
        others = np.setdiff1d(np.arange(now.day.on_sale), slates_VK[row])
        slates_VK[row, slot] = now.rng.choice(others)
    return slates_VK


def thompson(now: Situation) -> np.ndarray:
    """What one draw of the beliefs says is clicked most."""
    return best(now.learner.sampled(now.day.on_sale, now.rng))


def default(now: Situation) -> np.ndarray:
    """The sampling step of serving with the knobs that a new placement starts with."""
    expected_VI = now.learner.expected(now.day.on_sale)
    return np.stack([_served(now, visitor, scores_I) for visitor, scores_I in enumerate(expected_VI)])


def oracle(now: Situation) -> np.ndarray:
    """What is truly clicked most: no slate of this visitor on this day can earn more."""
    return best(true_probability(now.world, now.day))


def true_probability(world: World, day: Day) -> np.ndarray:
    """(V, I) of a click once rendered, for the items on sale."""
    codes_VI = np.broadcast_to(np.arange(day.on_sale), (world.visitors, day.on_sale))
    return world.click_probability(day.taste_VT, codes_VI)


def best(scores_VI: np.ndarray) -> np.ndarray:
    """Codes (V, K) of the highest scores, best first; equal ones in the order of the items."""
    return np.argsort(-scores_VI, axis=1, kind="stable")[:, :SLATE_SIZE]


def _served(now: Situation, visitor: int, scores_I: np.ndarray) -> np.ndarray:
    items, on_sale = now.world.items, now.day.on_sale
    candidates = SlateCandidates(
        item_ids=[str(code) for code in range(on_sale)],
        scores=scores_I,
        vectors=items.vectors_IF[:on_sale],
        categories=[str(interest) for interest in items.interest_I[:on_sale]],
        impressions=now.learner.impressions_I[:on_sale],
        age_days=(now.day.number - items.arrival_I[:on_sale]).astype(float),
        popularity=now.learner.clicks_I[:on_sale],
    )
    profile = {str(interest): float(clicks) for interest, clicks in enumerate(now.learner.clicks_VT[visitor])}
    return make_slate(candidates, DEFAULT_KNOBS, SLATE_SIZE, profile=profile, rng=now.rng).indices


POLICIES: dict[str, Callable[[Situation], np.ndarray]] = {
    "greedy": greedy,
    "epsilon": epsilon,
    "thompson": thompson,
    "default": default,
    "oracle": oracle,
}
