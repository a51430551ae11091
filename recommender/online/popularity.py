"""Popularity while interactions arrive."""

import numpy as np

from recommender.data.histories import Histories
from recommender.models.popularity import DAY_SECONDS, Popularity, PopularityConfig
from recommender.online.behaviour import Change


class OnlinePopularity:
    """Decayed counts as of the newest interaction; all are scaled when a newer one comes.

    Exact but for rounding. What is taken back must not be a thousand half-lives newer than the rest: the counts of the
    rest have vanished by then.
    """

    def __init__(self, config: PopularityConfig | None = None) -> None:
        self.config = config or PopularityConfig()
        self.counts_I = np.zeros(0)
        self.newest_seconds = -np.inf

    def apply(self, change: Change) -> None:
        """Take a change in: one step per item, and one per interaction of the touched visitors."""
        if not np.isfinite(change.newest_seconds):  # all was taken back
            self.counts_I = np.zeros(len(self.counts_I))
        elif change.newest_seconds != self.newest_seconds and np.isfinite(self.newest_seconds):
            self.counts_I = self.counts_I * self._decay(np.array(change.newest_seconds - self.newest_seconds))
        self.newest_seconds = change.newest_seconds
        grown_I = np.zeros(change.items)
        grown_I[: len(self.counts_I)] = self.counts_I
        self.counts_I = grown_I + self._counts(change.after, change.items) - self._counts(change.before, change.items)

    def model(self) -> Popularity:
        """The member of the family."""
        model = Popularity(self.config)
        model.popularity_I_ = (np.maximum(self.counts_I, 0.0) + self.config.smoothing).astype(np.float32)
        return model

    def _counts(self, histories: Histories, items: int) -> np.ndarray:
        if not len(histories.items_N):
            return np.zeros(items)
        decayed_N = histories.weights_N * self._decay(self.newest_seconds - histories.seconds_N)
        return np.bincount(histories.items_N, decayed_N, minlength=items)

    def _decay(self, seconds: np.ndarray) -> np.ndarray:
        return np.exp2(-seconds / DAY_SECONDS / self.config.half_life_days)
