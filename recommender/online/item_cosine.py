"""Item-based kNN by cosine while interactions arrive."""

import numpy as np
from scipy import sparse

from recommender.data.histories import Histories
from recommender.models.item_neighbours import ItemCosine, ItemCosineConfig
from recommender.models.item_to_item import log_counts
from recommender.online.behaviour import Change
from recommender.online.sums import PairSums


class OnlineItemCosine:
    """XᵀX, the lengths of its columns being the roots of its diagonal."""

    def __init__(self, config: ItemCosineConfig | None = None) -> None:
        self.config = config or ItemCosineConfig()
        self._sums = PairSums()

    def apply(self, change: Change) -> None:
        """Take a change in: the square of each touched history's length."""
        self._sums.add(_products(change.after, change.items), _products(change.before, change.items))

    def model(self) -> ItemCosine:
        """The member of the family."""
        return ItemCosine(self.config).from_products(self._sums.whole())


def _products(histories: Histories, items: int) -> sparse.csr_array:
    rows_BI = log_counts(histories, items).astype(np.float64)
    return sparse.csr_array(rows_BI.T @ rows_BI)
