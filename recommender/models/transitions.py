"""Item transitions: what follows what. Direction, distance and recency count; explainable and fast.

value(a → b) = Σ pairs weight(gap, direction) · (row sum + r)^−α · (column sum + c)^−β
score(b)     = Σ history decay^age · value(a → b)
The default figures were tuned on Amazon Beauty; the decay of the history is chosen per shop on held-out interactions.
"""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from scipy import sparse

from recommender.data.dataset import Dataset
from recommender.data.histories import Histories
from recommender.models.base import Report, silent
from recommender.models.item_to_item import ItemToItem
from recommender.models.options import require, require_positive
from recommender.models.rows import summed_rows

DECAYS = (0.5, 0.57, 0.65, 0.75, 0.87, 0.94)
TUNING_VISITORS = 2000


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
    neighbours: int = 400  # strongest targets kept per item: bounds the size of the artifact

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


class Transitions(ItemToItem):
    name = "transitions"
    config_class = TransitionsConfig

    def fit(self, dataset: Dataset, *, report: Report = silent) -> Self:
        return self.from_counts(self.counts(dataset.histories, dataset.items))

    def from_counts(self, counts_II: sparse.csr_array) -> Self:
        """Learn from what `counts` found; counts of several sets of visitors may be added up."""
        rows_I = np.asarray(counts_II.sum(axis=1)).ravel() + self.config.row_offset
        columns_I = np.asarray(counts_II.sum(axis=0)).ravel() + self.config.column_offset
        left = sparse.diags_array(rows_I**-self.config.row_power)
        right = sparse.diags_array(columns_I**-self.config.column_power)
        values_II = sparse.csr_array(left @ counts_II @ right)
        self.values_II_ = strongest(values_II, self.config.neighbours).astype(np.float32)
        return self

    def counts(self, histories: Histories, items: int) -> sparse.csr_array:
        """Σ pairs weight(gap, direction), items × items."""
        counts_II = sparse.csr_array((items, items), dtype=np.float32)
        start = 1
        for end, forward, backward in zip(self.config.gap_ends, self.config.forward, self.config.backward, strict=True):
            pairs = [item_pairs(histories, gap) for gap in range(start, end + 1)]
            earlier, later = (np.concatenate(parts) for parts in zip(*pairs, strict=True))
            counts_II = counts_II + _bucket(earlier, later, forward, items) + _bucket(later, earlier, backward, items)
            start = end + 1
        return counts_II

    def tune(self, histories: Histories, targets_B: np.ndarray) -> Self:
        """Choose the history's decay by the mean reciprocal rank of what came next among unseen items."""
        rows = np.arange(min(len(histories), TUNING_VISITORS))
        histories, targets_B = histories.take(rows), targets_B[rows]
        quality = []
        for decay in DECAYS:
            self.config = replace(self.config, history_decay=decay)
            scores_BI = self.probabilities(histories, exclude_seen=True)
            ranks_B = (scores_BI >= scores_BI[rows, targets_B][:, None]).sum(axis=1)
            quality.append(float((1 / ranks_B).mean()))
        self.config = replace(self.config, history_decay=DECAYS[int(np.argmax(quality))])
        return self

    def strengths(self, histories: Histories) -> sparse.csr_array:
        recent = histories.last(self.config.history_length)
        return recent.matrix_BI(self.values_II_.shape[0], self.config.history_decay**recent.ages_N)

    def scores(self, histories: Histories) -> np.ndarray:
        if len(histories) == 1:
            recent = histories.last(self.config.history_length)
            return summed_rows(self.values_II_, recent.items_N, self.config.history_decay**recent.ages_N)[None]
        return (self.strengths(histories) @ self.values_II_).toarray()  # as long a history as the config says


def item_pairs(histories: Histories, gap: int) -> tuple[np.ndarray, np.ndarray]:
    """Items that are `gap` interactions apart in one history. Within a basket the order of the rows counts: a real
    retailer's invoices list related items side by side, and treating a basket as a set cost 10% of NDCG there."""
    rows_N, items_N = histories.rows_N, histories.items_N
    same_N = (rows_N[:-gap] == rows_N[gap:]) & (items_N[:-gap] != items_N[gap:])
    return items_N[:-gap][same_N], items_N[gap:][same_N]


def _bucket(sources: np.ndarray, targets: np.ndarray, weight: float, items: int) -> sparse.csr_array:
    weights = np.full(len(sources), weight, np.float32)
    return sparse.csr_array(sparse.coo_array((weights, (sources, targets)), shape=(items, items)))


def strongest(matrix: sparse.csr_array, count: int) -> sparse.csr_array:
    """The `count` largest values of each row; ties keep the order of the columns."""
    lengths = np.diff(matrix.indptr)
    if (lengths <= count).all():
        return matrix
    rows = np.repeat(np.arange(matrix.shape[0]), lengths)
    order = np.lexsort((-matrix.data, rows))
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order)) - matrix.indptr[:-1][rows]
    kept = rank < count
    starts = np.concatenate([[0], np.cumsum(np.minimum(lengths, count))])
    return sparse.csr_array((matrix.data[kept], matrix.indices[kept], starts), shape=matrix.shape)
