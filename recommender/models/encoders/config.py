"""Every option of an encoder: default, meaning and validation."""

from dataclasses import dataclass
from typing import Literal

from recommender.models.options import require, require_positive, require_seed

Kind = Literal["cnn", "gru", "transformer"]
MOST_LAYERS = 64
Precision = Literal["auto", "float32", "bfloat16"]


@dataclass(frozen=True)
class EncoderConfig:
    kind: Kind = "gru"  # the body between item embeddings and states
    layers: int = 1  # of the body
    dimensions: int = 64  # of item embeddings and states
    hidden: int = 128  # of the recurrent state, or inside the feed-forward layers
    history_length: int = 50  # newest interactions that are read
    attributes: bool = (
        True  # an item's embedding is its own plus the mean of its attributes', where the catalog has any
    )
    event_types: bool = False  # read how strong each interaction was (view, cart, purchase)
    time_gaps: bool = False  # read how long after the one before it each interaction was
    negatives: int = 0  # shared by a batch for sampled softmax; 0: full softmax, and 2,048 above 50,000 items
    windows: int = 20  # training windows per visitor, newest first: bounds the cost of wholesale customers
    dropout: float = 0.4
    epochs: int = 12  # at most; early stopping may end sooner
    refit_epochs: int = 4  # on everything, going on from the best pass before validation's answers were given back
    patience: int = 2  # epochs without a better validation NDCG@10 before stopping
    learning_rate: float = 3e-3
    weight_decay: float = 1e-3
    batch_windows: int = 128
    batch_tokens: int = 6400
    precision: Precision = (
        "auto"  # of the matrix products: bfloat16 where the hardware multiplies it, 15 × slower elsewhere
    )
    seed: int = 0

    def __post_init__(self) -> None:
        require_positive(self, "encoder", "layers", "dimensions", "hidden", "history_length", "windows", "patience")
        require_positive(self, "encoder", "learning_rate", "batch_windows", "batch_tokens")
        require(self.layers <= MOST_LAYERS, f"encoder.layers must be at most {MOST_LAYERS}")
        require(self.negatives >= 0, "encoder.negatives must not be negative")
        require(self.epochs >= 0, "encoder.epochs must not be negative")
        require(self.refit_epochs >= 0, "encoder.refit_epochs must not be negative")
        require(self.weight_decay >= 0, "encoder.weight_decay must not be negative")
        require(0 <= self.dropout < 1, "encoder.dropout must be at least 0 and below 1")
        require_seed(self.seed, "encoder")
