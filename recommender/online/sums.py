"""Sparse sums over visitors of which single visitors are taken out and put back in."""

import numpy as np
from scipy import sparse

RESIDUE = 1e-9  # what is left of a value that was taken out again; no count of one pair is as small


class PairSums:
    """A growing items × items matrix in float64. Changes are kept aside until somebody asks, so that taking one in
    costs what it holds and not what the matrix holds."""

    def __init__(self) -> None:
        self._whole_II = sparse.csr_array((0, 0), dtype=np.float64)
        self._aside: list[sparse.csr_array] = []

    def add(self, more_II: sparse.csr_array, less_II: sparse.csr_array) -> None:
        """Both of the size that the matrix has from now on."""
        self._aside.append(sparse.csr_array(more_II.astype(np.float64) - less_II.astype(np.float64)))

    def whole(self) -> sparse.csr_array:
        """float64 (I, I), sorted, without what has been taken out."""
        if self._aside:
            items = self._aside[-1].shape[0]
            self._whole_II = sum((_grown(part, items) for part in self._aside), _grown(self._whole_II, items))
            self._whole_II.data[np.abs(self._whole_II.data) < RESIDUE] = 0.0
            self._whole_II.eliminate_zeros()
            self._whole_II.sort_indices()
            self._aside = []
        return self._whole_II


def _grown(matrix: sparse.csr_array, items: int) -> sparse.csr_array:
    indptr = np.concatenate([matrix.indptr, np.full(items - matrix.shape[0], matrix.indptr[-1], matrix.indptr.dtype)])
    return sparse.csr_array((matrix.data, matrix.indices, indptr), shape=(items, items), copy=True)
