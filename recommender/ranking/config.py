"""Every option of the ranker: default, meaning and validation."""

from dataclasses import dataclass

from recommender.models.options import require, require_positive, require_seed


@dataclass(frozen=True)
class RankerConfig:
    candidates: int = 200  # of the blend, that are put in order; 0: no ranker
    hidden: int = 64
    dropout: float = 0.2
    epochs: int = 12
    batch_visitors: int = 64
    learning_rate: float = 2e-3
    weight_decay: float = 1e-3
    visitors: int = 40_000  # whose next interaction is learned from, at most
    seed: int = 0

    def __post_init__(self) -> None:
        require_positive(self, "ranker", "hidden", "batch_visitors", "learning_rate", "visitors")
        require(self.candidates >= 0, "ranker.candidates must not be negative")
        require(self.epochs >= 0, "ranker.epochs must not be negative")
        require(self.weight_decay >= 0, "ranker.weight_decay must not be negative")
        require(0 <= self.dropout < 1, "ranker.dropout must be at least 0 and below 1")
        require_seed(self.seed, "ranker")
