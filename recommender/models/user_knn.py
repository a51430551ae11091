"""User kNN: what the visitors with the most similar interests interacted with.

score(i) = Σ over the nearest visitors with cosine ≥ θ of (cosine − θ) · share of i in what that visitor did.
"""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from scipy import sparse

from recommender.data.dataset import Dataset
from recommender.data.histories import Histories
from recommender.models.base import Report, RowSumModel, silent
from recommender.models.factors import Factors, FactorsConfig
from recommender.models.options import require, require_positive, require_seed
from recommender.models.rows import summed_rows


@dataclass(frozen=True)
class UserKNNConfig:
    threshold: float = 0.2  # θ: a less similar visitor says nothing
    neighbours: int = 500
    dimensions: int = 64
    visitors: int = 20_000  # the most recently active are kept: bounds time and memory of serving
    interactions: int = 100  # newest per kept visitor
    seed: int = 0

    def __post_init__(self) -> None:
        require(-1 <= self.threshold < 1, "user_knn.threshold must be at least −1 and below 1")
        require_positive(self, "user_knn", "neighbours", "dimensions", "visitors", "interactions")
        require_seed(self.seed, "user_knn")


class UserKNN(RowSumModel):
    name = "user_knn"
    config_class = UserKNNConfig
    unlearned_weight = 0.4
    is_always_served = True  # its factors are the item and interest vectors

    def fit(self, dataset: Dataset, *, report: Report = silent) -> Self:
        config = FactorsConfig(dimensions=self.config.dimensions, seed=self.config.seed)
        self.factors_ = Factors(config).fit(dataset)
        histories = dataset.histories.take(_latest(dataset.histories, self.config.visitors))
        self.vectors_VD_ = self.factors_.vectors(histories)
        rows_VI = histories.last(self.config.interactions).matrix_BI(dataset.items)
        rows_VI.data = np.log1p(rows_VI.data)
        scale_V = 1.0 / np.maximum(np.asarray(rows_VI.sum(axis=1)).ravel(), 1e-9)
        self.rows_VI_ = sparse.csr_array(sparse.diags_array(scale_V) @ rows_VI, dtype=np.float32)
        return self

    def scores(self, histories: Histories) -> np.ndarray:
        if len(histories) == 1:
            return summed_rows(*self.row_sum(histories))[None]
        # a twentieth of the weights or more is not 0: a dense factor costs a quarter of a sparse one
        weights_VB = np.ascontiguousarray(_nearest(self._closeness(histories), self.config.neighbours).T)
        return np.ascontiguousarray((self.rows_VI_.T @ weights_VB).T)

    def row_sum(self, history: Histories) -> tuple[sparse.csr_array, np.ndarray, np.ndarray]:
        """The rows, and their weights, whose sum is the scores of one visitor."""
        closeness_V = self._closeness(history)[0]
        nearest = _largest(closeness_V, self.config.neighbours)
        return self.rows_VI_, nearest, closeness_V[nearest]

    def _closeness(self, histories: Histories) -> np.ndarray:
        """float32 (B, V): by how much the cosine to each kept visitor exceeds the threshold."""
        cosine_BV: np.ndarray = self.factors_.vectors(histories) @ self.vectors_VD_.T
        cosine_BV -= self.config.threshold
        return cosine_BV

    def arrays(self) -> dict[str, np.ndarray]:
        rows = self.rows_VI_
        return {
            **self.factors_.arrays(),
            "vectors_VD": self.vectors_VD_,
            "indptr": rows.indptr.astype(np.int64),
            "indices": rows.indices.astype(np.int32),
            "values": rows.data,
        }

    @classmethod
    def from_arrays(cls, config: Any, arrays: dict[str, np.ndarray]) -> Self:
        model = cls(config)
        model.factors_ = Factors.from_arrays(FactorsConfig(dimensions=config.dimensions, seed=config.seed), arrays)
        model.vectors_VD_ = arrays["vectors_VD"]
        parts = (arrays["values"], arrays["indices"], arrays["indptr"].astype(np.int32))
        model.rows_VI_ = sparse.csr_array(parts, shape=(len(model.vectors_VD_), len(arrays["idf_I"])))
        return model


def _latest(histories: Histories, count: int) -> np.ndarray:
    """The rows with the newest last interaction, in row order."""
    filled = np.flatnonzero(histories.lengths_B > 0)
    newest = histories.seconds_N[histories.starts_B1[1:][filled] - 1]
    return np.sort(filled[np.argsort(-newest, kind="stable")[:count]])


def _nearest(weights_BV: np.ndarray, count: int) -> np.ndarray:
    """0 in place of all but the `count` largest positive weights of each row; ties with the last of them are kept."""
    least_B = np.full(len(weights_BV), np.finfo(np.float32).tiny)
    for row, weights_V in enumerate(weights_BV):
        positive_N = weights_V[weights_V > 0]
        if len(positive_N) > count:
            least_B[row] = np.partition(positive_N, -count)[-count]
    return np.where(weights_BV >= least_B[:, None].astype(np.float32), weights_BV, np.float32(0))


def _largest(weights_V: np.ndarray, count: int) -> np.ndarray:
    """Where the `count` largest positive weights stand; ties with the last of them are kept."""
    positive = np.flatnonzero(weights_V > 0)
    if len(positive) > count:
        weights = weights_V[positive]
        limit = np.partition(weights, -count)[-count]
        positive = positive[weights >= limit]
    return positive
