"""The family of models. A model learns from a Dataset and scores every item for any history; nothing is pickled.

To add one: a frozen config dataclass with defaults and validation, a Model subclass with `name`, `fit`, `scores`,
`arrays` and `from_arrays`, and its place in a preset (recommender.training.presets). The behavioural suite in
tests/recommender/models/test_family.py then holds it to what the family promises.
"""

import json
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np

from recommender.data.dataset import Dataset
from recommender.data.histories import Histories
from recommender.errors import LibraryError
from recommender.models.options import config_from
from recommender.tensors import mapped_file, save_tensors

Report = Callable[[float, str], None]  # share done (0..1) and a message


def silent(share: float, message: str) -> None:
    """A Report that nobody reads."""


class Model(ABC):
    """Learned arrays end in `_`. Scores are ≥ 0 unless the model overrides `probabilities`; higher is better."""

    name: ClassVar[str]
    config_class: ClassVar[type]

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

    def save(self, path: Path) -> None:
        """One safetensors file: the arrays, and the config in its metadata."""
        save_tensors(self.arrays(), path, {"model": self.name, "config": json.dumps(asdict(self.config))})

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `save` wrote, without a copy. Raises LibraryError where the file is damaged or another model's."""
        try:
            arrays, metadata = mapped_file(path)
            if metadata.get("model") != cls.name:
                raise LibraryError(f"{path}: holds the model “{metadata.get('model')}”, not “{cls.name}”")
            return cls.from_arrays(config_from(cls.config_class, json.loads(metadata["config"])), arrays)
        except (OSError, KeyError, TypeError, ValueError, AttributeError, RuntimeError) as error:
            raise LibraryError(f"{path}: cannot be read as a model ({error})") from error


def mask_seen(scores_BI: np.ndarray, histories: Histories, value: float) -> None:
    """Set the score of every item that a history holds."""
    scores_BI[histories.rows_N, histories.items_N] = value
