"""Matrix factorisation: visitors and items as vectors whose product says who chooses what. Fitted by `implicit`.

ALS (Hu, Koren, Volinsky 2008): min Σ_{v,i} c(v,i) (p(v,i) − u_v·y_i)² + λ (Σ|u|² + Σ|y|²); p is 1 where a visitor chose
an item, and c = 1 + α · log(1 + Σ event weights) there, 1 elsewhere.
BPR (Rendle et al. 2009): max Σ log σ(s(v,i) − s(v,j)) − λ|Θ|² over items i that v chose and j that v did not, with
s(v,i) = u_v·y_i + bias_i.

A visitor is folded in from the history alone, so that visitors that no fit has seen are asked about like all others,
and scoring needs numpy alone.
ALS: u = (YᵀY + Σ_history (c − 1) y yᵀ + λ I)⁻¹ Σ_history c · y, its own step for this visitor.
BPR: u = mean of y over the history − mean of y over all interactions, the direction of its gradient from u = 0; on
Beauty this was as good as the vectors that BPR learned for the same visitors (NDCG@10 .0297 against .0284).
"""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from scipy import sparse
from threadpoolctl import threadpool_limits

from recommender.data.dataset import Dataset
from recommender.data.histories import Histories
from recommender.models.base import Model, Report, silent
from recommender.models.item_to_item import log_counts, presence
from recommender.models.options import require, require_positive, require_seed
from recommender.models.softmax import softmax_probabilities

HISTORY_LENGTH = 200  # newest interactions that are folded in
NEVER = -30.0  # log-odds of an item that nobody chose


@dataclass(frozen=True)
class AlsConfig:
    dimensions: int = 256
    regularisation: float = 10.0  # λ
    confidence: float = 15.0  # α: how much more a chosen item counts than one that was not
    iterations: int = 10
    threads: int = 1
    seed: int = 0

    def __post_init__(self) -> None:
        require_positive(self, "als", "dimensions", "regularisation", "confidence", "iterations", "threads")
        require_seed(self.seed, "als")


@dataclass(frozen=True)
class BprConfig:
    dimensions: int = 64
    learning_rate: float = 0.05
    regularisation: float = 0.01
    iterations: int = 300
    seed: int = 0  # one thread: with more, implicit's BPR is not deterministic

    def __post_init__(self) -> None:
        require_positive(self, "bpr", "dimensions", "learning_rate", "iterations")
        require(self.regularisation >= 0, "bpr.regularisation must not be negative")
        require_seed(self.seed, "bpr")


class Als(Model):
    name = "als"
    config_class = AlsConfig

    def fit(self, dataset: Dataset, *, report: Report = silent) -> Self:
        from implicit.cpu.als import AlternatingLeastSquares

        config, rows_VI = self.config, _confidences(dataset.histories, dataset.items, self.config.confidence)
        rows_VI.data += 1.0  # implicit takes c itself
        solver = AlternatingLeastSquares(
            factors=config.dimensions,
            regularization=config.regularisation,
            iterations=config.iterations,
            num_threads=config.threads,
            random_state=config.seed,
        )
        _learn(solver, rows_VI, config.iterations, report)
        self.factors_ID_ = _known_only(solver.item_factors, rows_VI)
        return self

    def scores(self, histories: Histories) -> np.ndarray:
        vectors_BD = fold_in(self.factors_ID_, histories, self.config.confidence, self.config.regularisation)
        return np.maximum(vectors_BD @ self.factors_ID_.T, 0.0)

    def arrays(self) -> dict[str, np.ndarray]:
        return {"factors_ID": self.factors_ID_}

    @classmethod
    def from_arrays(cls, config: Any, arrays: dict[str, np.ndarray]) -> Self:
        model = cls(config)
        model.factors_ID_ = arrays["factors_ID"]
        return model


