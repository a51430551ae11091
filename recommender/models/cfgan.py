"""A collaborative GAN (CFGAN, Chae et al. 2018): a generator writes the vector of what a visitor chooses, a judge tells
it from the real one, and the generator learns to pass.

hidden  = tanh(A x / |x| + a), x the visitor's items            r̂ = σ(B hidden + b)
judge   = σ(v · leaky(C (r ⊙ m) + E x + e))                      m: the visitor's items and some others (partial mask)
G: min −adversarial_weight · log judge(r̂ ⊙ m) + Σ_others r̂² / n + reconstruction_weight · Σ_chosen (1 − r̂)² / n
J: min −log judge(r ⊙ m) − log(1 − judge(r̂ ⊙ m))
Beyond the paper, for the sake of stability and of what it has to predict: half of the items of the input are dropped,
so that the generator must find the missing ones instead of copying; the others of a batch are shared, so that a step
costs what it touches; labels are smoothed, gradients clipped, and the best pass is kept.
Scoring needs numpy alone; training is in recommender.models.cfgan_training.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np

from recommender.data.dataset import Dataset
from recommender.data.histories import Histories
from recommender.models.base import Model, Report, silent
from recommender.models.item_to_item import presence
from recommender.models.options import require, require_positive, require_seed

HISTORY_LENGTH = 200  # newest interactions that are read
NEVER = -30.0  # log-odds of an item that nobody chose


@dataclass(frozen=True)
class CfganConfig:
    hidden: int = 256  # units of the generator
    judge_hidden: int = 64
    dropout: float = 0.5  # share of the items of the input that are hidden in training
    others: int = 1024  # items that a batch shares for zero reconstruction and partial masking
    adversarial_weight: float = 0.03  # more made it worse on Amazon Beauty (docs/models.md)
    reconstruction_weight: float = 4.0  # 0 as in the paper
    epochs: int = 40
    patience: int = 5  # passes without a better one, where somebody judges
    learning_rate: float = 2e-3
    weight_decay: float = 1e-4
    clip: float = 1.0  # largest length of a gradient
    batch_visitors: int = 512
    seed: int = 0

    def __post_init__(self) -> None:
        positive = ("hidden", "judge_hidden", "others", "epochs", "patience", "learning_rate", "clip", "batch_visitors")
        require_positive(self, "cfgan", *positive)
        require(0 <= self.dropout < 1, "cfgan.dropout must be at least 0 and below 1")
        for name in ("adversarial_weight", "reconstruction_weight", "weight_decay"):
            require(getattr(self, name) >= 0, f"cfgan.{name} must not be negative")
        require_seed(self.seed, "cfgan")


@dataclass(frozen=True)
class CfganOptions:
    """What a fit may be given besides the data."""

    validate: Callable[["Cfgan"], float] | None = None  # higher is better; asked after each pass
    epochs: int | None = None  # fewer than the config's
    checkpoint: Path | None = None


class Cfgan(Model):
    name = "cfgan"
    config_class = CfganConfig

    weights_: dict[str, np.ndarray]  # of the generator: A (I, H), a (H,), B (I, H), b (I,)
    best_epoch_: int

    def fit(self, dataset: Dataset, *, report: Report = silent, options: CfganOptions | None = None) -> Self:
        from recommender.models.cfgan_training import CfganTrainer

        options = options or CfganOptions()
        trainer = CfganTrainer(self.config, presence(dataset.histories, dataset.items), options.checkpoint)
        validate = options.validate
        judged = None if validate is None else lambda: validate(self._with(trainer.generator_arrays()))
        self.best_epoch_ = trainer.train(options.epochs or self.config.epochs, report, judged)
        return self._with(trainer.generator_arrays())

    def _with(self, weights: dict[str, np.ndarray]) -> Self:
        self.weights_ = weights
        return self

    def scores(self, histories: Histories) -> np.ndarray:
        a_IH, bias_H, b_IH, bias_I = (self.weights_[name] for name in ("A_IH", "a_H", "B_IH", "b_I"))
        rows_BI = presence(histories.last(HISTORY_LENGTH), len(bias_I))
        lengths_B1 = np.sqrt(np.diff(rows_BI.indptr))[:, None]
        hidden_BH = np.tanh((rows_BI @ a_IH) / np.maximum(lengths_B1, 1) + bias_H)
        odds_BI = hidden_BH @ b_IH.T + bias_I
        scores_BI = 1 / (1 + np.exp(-np.clip(odds_BI, NEVER, -NEVER)))
        return np.where(lengths_B1 > 0, scores_BI, 0.0).astype(np.float32)

    def arrays(self) -> dict[str, np.ndarray]:
        return self.weights_

    @classmethod
    def from_arrays(cls, config: Any, arrays: dict[str, np.ndarray]) -> Self:
        return cls(config)._with(arrays)
