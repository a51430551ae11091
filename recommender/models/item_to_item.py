"""What models share that learn one matrix of item-to-item values: score(b) = Σ over the history x(a) · value(a → b)."""

from abc import abstractmethod
from typing import Any, ClassVar, Self

import numpy as np
from scipy import sparse

from recommender.data.histories import Histories
from recommender.models.base import Model


class ItemToItem(Model):
    """`values_II_` holds row a: what an item a of the history says for every other item."""

    values_II_: sparse.csr_array
    history_length: ClassVar[int] = 200  # newest interactions that are asked with: bounds the cost of one visitor

    @abstractmethod
    def strengths(self, histories: Histories) -> sparse.csr_array:
        """x of each item of each history, rows × items."""

    def scores(self, histories: Histories) -> np.ndarray:
        rows_BI = self.strengths(histories.last(self.history_length)) @ self.values_II_
        np.maximum(rows_BI.data, 0.0, out=rows_BI.data)
        return rows_BI.toarray()

    def arrays(self) -> dict[str, np.ndarray]:
        values = self.values_II_
        return {
            "indptr": values.indptr.astype(np.int64),
            "indices": values.indices.astype(np.int32),
            "values": values.data.astype(np.float32),
        }

    @classmethod
    def from_arrays(cls, config: Any, arrays: dict[str, np.ndarray]) -> Self:
        model = cls(config)
        items = len(arrays["indptr"]) - 1
        parts = (arrays["values"], arrays["indices"], arrays["indptr"].astype(np.int32))
        model.values_II_ = sparse.csr_array(parts, shape=(items, items))
        return model


def log_counts(histories: Histories, items: int) -> sparse.csr_array:
    """log(1 + Σ event weights): the tenth view of an item says less than the first."""
    rows_BI = histories.matrix_BI(items)
    rows_BI.data = np.log1p(rows_BI.data)
    return rows_BI


def presence(histories: Histories, items: int) -> sparse.csr_array:
    """One for every item of a history."""
    rows_BI = histories.matrix_BI(items)
    rows_BI.data = np.ones_like(rows_BI.data)
    return rows_BI
