"""Sums of sparse rows for one visitor, without the checks of a matrix product that a batch pays once.

A product of two scipy matrices costs 0.15 ms before its first multiplication; summing 5,000 numbers costs 0.05 ms.
"""

import numpy as np
from scipy import sparse


def summed_rows(matrix: sparse.csr_array, rows_N: np.ndarray, weights_N: np.ndarray) -> np.ndarray:
    """float32 (columns,): Σ weight · row of the matrix; equal to the product up to rounding."""
    starts_N = matrix.indptr[rows_N]
    lengths_N = matrix.indptr[rows_N + 1] - starts_N
    ends_N = np.cumsum(lengths_N)
    positions = np.arange(ends_N[-1] if len(ends_N) else 0) + np.repeat(starts_N - ends_N + lengths_N, lengths_N)
    values = matrix.data[positions] * np.repeat(weights_N, lengths_N)
    return np.bincount(matrix.indices[positions], values, minlength=matrix.shape[1]).astype(np.float32)
