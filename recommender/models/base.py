"""The family of models. A model learns from a Dataset and scores every item for any history; nothing is pickled.

To add one: CONTRIBUTING.md. What training, blend, ranker and serving must know of a model, its class says here.
"""

import json
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
from scipy import sparse

from recommender.data.dataset import Dataset
from recommender.data.histories import Histories
from recommender.errors import LibraryError
from recommender.models.options import config_from
from recommender.models.rows import summed_pairs, summed_rows
from recommender.tensors import mapped_file, save_tensors

Report = Callable[[float, str], None]  # share done (0..1) and a message


RENAMED = {"neighbours": "user_knn"}  # what models were called in artifacts and options of before 0.2


def renamed(name: str) -> str:
    """The name that a model has now."""
    return RENAMED.get(name, name)


def silent(share: float, message: str) -> None:
    """A Report that nobody reads."""


class Model(ABC):
    """Learned arrays end in `_`. Scores are ≥ 0 unless the model overrides `probabilities`; higher is better."""

    name: ClassVar[str]
    config_class: ClassVar[type]
    #: its weight in a blend that has nobody to learn from
    unlearned_weight: ClassVar[float] = 0.0
    #: whether the blend lets it join after the grid, which takes four times as long with each further model
    joins_late: ClassVar[bool] = False
    #: whether an artifact holds it even where the blend gives it no weight: serving reads it for more than candidates
    is_always_served: ClassVar[bool] = False

    def __init__(self, config: Any = None) -> None:
        self.config = config or self.config_class()

    @abstractmethod
    def fit(self, dataset: Dataset, *, report: Report = silent) -> Self:
        """Learn from a dataset; returns self. Deterministic for a seed (where the config has one)."""

    @abstractmethod
    def scores(self, histories: Histories) -> np.ndarray:
        """float32 (B, I): how well each item would come next. A batch scores as each row alone would."""

    @abstractmethod
    def arrays(self) -> dict[str, np.ndarray]:
        """Everything learned."""

    @classmethod
    @abstractmethod
    def from_arrays(cls, config: Any, arrays: dict[str, np.ndarray]) -> Self:
        """The model that `arrays` came from."""

    def probabilities(self, histories: Histories, *, exclude_seen: bool = False) -> np.ndarray:
        """float32 (B, I): scores as shares of one per row; a row without evidence is all zero."""
        scores_BI = self.scores(histories)
        if exclude_seen:
            mask_seen(scores_BI, histories, 0.0)
        total_B1 = scores_BI.sum(axis=1, keepdims=True)
        return np.divide(scores_BI, np.where(total_B1 > 0, total_B1, 1), out=scores_BI)

    def write_shares(self, shares_I: np.ndarray, history: Histories) -> None:
        """`probabilities` of one visitor, into a row of zeros: serving has one matrix for all models."""
        self.add_scores(shares_I, history)
        total = shares_I.sum()
        if total > 0:
            shares_I /= total

    def add_scores(self, sums_I: np.ndarray, history: Histories) -> None:
        """`scores` of one visitor, added to the sums."""
        sums_I += self.scores(history)[0]

    def shares_of(self, history: Histories) -> tuple[np.ndarray, np.ndarray]:
        """`probabilities` of one visitor where they are above 0: rising codes, and float32 shares."""
        shares_I = self.probabilities(history)[0]
        codes_C = np.flatnonzero(shares_I > 0)
        return codes_C, shares_I[codes_C]

    def save(self, path: Path) -> None:
        """One safetensors file: the arrays, and the config in its metadata."""
        save_tensors(self.arrays(), path, {"model": self.name, "config": json.dumps(asdict(self.config))})

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `save` wrote, without a copy. Raises LibraryError where the file is damaged or another model's."""
        try:
            arrays, metadata = mapped_file(path)
            if renamed(metadata.get("model", "")) != cls.name:
                raise LibraryError(f"{path}: holds the model “{metadata.get('model')}”, not “{cls.name}”")
            return cls.from_arrays(config_from(cls.config_class, json.loads(metadata["config"])), arrays)
        except (OSError, KeyError, TypeError, ValueError, AttributeError, RuntimeError) as error:
            raise LibraryError(f"{path}: cannot be read as a model ({error})") from error


class RowSumModel(Model):
    """A model whose scores of one visitor are a weighted sum of sparse rows, which need not be made for all items."""

    @abstractmethod
    def row_sum(self, history: Histories) -> tuple[sparse.csr_array, np.ndarray, np.ndarray]:
        """The matrix, the rows and their weights."""

    def add_scores(self, sums_I: np.ndarray, history: Histories) -> None:
        summed_rows(*self.row_sum(history), sums_I)

    def shares_of(self, history: Histories) -> tuple[np.ndarray, np.ndarray]:
        codes_C, sums_C = summed_pairs(*self.row_sum(history))
        total = sums_C.sum()
        return codes_C, (sums_C / total if total > 0 else sums_C).astype(np.float32)


def mask_seen(scores_BI: np.ndarray, histories: Histories, value: float) -> None:
    """Set the score of every item that a history holds."""
    scores_BI[histories.rows_N, histories.items_N] = value
