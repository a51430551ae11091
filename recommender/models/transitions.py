"""Item transitions: what follows what. Direction, distance and recency count; explainable and fast.

value(a → b) = Σ pairs weight(gap, direction) · (row sum + r)^−α · (column sum + c)^−β
score(b)     = Σ history decay^age · value(a → b)
The default figures were tuned on Amazon Beauty; the decay of the history is chosen per shop on held-out interactions.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from scipy import sparse

from recommender.data.dataset import Dataset
from recommender.data.histories import Histories
from recommender.models.base import Report, RowSumModel, silent
from recommender.models.item_pairs import PairBlock, mirrored, pair_blocks, source_sums
from recommender.models.item_to_item import ItemToItem
from recommender.models.options import require, require_positive
from recommender.models.rows import summed_rows, values_at
from recommender.models.strongest import longest_within, strongest
from recommender.parallel import rows_at_once

DECAYS = (0.5, 0.57, 0.65, 0.75, 0.87, 0.94)
TUNING_VISITORS = 2000
MOST_VALUES = 20_000_000  # kept of all items: 160 MB, 400 an item up to 50,000 items and 100 at 200,000


@dataclass(frozen=True)
class TransitionsConfig:
    gap_ends: tuple[int, ...] = (1, 2, 3, 5, 8, 20)  # the last gap of each bucket
    forward: tuple[float, ...] = (1.0, 0.8, 0.64, 0.5, 0.3, 0.1)
    backward: tuple[float, ...] = (0.4, 0.4, 0.32, 0.25, 0.08, 0.05)
    row_offset: float = 0.03
    row_power: float = 0.42
    column_offset: float = 0.6
    column_power: float = 0.05
    history_decay: float = 0.57
    history_length: int = 50
    neighbours: int = 400  # strongest targets kept per item, fewer above 50,000 items: bounds the size of the artifact

    def __post_init__(self) -> None:
        require(
            len(self.gap_ends) == len(self.forward) == len(self.backward) > 0,
            "transitions: gap_ends, forward and backward must be equally long",
        )
        grows = list(self.gap_ends) == sorted(set(self.gap_ends))
        require(grows and self.gap_ends[0] > 0, "transitions.gap_ends must grow from 1 or more")
        for name in ("forward", "backward"):
            require(min(getattr(self, name)) >= 0, f"transitions.{name} must not hold a negative number")
        require_positive(self, "transitions", "row_offset", "column_offset", "history_length", "neighbours")
        require(0 < self.history_decay <= 1, "transitions.history_decay must be above 0 and at most 1")


class Transitions(RowSumModel, ItemToItem):
    name = "transitions"
    config_class = TransitionsConfig
    unlearned_weight = 0.5
    is_always_served = True  # reasons and similar items

    # of all pairs, whether they are kept or not: what updates go on from; None in older artifacts
    row_sums_I_: np.ndarray | None = None
    column_sums_I_: np.ndarray | None = None

    def fit(self, dataset: Dataset, *, report: Report = silent) -> Self:
        weight_C = self.weights()
        window, wanted_CS = len(weight_C) // 2, np.stack([weight_C, mirrored(weight_C), np.ones_like(weight_C)], axis=1)
        rows_I, columns_I, pairs_I = source_sums(dataset.histories, dataset.items, wanted_CS).T
        blocks = pair_blocks(dataset.histories, pairs_I, window)
        return self._learn((_matrix(block, weight_C, dataset.items) for block in blocks), rows_I, columns_I)

    def from_counts(self, counts_II: sparse.csr_array) -> Self:
        """Learn from what `counts` found; counts of several sets of visitors may be added up."""
        rows_I, columns_I = (np.asarray(counts_II.sum(axis=axis)).ravel() for axis in (1, 0))
        return self._learn(iter([counts_II]), rows_I, columns_I)

    def counts(self, histories: Histories, items: int) -> sparse.csr_array:
        """Σ pairs weight(gap, direction), items × items."""
        weight_C = self.weights()
        pairs_I = source_sums(histories, items, np.ones((len(weight_C), 1)))[:, 0]
        blocks = pair_blocks(histories, pairs_I, len(weight_C) // 2)
        return sparse.csr_array(sparse.vstack([_matrix(block, weight_C, items) for block in blocks], format="csr"))

    def weights(self) -> np.ndarray:
        """float64 (2 · window,): what a pair of each kind (recommender.models.item_pairs) adds."""
        lengths = np.diff(self.config.gap_ends, prepend=0)
        sides = (np.repeat(side, lengths) for side in (self.config.forward, self.config.backward))
        return np.stack(list(sides), axis=1).astype(np.float64).ravel()

    def _learn(self, counts: Iterator[sparse.csr_array], rows_I: np.ndarray, columns_I: np.ndarray) -> Self:
        """From blocks of rows of counts, and the sums of all rows and columns."""
        config, kept, first = self.config, [], 0
        self.row_sums_I_, self.column_sums_I_ = rows_I.astype(np.float32), columns_I.astype(np.float32)
        rows_I, columns_I = self.row_scales(rows_I), self.column_scales(columns_I)
        for block in counts:
            scale_N = np.repeat(rows_I[first : first + block.shape[0]], np.diff(block.indptr))
            values_N = (block.data * scale_N * columns_I[block.indices]).astype(np.float32)
            values = sparse.csr_array((values_N, block.indices, block.indptr), shape=block.shape)
            kept.append(strongest(values, config.neighbours))
            first += block.shape[0]
        lengths_I = np.concatenate([np.diff(block.indptr) for block in kept])
        limit = longest_within(lengths_I, MOST_VALUES, config.neighbours)
        self.values_II_ = sparse.csr_array(sparse.vstack([strongest(block, limit) for block in kept], format="csr"))
        return self

    def tune(self, histories: Histories, targets_B: np.ndarray) -> Self:
        """Choose the history's decay by the mean reciprocal rank of what came next among unseen items."""
        asked = min(len(histories), TUNING_VISITORS)
        step = rows_at_once(self.values_II_.shape[0])
        parts = [np.arange(start, min(start + step, asked)) for start in range(0, asked, step)]
        quality = []
        for decay in DECAYS:
            self.config = replace(self.config, history_decay=decay)
            gains = [self._gains(histories.take(rows), targets_B[rows]) for rows in parts]
            quality.append(float(np.concatenate(gains).mean()))
        self.config = replace(self.config, history_decay=DECAYS[int(np.argmax(quality))])
        return self

    def _gains(self, histories: Histories, targets_B: np.ndarray) -> np.ndarray:
        """(B,) reciprocal ranks."""
        scores_BI = self.probabilities(histories, exclude_seen=True)
        own_B1 = np.take_along_axis(scores_BI, targets_B[:, None].astype(np.int64), axis=1)
        return 1 / (scores_BI >= own_B1).sum(axis=1)

    def strengths(self, histories: Histories) -> sparse.csr_array:
        recent = histories.last(self.config.history_length)
        return recent.matrix_BI(self.values_II_.shape[0], self.config.history_decay**recent.ages_N)

    def row_sum(self, history: Histories) -> tuple[sparse.csr_array, np.ndarray, np.ndarray]:
        """The rows, and their weights, whose sum is the scores of one visitor."""
        recent = history.last(self.config.history_length)
        return self.values_II_, recent.items_N, self.config.history_decay**recent.ages_N

    def scores(self, histories: Histories) -> np.ndarray:
        if len(histories) == 1:
            return summed_rows(*self.row_sum(histories))[None]
        return (self.strengths(histories) @ self.values_II_).toarray()  # as long a history as the config says

    def row_scales(self, sums: np.ndarray) -> np.ndarray:
        """What the counts of rows with these sums are multiplied by."""
        scales: np.ndarray = (sums + self.config.row_offset) ** -self.config.row_power
        return scales

    def column_scales(self, sums: np.ndarray) -> np.ndarray:
        """What the counts of columns with these sums are multiplied by."""
        scales: np.ndarray = (sums + self.config.column_offset) ** -self.config.column_power
        return scales

    def row_values(self, code: int) -> np.ndarray:
        """float32 (I,): what follows one item."""
        return self.values_II_[[code]].toarray()[0]

    def values_between(self, codes_L: np.ndarray, codes_N: np.ndarray) -> np.ndarray:
        """float32 (L, N): how much each of some distinct items follows each of others."""
        return values_at(self.values_II_, codes_L, codes_N)

    def arrays(self) -> dict[str, np.ndarray]:
        if self.row_sums_I_ is None or self.column_sums_I_ is None:
            return super().arrays()
        return {**super().arrays(), "row_sums_I": self.row_sums_I_, "column_sums_I": self.column_sums_I_}

    @classmethod
    def from_arrays(cls, config: Any, arrays: dict[str, np.ndarray]) -> Self:
        model = super().from_arrays(config, arrays)
        model.row_sums_I_, model.column_sums_I_ = arrays.get("row_sums_I"), arrays.get("column_sums_I")
        return model


def _matrix(block: PairBlock, weight_C: np.ndarray, items: int) -> sparse.csr_array:
    """float32, a row for each source of the block; what weighs nothing is left out."""
    sums_E = block.sums(weight_C)
    counted = sums_E > 0
    lengths = np.bincount(block.sources_E[counted], minlength=block.end - block.first)
    parts = (sums_E[counted], block.targets_E[counted].astype(np.int32), np.concatenate([[0], np.cumsum(lengths)]))
    return sparse.csr_array(parts, shape=(block.end - block.first, items))
