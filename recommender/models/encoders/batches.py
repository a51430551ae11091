"""Training data of an encoder: windows of histories as padded batches, and negatives."""

from dataclasses import dataclass

import numpy as np

from recommender.data.histories import Histories
from recommender.models.encoders.config import EncoderConfig
from recommender.models.encoders.inputs import CODES, GAPS, levels_of
from recommender.models.encoders.windows import batches_of_windows, training_windows, window_codes, window_levels

FULL_SOFTMAX_ITEMS = 50_000  # above it sampled softmax takes over: the full one costs three times as much at 12,000
SAMPLED_NEGATIVES = 2048
NEGATIVES_POWER = 0.5  # of popularity: between uniform negatives and popular ones


@dataclass(frozen=True)
class Batch:
    """`inputs` are (B, L) in the network's order, the codes first; 0 is padding, item i is i + 1."""

    inputs: list[np.ndarray]
    targets_BL: np.ndarray
    negatives_K: np.ndarray  # empty for the full softmax

    @property
    def targets(self) -> int:
        return int((self.targets_BL > 0).sum())

    def items(self) -> np.ndarray:
        """The items that it touches, each once, in order."""
        items = np.unique(np.concatenate([self.inputs[0].ravel(), self.targets_BL.ravel(), self.negatives_K + 1]))
        return items[items > 0] - 1

    def take(self, rows: np.ndarray) -> "Batch":
        """Some of its windows."""
        return Batch([values_BL[rows] for values_BL in self.inputs], self.targets_BL[rows], self.negatives_K)

    def within(self, items_U: np.ndarray) -> "Batch":
        """The same with places in `items_U` (sorted) for item codes."""
        places = np.concatenate([[0], items_U + 1])
        codes_BL, targets_BL = (np.searchsorted(places, values_BL) for values_BL in (self.inputs[0], self.targets_BL))
        return Batch([codes_BL, *self.inputs[1:]], targets_BL, np.searchsorted(items_U, self.negatives_K))


class TrainingData:
    """Windows of histories. The order of an epoch and its negatives follow from the config's seed and the epoch."""

    def __init__(self, histories: Histories, items: int, config: EncoderConfig, names: tuple[str, ...]) -> None:
        self.config = config
        self.items_N = histories.items_N
        self.levels = levels_of(histories, names)
        self.names = [name for name in names if name != CODES]
        self.starts, self.ends = training_windows(histories, config.history_length, config.windows)
        chances_I = (np.bincount(self.items_N, minlength=items) + 1.0) ** NEGATIVES_POWER
        self.chances_I = chances_I / chances_I.sum()
        self.cumulative_I = np.cumsum(self.chances_I)
        self.negatives = config.negatives or (SAMPLED_NEGATIVES if items > FULL_SOFTMAX_ITEMS else 0)
        self.is_sampled = 0 < self.negatives < items

    def __len__(self) -> int:
        return len(self.starts)

    def epoch(self, number: int) -> list["Draw"]:
        """The batches of an epoch, yet to be made."""
        config, lengths_W = self.config, self.ends - self.starts - 1
        rng = np.random.default_rng([config.seed, number])
        limits = {"batch_windows": config.batch_windows, "batch_tokens": config.batch_tokens}
        return [Draw(windows, int(rng.integers(2**63))) for windows in batches_of_windows(lengths_W, rng, **limits)]

    def batch(self, draw: "Draw") -> Batch:
        starts, ends = self.starts[draw.windows], self.ends[draw.windows]
        codes_BL, targets_BL = window_codes(self.items_N, starts, ends)
        levels = [window_levels(self.levels[name], starts, ends) for name in self.names]
        for name, levels_BL in zip(self.names, levels, strict=True):
            if name == GAPS:
                levels_BL[:, 0] = 1  # what is before a window is not known at serving either
        return Batch([codes_BL, *levels], targets_BL, self._negatives(draw.seed))

    def _negatives(self, seed: int) -> np.ndarray:
        if not self.is_sampled:
            return np.zeros(0, np.int64)
        chances = np.random.default_rng(seed).random(self.negatives)
        return np.minimum(np.searchsorted(self.cumulative_I, chances), len(self.cumulative_I) - 1)


@dataclass(frozen=True)
class Draw:
    """A batch before it is made: its windows, and the seed of its negatives."""

    windows: np.ndarray
    seed: int
