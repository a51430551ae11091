"""Item-based kNN: the items that the same visitors chose (Sarwar et al. 2001), by cosine or by BM25.

x(v, i) = log(1 + Σ event weights of visitor v on item i)
cosine: value(a → b) = Σ_v x(v, a) x(v, b) / (|x(·, a)| · |x(·, b)| + shrink)
BM25:   value(a → b) = Σ_v w(v, a) w(v, b), w(v, i) = idf(v) · x (k1 + 1) / (k1 (1 − b + b · |i| / mean |i|) + x)
        where idf(v) = log(I / (1 + items of v)): a visitor who chose everything says nothing about any two of them.
Only the strongest neighbours of each item are kept. BM25 as Robertson and Zaragoza (2009) weigh words of documents.
"""

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from scipy import sparse

from recommender.data.dataset import Dataset
from recommender.data.histories import Histories
from recommender.models.base import Report, silent
from recommender.models.item_to_item import ItemToItem, log_counts
from recommender.models.options import require, require_positive
from recommender.models.strongest import strongest

BLOCK = 1000  # rows of the product at once: 12,000 items of Beauty stay below 100 MB


@dataclass(frozen=True)
class ItemCosineConfig:
    neighbours: int = 100  # strongest kept per item: bounds the size of the model
    shrink: float = 10.0  # added below the line: pairs that rest on few visitors count less

    def __post_init__(self) -> None:
        require_positive(self, "item_cosine", "neighbours")
        require(self.shrink >= 0, "item_cosine.shrink must not be negative")


@dataclass(frozen=True)
class ItemBM25Config:
    neighbours: int = 100
    k1: float = 1.2  # how soon more of the same stops counting
    b: float = 0.15  # how much popular items are held back: 0 not at all, 1 fully

    def __post_init__(self) -> None:
        require_positive(self, "item_bm25", "neighbours", "k1")
        require(0 <= self.b <= 1, "item_bm25.b must be from 0 to 1")


class _ItemNeighbours(ItemToItem):
    def strengths(self, histories: Histories) -> sparse.csr_array:
        return log_counts(histories, self.values_II_.shape[0])

    def fit(self, dataset: Dataset, *, report: Report = silent) -> Self:
        weighted_VI = self._weighted(log_counts(dataset.histories, dataset.items))
        by_item_IV, items = sparse.csr_array(weighted_VI.T), dataset.items
        blocks = []
        for start in range(0, items, BLOCK):
            rows = slice(start, min(start + BLOCK, items))
            blocks.append(self._neighbours(by_item_IV[rows], weighted_VI, rows))
            report(rows.stop / items, f"{rows.stop:,} of {items:,} items")
        self.values_II_ = sparse.csr_array(sparse.vstack(blocks, format="csr"), dtype=np.float32)
        return self

    def _neighbours(self, by_item_RV: sparse.csr_array, weighted_VI: sparse.csr_array, rows: slice) -> sparse.csr_array:
        """The strongest neighbours of a block of items, never the item itself."""
        products_RI = sparse.coo_array(by_item_RV @ weighted_VI)
        row_N, column_N = products_RI.coords
        others = row_N + rows.start != column_N
        row_N, column_N = row_N[others], column_N[others]
        values_N = self._damped(products_RI.data[others], row_N + rows.start, column_N)
        kept = sparse.csr_array((values_N, (row_N, column_N)), shape=products_RI.shape)
        kept.sort_indices()
        return strongest(kept, self.config.neighbours)

    @abstractmethod
    def _weighted(self, rows_VI: sparse.csr_array) -> sparse.csr_array:
        """The matrix whose columns' products are the values."""

    def _damped(self, values_N: np.ndarray, first_N: np.ndarray, second_N: np.ndarray) -> np.ndarray:
        return values_N


class ItemCosine(_ItemNeighbours):
    name = "item_cosine"
    config_class = ItemCosineConfig

    def _weighted(self, rows_VI: sparse.csr_array) -> sparse.csr_array:
        squares_I = np.bincount(rows_VI.indices, rows_VI.data.astype(np.float64) ** 2, minlength=rows_VI.shape[1])
        self._lengths_I = np.sqrt(squares_I)
        return rows_VI

    def from_products(self, products_II: sparse.csr_array) -> Self:
        """Learn from XᵀX; products of several sets of visitors may be added up."""
        self._lengths_I = np.sqrt(products_II.diagonal())
        row_N, column_N = sparse.coo_array(products_II).coords
        others = row_N != column_N
        row_N, column_N = row_N[others], column_N[others]
        values_N = self._damped(products_II.data[others], row_N, column_N)
        kept = sparse.csr_array((values_N, (row_N, column_N)), shape=products_II.shape)
        kept.sort_indices()
        self.values_II_ = sparse.csr_array(strongest(kept, self.config.neighbours), dtype=np.float32)
        return self

    def _damped(self, values_N: np.ndarray, first_N: np.ndarray, second_N: np.ndarray) -> np.ndarray:
        lengths_N = self._lengths_I[first_N] * self._lengths_I[second_N] + self.config.shrink
        return (values_N / lengths_N).astype(np.float32)


class ItemBM25(_ItemNeighbours):
    name = "item_bm25"
    config_class = ItemBM25Config

    def _weighted(self, rows_VI: sparse.csr_array) -> sparse.csr_array:
        items = rows_VI.shape[1]
        sums_I = np.bincount(rows_VI.indices, rows_VI.data, minlength=items)
        length_I = 1 - self.config.b + self.config.b * sums_I / max(float(sums_I.mean()), 1e-9)
        idf_V = np.maximum(np.log(items / (1.0 + np.diff(rows_VI.indptr))), 0.0)
        below_N = self.config.k1 * length_I[rows_VI.indices] + rows_VI.data
        idf_N = np.repeat(idf_V, np.diff(rows_VI.indptr))
        weighted: Any = rows_VI.copy()
        weighted.data = (idf_N * rows_VI.data * (self.config.k1 + 1) / below_N).astype(np.float32)
        return weighted
