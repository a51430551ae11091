"""Candidates of the laboratory's visitors: what the model proposes, and young items that it does not know.

What `dashboard/serving/fallbacks.py` gathers for a request, for all visitors of a day at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from recommender.serving.recommender import Recommender
from recommender.serving.together import Asked, candidates_of_many
from recommender.serving.types import Candidates, HistoryEvent
from recommender.simulation.forage.clicks import item_id
from recommender.simulation.scenarios import INTERESTS, SLATE_SIZE
from recommender.simulation.world import Day, World
from recommender.slate import DEFAULT_KNOBS

CANDIDATES = 200  # of a model, as serving asks for
FRESH_ITEMS = 20  # that no model knows, at most
LEAST = 2 * SLATE_SIZE  # where a model proposes fewer, what sells now and what is newest stand below them
FILL_SHARE = 0.5


@dataclass(frozen=True, eq=False)
class Pool:
    """C candidates of a visitor, each once: item codes, the model's scores, unit vectors, and interactions that the
    model learned from."""

    codes_C: np.ndarray
    scores_C: np.ndarray
    vectors_CV: np.ndarray
    interactions_C: np.ndarray


class Shelf:
    """What is on sale on a day, as far as the model knows it. impressions_I: how often each item was rendered."""

    def __init__(self, world: World, day: Day, model: Recommender | None, impressions_I: np.ndarray) -> None:
        self._model, self._on_sale = model, day.on_sale
        self.interest_I = world.items.interest_I[: day.on_sale]
        self.ages_I = (day.number - world.items.arrival_I[: day.on_sale]).astype(float)
        self._fresh = np.array(self._young(impressions_I), int)

    def pools(self, histories: Sequence[Sequence[HistoryEvent]]) -> list[Pool]:
        """Of visitors with these histories; of a shop without a model all items, the newest first."""
        if self._model is None:
            return [self._newest()] * len(histories)
        found = candidates_of_many(self._model, [Asked(list(history)) for history in histories], CANDIDATES)
        further = (_pool(self._model.popular(CANDIDATES)), self._newest())
        return [self._with_fresh(_filled(_pool(candidates), further)) for candidates in found]

    def _young(self, impressions_I: np.ndarray) -> list[int]:
        """Items that the model does not know, least shown first, of equals the newest."""
        model, oldest = self._model, DEFAULT_KNOBS.explore_max_age_days or np.inf
        newest_first = range(self._on_sale - 1, -1, -1)
        unknown = [
            code for code in newest_first if self.ages_I[code] < oldest and not (model and model.knows(item_id(code)))
        ]
        return sorted(unknown, key=lambda code: float(impressions_I[code]))

    def _newest(self) -> Pool:
        codes_C = np.arange(self._on_sale)[::-1]
        scores_C = 1.0 / np.arange(2.0, len(codes_C) + 2.0)
        return Pool(codes_C, scores_C, np.eye(INTERESTS)[self.interest_I[codes_C]], np.zeros(len(codes_C)))

    def _with_fresh(self, pool: Pool) -> Pool:
        """Young items are expected to be as good as the middle of their category, and to lie amid it."""
        is_there_I = np.zeros(self._on_sale, bool)
        is_there_I[pool.codes_C] = True
        fresh = self._fresh[~is_there_I[self._fresh]][:FRESH_ITEMS]
        if not len(fresh):
            return pool
        usual_T, middle_TV = self._usual(pool, np.unique(self.interest_I[fresh]))
        kinds = self.interest_I[fresh]
        return Pool(
            np.concatenate([pool.codes_C, fresh]),
            np.concatenate([pool.scores_C, usual_T[kinds]]),
            np.concatenate([pool.vectors_CV, middle_TV[kinds]]),
            np.concatenate([pool.interactions_C, np.zeros(len(fresh))]),
        )

    def _usual(self, pool: Pool, interests: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Median score and mean direction of the candidates of each interest; without any the lower quarter of all."""
        of_C, scores_C = self.interest_I[pool.codes_C], np.sort(pool.scores_C)
        usual_T = np.full(INTERESTS, scores_C[len(scores_C) // 4] if len(scores_C) else 0.5)
        middle_TV = np.zeros((INTERESTS, pool.vectors_CV.shape[1]), pool.vectors_CV.dtype)
        for interest in interests.tolist():
            alike_C = of_C == interest
            if alike_C.any():
                usual_T[interest] = np.median(pool.scores_C[alike_C])
                mean_V = pool.vectors_CV[alike_C].mean(axis=0)
                middle_TV[interest] = mean_V / max(float(np.linalg.norm(mean_V)), 1e-12)
        return usual_T, middle_TV


def _pool(found: Candidates) -> Pool:
    scores_C, interactions_C = found.scores.astype(float), found.interactions.astype(float)
    return Pool(np.array(found.item_ids, dtype=int), scores_C, found.vectors, interactions_C)


def _filled(pool: Pool, further: Sequence[Pool]) -> Pool:
    for more in further:
        if len(pool.codes_C) < LEAST:
            pool = _joined(pool, more)
    return pool


def _joined(pool: Pool, further: Pool) -> Pool:
    """What comes further stands below everything that is there."""
    fresh = ~np.isin(further.codes_C, pool.codes_C)
    most = max(float(further.scores_C.max(initial=0.0)), 1e-12)
    below_C = further.scores_C[fresh] * (FILL_SHARE * pool.scores_C.min(initial=1.0) / most)
    vectors_CV = np.zeros((len(below_C), pool.vectors_CV.shape[1]), pool.vectors_CV.dtype)
    return Pool(
        np.concatenate([pool.codes_C, further.codes_C[fresh]]),
        np.concatenate([pool.scores_C, below_C]),
        np.concatenate([pool.vectors_CV, vectors_CV]),
        np.concatenate([pool.interactions_C, further.interactions_C[fresh]]),
    )
