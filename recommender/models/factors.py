"""Item factors: a truncated SVD of the log-scaled, tf-idf weighted visitors × items matrix (latent semantic analysis).

A visitor's vector is the weighted mean of the factors of the items of the history, so that it can be computed at
serving time from the history alone. These vectors give stable segments where the states of a sequence model do not.
"""

import math
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from scipy import sparse

from recommender.data.dataset import Dataset
from recommender.data.histories import Histories
from recommender.models.base import Model, Report, silent
from recommender.models.options import require_positive, require_seed

TINY = 1e-12  # shorter rows hold nothing


@dataclass(frozen=True)
class FactorsConfig:
    dimensions: int = 64
    seed: int = 0

    def __post_init__(self) -> None:
        require_positive(self, "factors", "dimensions")
        require_seed(self.seed, "factors")


class Factors(Model):
    name = "factors"
    config_class = FactorsConfig

    def fit(self, dataset: Dataset, *, report: Report = silent) -> Self:
        counts_VI = dataset.histories.matrix_BI(dataset.items)
        buyers_I = np.bincount(counts_VI.indices, minlength=dataset.items)
        self.idf_I_ = np.log((1 + counts_VI.shape[0]) / (1 + buyers_I)).astype(np.float32)
        rows_VI = self._rows(dataset.histories)
        dimensions = min(self.config.dimensions, *rows_VI.shape)
        _, values_D, right_DI = randomized_svd(rows_VI, dimensions, self.config.seed)
        self.factors_ID_ = np.zeros((dataset.items, self.config.dimensions), np.float32)
        self.factors_ID_[:, :dimensions] = right_DI.T * (values_D > 1e-6)
        self.factors_ID_[(buyers_I == 0) | (self.idf_I_ <= 0)] = 0.0  # rounding errors, where there is nothing to know
        return self

    def _rows(self, histories: Histories) -> sparse.csr_array:
        """Unit rows of log-scaled, idf weighted counts."""
        rows_BI = histories.matrix_BI(len(self.idf_I_))
        rows_BI.data = np.log1p(rows_BI.data) * self.idf_I_[rows_BI.indices]
        row_N = np.repeat(np.arange(len(histories)), np.diff(rows_BI.indptr))
        lengths_B = np.sqrt(np.bincount(row_N, rows_BI.data**2, minlength=len(histories)))
        rows_BI.data /= np.maximum(lengths_B, TINY).astype(np.float32)[row_N]
        return rows_BI

    def vectors(self, histories: Histories) -> np.ndarray:
        """float32 (B, D): unit vectors of histories; zero where nothing is known."""
        if len(histories) == 1:
            sum_D = self._sum(histories)
            length = math.sqrt(sum_D @ sum_D)
            return (sum_D / length if length > 0 else sum_D)[None]
        return unit_rows(self._rows(histories) @ self.factors_ID_)

    def _sum(self, history: Histories) -> np.ndarray:
        """(D,) of one visitor, in the direction of the product: only that is asked for."""
        weight_of: dict[int, float] = {}
        for item, weight in zip(history.items_N.tolist(), history.weights_N.tolist(), strict=True):
            weight_of[item] = weight_of.get(item, 0.0) + weight
        items = np.array(list(weight_of), np.int64)
        weights = np.log1p(np.array(list(weight_of.values()))) * self.idf_I_[items]
        length = max(math.sqrt(weights @ weights), TINY)
        return (weights / length).astype(np.float32) @ self.factors_ID_.take(items, axis=0)

    def scores(self, histories: Histories) -> np.ndarray:
        return np.maximum(self.vectors(histories) @ self.factors_ID_.T, 0.0)

    def arrays(self) -> dict[str, np.ndarray]:
        return {"idf_I": self.idf_I_, "factors_ID": self.factors_ID_}

    @classmethod
    def from_arrays(cls, config: Any, arrays: dict[str, np.ndarray]) -> Self:
        model = cls(config)
        model.idf_I_, model.factors_ID_ = arrays["idf_I"], arrays["factors_ID"]
        return model


def unit_rows(vectors_BD: np.ndarray) -> np.ndarray:
    """Rows of length one; a zero row stays zero."""
    lengths_B1 = np.linalg.norm(vectors_BD, axis=1, keepdims=True)
    return np.divide(vectors_BD, lengths_B1, out=np.zeros_like(vectors_BD), where=lengths_B1 > 0).astype(np.float32)


def randomized_svd(matrix: Any, rank: int, seed: int, *, rounds: int = 6) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Leading singular triplets of a sparse matrix (Halko, Martinsson, Tropp 2011), signs fixed by the largest. Only
    the shorter side is made orthogonal in every round: a million visitors are so but once."""
    if matrix.shape[0] < matrix.shape[1]:
        right, values, left = (part.T for part in _svd_of_tall(matrix.T, rank, seed, rounds))
        values = values.T
    else:
        left, values, right = _svd_of_tall(matrix, rank, seed, rounds)
    sign = np.sign(right[np.arange(len(right)), np.abs(right).argmax(axis=1)])
    return left * sign, values, right * sign[:, None]


def _svd_of_tall(matrix: Any, rank: int, seed: int, rounds: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    width = min(rank + 16, matrix.shape[1])
    basis = np.linalg.qr(rng.standard_normal((matrix.shape[1], width)).astype(np.float32))[0]
    for _ in range(rounds):
        basis = np.linalg.qr(matrix.T @ (matrix @ basis))[0]
    ahead, triangle = np.linalg.qr(matrix @ basis)
    left, values, right = np.linalg.svd(triangle)
    return (ahead @ left)[:, :rank], values[:rank], (basis @ right.T).T[:rank]
