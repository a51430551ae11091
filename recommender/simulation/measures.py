"""What a policy earned and found out, measured against the truth."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from recommender.simulation.scenarios import RENDERED_K
from recommender.simulation.world import Day, World

DISCOVERY_CLICKS = 2  # on an interest, while it is liked: from then on it counts as discovered
AUDIENCE_SHARE = 0.05  # of those who like a new item's interest: once as many have clicked it, it has its audience
GOOD_SHARE = 1.0 / 3.0  # of all items, by quality: the new ones among them are waited for
WATCHED_DAYS = 20  # a new item that arrived later than so many days before the end is not counted
PATIENCE_DAYS = 60  # an item without its audience counts as having taken this long


@dataclass(frozen=True, eq=False)
class Outcome:
    """The slates of a day (V, K): item codes, what was clicked, and the true probability of a click once rendered.
    best_VK: the same probability for the oracle's slates."""

    codes_VK: np.ndarray
    clicked_VK: np.ndarray
    probability_VK: np.ndarray
    best_VK: np.ndarray


class Measures:
    """Adds up days."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._daily: list[dict[str, Any]] = []
        self._shown_I = np.zeros(len(world.items), bool)
        self._clicks_VT = np.zeros(world.first_taste_VT.shape)
        self._unknown_VT = np.zeros(world.first_taste_VT.shape, bool)
        self._begun = self._discovered = 0
        self._clickers_VI = np.zeros((world.visitors, len(world.items)), bool)
        self._needed_I = np.full(len(world.items), np.inf)  # clickers; set when the item arrives
        self._audience_day_I = np.full(len(world.items), np.inf)

    def add(self, day: Day, outcome: Outcome) -> None:
        """Count one day."""
        self._shown_I[outcome.codes_VK] = True
        self._count_interests(day, outcome)
        self._count_audiences(day, outcome)
        reward = float((outcome.probability_VK @ RENDERED_K).mean())
        self._daily.append(
            {
                "day": day.number + 1,
                "reward": reward,
                "regret": float((outcome.best_VK @ RENDERED_K).mean()) - reward,
                "interests_discovered": self._discovered / self._begun,
                "coverage": len(np.unique(outcome.codes_VK)) / day.on_sale,
                "items": day.on_sale,
            }
        )

    def result(self) -> dict[str, Any]:
        """The document that the command prints."""
        return {
            "reward": float(np.mean([day["reward"] for day in self._daily])),
            "regret": float(np.mean([day["regret"] for day in self._daily])),
            "interests_discovered": self._discovered / self._begun,
            "coverage": float(self._shown_I.mean()),
            "days_to_audience": self._days_to_audience(),
            "daily": self._daily,
        }

    def _count_interests(self, day: Day, outcome: Outcome) -> None:
        """Interests that begin are unknown, but for the one that each visitor showed before the first day."""
        begun_VT = day.begun_VT.copy()
        if day.number == 0:
            begun_VT[np.arange(len(begun_VT)), self._world.known_V] = False
        self._begun += int(begun_VT.sum())
        self._clicks_VT[begun_VT] = 0.0
        self._unknown_VT = (self._unknown_VT | begun_VT) & (day.taste_VT > 0)
        rows_N, slots_N = np.nonzero(outcome.clicked_VK)
        interests_N = self._world.items.interest_I[outcome.codes_VK[rows_N, slots_N]]
        np.add.at(self._clicks_VT, (rows_N, interests_N), 1.0)
        found_VT = self._unknown_VT & (self._clicks_VT >= DISCOVERY_CLICKS)
        self._discovered += int(found_VT.sum())
        self._unknown_VT &= ~found_VT

    def _count_audiences(self, day: Day, outcome: Outcome) -> None:
        items = self._world.items
        arrived = np.flatnonzero(items.arrival_I == day.number)
        fans_T = (day.taste_VT > 0).sum(axis=0)
        self._needed_I[arrived] = np.maximum(np.ceil(AUDIENCE_SHARE * fans_T[items.interest_I[arrived]]), 1.0)
        rows_N, slots_N = np.nonzero(outcome.clicked_VK)
        self._clickers_VI[rows_N, outcome.codes_VK[rows_N, slots_N]] = True
        reached_I = self._clickers_VI.sum(axis=0) >= self._needed_I
        self._audience_day_I[reached_I] = np.minimum(self._audience_day_I[reached_I], day.number)

    def _days_to_audience(self) -> float | None:
        """Over good items that arrived and could be watched for WATCHED_DAYS; None without any."""
        items = self._world.items
        watched_I = (items.arrival_I > 0) & (items.arrival_I + WATCHED_DAYS <= self._world.days)
        good_I = items.quality_I >= np.quantile(items.quality_I, 1.0 - GOOD_SHARE)
        taken_I = np.minimum(self._audience_day_I - items.arrival_I + 1, PATIENCE_DAYS)[watched_I & good_I]
        return float(taken_I.mean()) if len(taken_I) else None
