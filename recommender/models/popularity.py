"""Time-decayed popularity: an interaction counts half as much for every `half_life_days` that it is old."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np

from recommender.data.dataset import Dataset
from recommender.data.histories import Histories
from recommender.models.base import Model, Report, mask_seen, silent
from recommender.models.options import require

DAY_SECONDS = 86400.0
LEAST_HALF_LIFE_DAYS = 1 / DAY_SECONDS


@dataclass(frozen=True)
class PopularityConfig:
    half_life_days: float = 60.0
    smoothing: float = 0.01  # added to every item, so that none is impossible

    def __post_init__(self) -> None:
        require(self.half_life_days >= LEAST_HALF_LIFE_DAYS, "popularity.half_life_days must be a second at least")
        require(self.smoothing >= 0, "popularity.smoothing must not be negative")


class Popularity(Model):
    """The same scores for everybody: what sells now."""

    name = "popularity"
    config_class = PopularityConfig
    unlearned_weight = 0.1
    is_always_served = True  # visitors without a history

    def fit(self, dataset: Dataset, *, report: Report = silent) -> Self:
        histories = dataset.histories
        newest = histories.seconds_N.max(initial=-np.inf)
        age_days_N = (newest - histories.seconds_N) / DAY_SECONDS
        decayed_N = histories.weights_N * np.exp2(-age_days_N / self.config.half_life_days)
        counts_I = np.bincount(histories.items_N, decayed_N, minlength=dataset.items)
        self.popularity_I_ = (counts_I + self.config.smoothing).astype(np.float32)
        self.__dict__.pop("_scale", None)
        return self

    def scores(self, histories: Histories) -> np.ndarray:
        return np.repeat(self.popularity_I_[None], len(histories), axis=0)

    def probabilities(self, histories: Histories, *, exclude_seen: bool = False) -> np.ndarray:
        """float32 (B, I), in one pass over it."""
        total_B = np.full(len(histories), self.popularity_I_.sum(dtype=np.float64))
        if exclude_seen:
            seen_BI = histories.matrix_BI(len(self.popularity_I_))
            row_S = np.repeat(np.arange(len(histories)), np.diff(seen_BI.indptr))
            total_B -= np.bincount(row_S, self.popularity_I_[seen_BI.indices], len(histories))
        scale_B = 1.0 / np.where(total_B > 0, total_B, 1.0)
        shares_BI = self.popularity_I_ * scale_B.astype(np.float32)[:, None]
        if exclude_seen:
            mask_seen(shares_BI, histories, 0.0)
        return shares_BI

    def write_shares(self, shares_I: np.ndarray, history: Histories) -> None:
        np.multiply(self.popularity_I_, self._scale, out=shares_I)

    @cached_property
    def _scale(self) -> np.float32:
        """From popularity to shares; of the sum in double precision, which takes four times as long as the rest."""
        total = self.popularity_I_.sum(dtype=np.float64)
        return np.float32(1.0 / total if total > 0 else 1.0)

    def arrays(self) -> dict[str, np.ndarray]:
        return {"popularity_I": self.popularity_I_}

    @classmethod
    def from_arrays(cls, config: Any, arrays: dict[str, np.ndarray]) -> Self:
        model = cls(config)
        model.popularity_I_ = arrays["popularity_I"]
        return model