class Bpr(Model):
    name = "bpr"
    config_class = BprConfig

    def fit(self, dataset: Dataset, *, report: Report = silent) -> Self:
        from implicit.cpu.bpr import BayesianPersonalizedRanking

        config, rows_VI = self.config, _confidences(dataset.histories, dataset.items, 1.0)
        solver = BayesianPersonalizedRanking(
            factors=config.dimensions,
            learning_rate=config.learning_rate,
            regularization=config.regularisation,
            iterations=config.iterations,
            num_threads=1,
            random_state=config.seed,
        )
        _learn(solver, rows_VI, config.iterations, report)
        learned_ID = _known_only(solver.item_factors, rows_VI)
        self.factors_ID_, self.bias_I_ = learned_ID[:, :-1].copy(), learned_ID[:, -1].copy()
        self.bias_I_[~_chosen(rows_VI)] = NEVER
        popularity_I = np.bincount(rows_VI.indices, minlength=dataset.items) / max(rows_VI.nnz, 1)
        self.mean_D_ = (popularity_I @ self.factors_ID_).astype(np.float32)
        return self

    def scores(self, histories: Histories) -> np.ndarray:
        rows_BI = presence(histories.last(HISTORY_LENGTH), len(self.factors_ID_))
        counts_B1 = np.diff(rows_BI.indptr)[:, None]
        vectors_BD = (rows_BI @ self.factors_ID_) / np.maximum(counts_B1, 1) - self.mean_D_ * (counts_B1 > 0)
        return (vectors_BD @ self.factors_ID_.T + self.bias_I_).astype(np.float32)

    def probabilities(self, histories: Histories, *, exclude_seen: bool = False) -> np.ndarray:
        return softmax_probabilities(self.scores(histories), histories, exclude_seen=exclude_seen)

    def arrays(self) -> dict[str, np.ndarray]:
        return {"factors_ID": self.factors_ID_, "bias_I": self.bias_I_, "mean_D": self.mean_D_}

    @classmethod
    def from_arrays(cls, config: Any, arrays: dict[str, np.ndarray]) -> Self:
        model = cls(config)
        model.factors_ID_, model.bias_I_, model.mean_D_ = (arrays[name] for name in ("factors_ID", "bias_I", "mean_D"))
        return model


def fold_in(factors_ID: np.ndarray, histories: Histories, confidence: float, regularisation: float) -> np.ndarray:
    """float32 (B, D): the vectors of histories for given item factors; zero for an empty history."""
    rows_BI = _confidences(histories.last(HISTORY_LENGTH), len(factors_ID), confidence)
    return solve_rows(factors_ID, rows_BI, regularisation)


def solve_rows(factors_ID: np.ndarray, more_BI: sparse.csr_array, regularisation: float) -> np.ndarray:
    """float32 (B, D): the minimum of ALS's objective for rows whose confidences are 1 + `more_BI`, the factors of the
    other side held still; zero for an empty row."""
    gram_DD = factors_ID.T.astype(np.float64) @ factors_ID + regularisation * np.eye(factors_ID.shape[1])
    vectors_BD = np.zeros((more_BI.shape[0], factors_ID.shape[1]), np.float32)
    for row in np.flatnonzero(np.diff(more_BI.indptr)):
        own = slice(more_BI.indptr[row], more_BI.indptr[row + 1])
        more_L, chosen_LD = more_BI.data[own].astype(np.float64), factors_ID[more_BI.indices[own]].astype(np.float64)
        left_DD = gram_DD + (chosen_LD.T * more_L) @ chosen_LD
        vectors_BD[row] = np.linalg.solve(left_DD, (1.0 + more_L) @ chosen_LD)
    return vectors_BD


def _confidences(histories: Histories, items: int, confidence: float) -> sparse.csr_array:
    """c − 1 of what was chosen."""
    rows_BI = log_counts(histories, items)
    rows_BI.data *= np.float32(confidence)
    return rows_BI


def _learn(solver: Any, rows_VI: sparse.csr_array, iterations: int, report: Report) -> None:
    def tell(iteration: int, *_: Any) -> None:
        report((iteration + 1) / iterations, f"iteration {iteration + 1} of {iterations}")

    with threadpool_limits(1, "blas"):  # implicit has threads of its own, and BLAS threads fight with them
        solver.fit(sparse.csr_matrix(rows_VI), show_progress=False, callback=tell)


def _chosen(rows_VI: sparse.csr_array) -> np.ndarray:
    return np.bincount(rows_VI.indices, minlength=rows_VI.shape[1]) > 0


def _known_only(factors_ID: np.ndarray, rows_VI: sparse.csr_array) -> np.ndarray:
    """Nothing is known about items that nobody chose: their random start must not speak."""
    return np.asarray(factors_ID * _chosen(rows_VI)[:, None], np.float32)
