"""Every option of an encoder: default, meaning and validation."""

from dataclasses import dataclass

from recommender.models.options import require, require_positive, require_seed


@dataclass(frozen=True)
class EncoderConfig:
    dimensions: int = 64  # of item embeddings and states
    hidden: int = 128  # of the recurrent layer
    history_length: int = 50  # newest interactions that are read
    negatives: int = 0  # shared by a batch for sampled softmax; 0: full softmax
    windows: int = 20  # training windows per visitor, newest first: bounds the cost of wholesale customers
    dropout: float = 0.4
    epochs: int = 12  # at most; early stopping may end sooner
    patience: int = 2  # epochs without a better validation NDCG@10 before stopping
    learning_rate: float = 3e-3
    weight_decay: float = 1e-3
    batch_windows: int = 128
    batch_tokens: int = 6400
    seed: int = 0

    def __post_init__(self) -> None:
        require_positive(self, "encoder", "dimensions", "hidden", "history_length", "windows", "patience")
        require_positive(self, "encoder", "learning_rate", "batch_windows", "batch_tokens")
        require(self.negatives >= 0, "encoder.negatives must not be negative")
        require(self.epochs >= 0, "encoder.epochs must not be negative")
        require(self.weight_decay >= 0, "encoder.weight_decay must not be negative")
        require(0 <= self.dropout < 1, "encoder.dropout must be at least 0 and below 1")
        require_seed(self.seed, "encoder")
