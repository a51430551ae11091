"""Policies: from what is believed (or, for the oracle, what is true) to the slates of a day, codes (V, K)."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from recommender.simulation.learner import Learner
from recommender.simulation.scenarios import SLATE_SIZE
from recommender.simulation.world import Day, Shown, World
from recommender.slate import DEFAULT_KNOBS, SlateCandidates
from recommender.slate.many import make_slates

EPSILON = 0.1  # share of slots that the policy `epsilon` gives to any item on sale


@dataclass(frozen=True, eq=False)
class Context:
    """All that a policy may ask. Only the oracle looks at the world's tastes and qualities.
    shown: what the policy's own slates have rendered before today. tired_VI: what the policy believes of fatigue."""

    world: World
    day: Day
    learner: Learner
    shown: Shown
    tired_VI: np.ndarray
    rng: np.random.Generator


def greedy(now: Context) -> np.ndarray:
    """What is expected to be clicked most."""
    return best(now.learner.expected(now.day.on_sale))


def fatigue(now: Context) -> np.ndarray:
    """The greedy slate of somebody who knows how visitors tire."""
    return best(now.learner.expected(now.day.on_sale) * now.tired_VI)


def epsilon(now: Context) -> np.ndarray:
    """The greedy slate; each slot holds with probability EPSILON an item drawn from all others on sale."""
    slates_VK = greedy(now)
    explored_VK = now.rng.random(slates_VK.shape) < EPSILON
    luck_VI = now.rng.random((len(slates_VK), now.day.on_sale))
    np.put_along_axis(luck_VI, slates_VK, -1.0, axis=1)  # what the slate holds is no other item
    slates_VK[explored_VK] = best(luck_VI)[explored_VK]
    return slates_VK


def thompson(now: Context) -> np.ndarray:
    """What one draw of the beliefs says is clicked most."""
    return best(now.learner.sampled(now.day.on_sale, now.rng))


def default(now: Context) -> np.ndarray:
    """The sampling step of serving with the knobs that a new placement starts with."""
    items, on_sale = now.world.items, now.day.on_sale
    categories = [str(interest) for interest in items.interest_I[:on_sale]]
    shop = SlateCandidates(
        item_ids=[str(code) for code in range(on_sale)],
        scores=np.ones(on_sale),
        vectors=items.vectors_IF[:on_sale],
        categories=categories,
        age_days=(now.day.number - items.arrival_I[:on_sale]).astype(float),
        doubts=now.learner.items.doubts_I[:on_sale],
    )
    codes_VK, _ = make_slates(
        shop,
        DEFAULT_KNOBS,
        scores_BC=now.learner.expected(on_sale) * now.tired_VI,
        profiles_BG=now.learner.clicks_VT[:, [int(interest) for interest in dict.fromkeys(categories)]],
        uniforms_BK=now.rng.random((now.world.visitors, SLATE_SIZE)),
    )
    return codes_VK


def oracle(now: Context) -> np.ndarray:
    """What is truly clicked most today."""
    return best_slates(now.world, now.day, now.shown)


def best_slates(world: World, day: Day, shown: Shown) -> np.ndarray:
    """Of who knows what is clicked most once rendered, after what was shown."""
    codes_VI = np.broadcast_to(np.arange(day.on_sale), (world.visitors, day.on_sale))
    return best(world.click_probability(day.taste_VT * day.demand_T, codes_VI, shown.of(codes_VI)))


def best(scores_VI: np.ndarray) -> np.ndarray:
    """Codes (V, K) of the highest scores, best first; equal ones in the order of the items."""
    return np.argsort(-scores_VI, axis=1, kind="stable")[:, :SLATE_SIZE]


POLICIES: dict[str, Callable[[Context], np.ndarray]] = {
    "greedy": greedy,
    "fatigue": fatigue,
    "epsilon": epsilon,
    "thompson": thompson,
    "default": default,
    "oracle": oracle,
}
