"""Policies over Forage itself: every few days a training, every day beliefs, every slate by the draw of serving."""

from dataclasses import dataclass

import numpy as np

from recommender.beliefs.items import STRENGTH
from recommender.beliefs.rendered import Rendered
from recommender.serving.recommender import Recommender
from recommender.simulation.forage.beliefs import PLACEMENT, Beliefs
from recommender.simulation.forage.clicks import Clicks, category, item_id, trained
from recommender.simulation.forage.pools import Pool, Shelf
from recommender.simulation.makers import Seen, earlier_impressions
from recommender.simulation.policies import EPSILON, best_slates
from recommender.simulation.scenarios import SLATE_SIZE
from recommender.simulation.tiring import Known
from recommender.simulation.world import Day, Shown, World
from recommender.slate import DEFAULT_KNOBS, Knobs, SlateCandidates, make_slate

RETRAIN_DAYS = 5  # between two trainings; the first is before the first day
# As serving would be told. `thompson` draws the worth of items, all that Forage holds uncertain, for every slate.
KNOBS = {
    "greedy": Knobs(),
    "fatigue": Knobs(fatigue=1.0),
    "epsilon": Knobs(),
    "thompson": Knobs(),
    "default": DEFAULT_KNOBS,
}


@dataclass(frozen=True, eq=False)
class Served:
    """The slates of a day (V, K): item codes, the model's scores, propensities."""

    codes_VK: np.ndarray
    scores_VK: np.ndarray
    propensities_VK: np.ndarray


class ForageMaker:
    """Serves a world by one of the policies; the oracle needs no model."""

    def __init__(self, world: World, policy: str, shown: Shown, seed: int) -> None:
        self._world, self._policy, self._seed, self._shown = world, policy, seed, shown
        self._rng = np.random.default_rng([seed, 3])
        self._clicks, self._beliefs = Clicks(world.visitors), Beliefs(world.visitors, len(world.items))
        self._law = Known(world.scenario, shown) if policy == "fatigue" else None
        self._model: Recommender | None = None
        self._served = Served(*(np.zeros((0, SLATE_SIZE)) for _ in range(3)))
        self._clicks.add(-1, earlier_impressions(world, np.random.default_rng([seed, 4])))

    def slates(self, day: Day) -> np.ndarray:
        """Trains where it is due, and draws a slate for each visitor."""
        if self._policy == "oracle":
            return best_slates(self._world, day, self._shown)
        if day.number % RETRAIN_DAYS == 0:
            self._model = trained(self._clicks, self._world, day.on_sale, self._seed)
        shelf = Shelf(self._world, day, self._model, self._beliefs.impressions_I)
        pools = shelf.pools(self._clicks.histories)
        law_VI = None if self._law is None else self._law.factor(day.on_sale)
        rows = [
            self._slate(visitor, pool, shelf, None if law_VI is None else law_VI[visitor])
            for visitor, pool in enumerate(pools)
        ]
        self._served = Served(*(np.stack(columns) for columns in zip(*rows, strict=True)))
        return self._served.codes_VK

    def learn(self, day: Day, seen: Seen) -> None:
        """Keep what was clicked for the next training, and renew what is believed."""
        if self._policy == "oracle":
            return
        where = seen.visitors_N, seen.slots_N
        rendered = Rendered(
            placements_N=np.full(len(seen.codes_N), PLACEMENT),
            visitors_N=seen.visitors_N,
            items_N=seen.codes_N,
            positions_N=seen.slots_N + 1,
            scores_N=self._served.scores_VK[where],
            propensities_N=self._served.propensities_VK[where],
            days_N=np.full(len(seen.codes_N), float(day.number)),
            clicked_N=seen.clicked_N,
        )
        self._beliefs.learn(day.number, rendered)
        self._clicks.add(day.number, seen)

    def _slate(
        self, visitor: int, pool: Pool, shelf: Shelf, law_I: np.ndarray | None
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Codes, scores and propensities (K,)."""
        candidates = self._candidates(visitor, pool, shelf, law_I)
        drawn = make_slate(
            candidates, KNOBS[self._policy], SLATE_SIZE, profile=self._mix(visitor, shelf), rng=self._rng
        )
        places_K, propensities_K = drawn.indices, drawn.propensities
        if self._policy == "epsilon":
            places_K, propensities_K = self._strewn(places_K, len(pool.codes_C))
        return pool.codes_C[places_K], pool.scores_C[places_K], propensities_K

    def _candidates(self, visitor: int, pool: Pool, shelf: Shelf, law_I: np.ndarray | None) -> SlateCandidates:
        codes_C, beliefs = pool.codes_C, self._beliefs
        knobs = KNOBS[self._policy]
        tired_C = law_I[codes_C] if law_I is not None else beliefs.tired(visitor, codes_C) if knobs.fatigue else None
        return SlateCandidates(
            item_ids=[item_id(code) for code in codes_C.tolist()],
            scores=pool.scores_C,
            vectors=pool.vectors_CV,
            categories=[category(interest) for interest in shelf.interest_I[codes_C].tolist()],
            age_days=shelf.ages_I[codes_C],
            popularity=pool.interactions_C,
            worths=self._worths(codes_C),
            doubts=beliefs.doubts_I[codes_C] if knobs.exploration else None,
            fatigue=tired_C,
        )

    def _worths(self, codes_C: np.ndarray) -> np.ndarray:
        items = self._beliefs.items
        if self._policy != "thompson":
            return items.worths_I[codes_C]
        drawn_C: np.ndarray = self._rng.gamma(STRENGTH + items.clicks_I[codes_C])
        return drawn_C / (STRENGTH + items.expected_I[codes_C])

    def _mix(self, visitor: int, shelf: Shelf) -> dict[str, float] | None:
        """The visitor's own mix of categories, shares of one."""
        history = self._clicks.histories[visitor]
        interests = shelf.interest_I[[int(event.item_id) for event in history]]
        share = 1.0 / len(history) if history else 0.0
        mix: dict[str, float] = {}
        for interest in interests.tolist():
            mix[category(interest)] = mix.get(category(interest), 0.0) + share
        return mix or None

    def _strewn(self, places_K: np.ndarray, candidates: int) -> tuple[np.ndarray, np.ndarray]:
        """Each slot holds with probability EPSILON another candidate than those of the slate."""
        others = np.setdiff1d(np.arange(candidates), places_K)
        strewn_K = self._rng.choice(others, len(places_K), replace=False)
        is_strewn_K = self._rng.random(len(places_K)) < EPSILON
        return np.where(is_strewn_K, strewn_K, places_K), np.where(is_strewn_K, EPSILON / len(others), 1.0 - EPSILON)
