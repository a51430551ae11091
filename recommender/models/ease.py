"""EASE: the closed-form linear autoencoder (Steck 2019): what the other items of a history say about each item.

B = argmin |X − X B|² + λ |B|² with a zero diagonal; with P = (XᵀX + λ I)⁻¹ it is B(a → b) = −P(a, b) / P(b, b).
score(b) = Σ over the history of B(a → b), not below 0. X is 1 where a visitor chose an item. Only the strongest values
of each row are kept. The inverse takes 4 · A² bytes and A³ steps for the A items that anybody chose.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy import sparse
from scipy.linalg import lapack

from recommender.data.dataset import Dataset
from recommender.data.histories import Histories
from recommender.errors import LibraryError
from recommender.models.base import Report, silent
from recommender.models.item_to_item import ItemToItem, presence
from recommender.models.options import require_positive

GIB = 2.0**30
COPIES = 1.25  # of the matrix at the peak: itself, and blocks of it on the way


@dataclass(frozen=True)
class EaseConfig:
    regularisation: float = 100.0  # λ, in interactions: more for thin data
    neighbours: int = 200  # strongest values kept per item, by size: bounds the model
    memory_gib: float = 4.0  # a catalog that takes more is refused: 29,000 items that anybody chose

    def __post_init__(self) -> None:
        require_positive(self, "ease", "regularisation", "neighbours", "memory_gib")


class Ease(ItemToItem):
    name = "ease"
    config_class = EaseConfig

    @classmethod
    def need_gib(cls, dataset: Dataset) -> float:
        """Memory that `fit` takes at its peak."""
        chosen = len(np.unique(dataset.histories.items_N))
        return COPIES * 4 * chosen**2 / GIB

    def strengths(self, histories: Histories) -> sparse.csr_array:
        return presence(histories, self.values_II_.shape[0])

    def fit(self, dataset: Dataset, *, report: Report = silent) -> Self:
        """Raises LibraryError where the catalog does not fit in `memory_gib`."""
        need_gib = self.need_gib(dataset)
        if need_gib > self.config.memory_gib:
            raise LibraryError(
                f"ease: the items that visitors chose take {need_gib:.1f} GiB, and ease.memory_gib is "
                f"{self.config.memory_gib:g}; raise it, or do without this model"
            )
        rows_VI = presence(dataset.histories, dataset.items)
        chosen_A = np.flatnonzero(np.bincount(rows_VI.indices, minlength=dataset.items))
        inverse_AA = _inverse_gram(rows_VI[:, chosen_A], self.config.regularisation)
        report(0.9, "inverted")
        self.values_II_ = _strongest(inverse_AA, chosen_A, dataset.items, self.config.neighbours)
        return self


def _inverse_gram(rows_VA: sparse.csr_array, regularisation: float) -> np.ndarray:
    """(XᵀX + λ I)⁻¹ in place, by Cholesky: only the lower triangle of the result holds."""
    gram_AA = np.zeros((rows_VA.shape[1],) * 2, np.float32, order="F")
    (rows_VA.T @ rows_VA).todense(out=gram_AA)
    gram_AA[np.diag_indices_from(gram_AA)] += regularisation
    factor_AA, failed = lapack.spotrf(gram_AA, lower=1, overwrite_a=1, clean=0)
    if failed:
        raise LibraryError("ease: the items are too alike to be told apart; raise ease.regularisation")
    inverse_AA, _ = lapack.spotri(factor_AA, lower=1, overwrite_c=1)
    return inverse_AA


def _strongest(inverse_AA: np.ndarray, chosen_A: np.ndarray, items: int, count: int) -> sparse.csr_array:
    """−P(a, b) / P(b, b) without the diagonal: of each row the `count` values that are furthest from 0."""
    diagonal_A = inverse_AA.diagonal().copy()
    size = len(chosen_A)
    kept = min(count, size)
    rows, columns, values = [], [], []
    for a in range(size):
        row_A = np.concatenate([inverse_AA[a, :a], inverse_AA[a:, a]]) / -diagonal_A
        row_A[a] = 0.0
        best = np.sort(np.argpartition(-np.abs(row_A), kept - 1)[:kept])
        best = best[row_A[best] != 0]
        rows.append(np.full(len(best), chosen_A[a]))
        columns.append(chosen_A[best])
        values.append(row_A[best])
    parts = [np.concatenate(part) if part else np.zeros(0, int) for part in (rows, columns, values)]
    return sparse.csr_array((parts[2].astype(np.float32), (parts[0], parts[1])), shape=(items, items))
