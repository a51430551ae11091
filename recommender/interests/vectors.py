"""From a history to a visitor's vector. Training and serving both call this. Numpy and scipy alone."""

import numpy as np
from scipy import sparse


def visitor_vectors(
    histories_VI: sparse.csr_array, item_factors_ID: np.ndarray, weights_I: np.ndarray | None = None
) -> np.ndarray:
    """float32 (V, D): unit vectors, the weighted mean of the factors of the items of each history; zero if it is empty.

    An item counts log(1 + what `histories_VI` holds: counts, or weights by event type) · `weights_I` (idf: rare items
    say more). With the factors and the idf of `recommender.models.factors` this equals `Factors.vectors`.
    """
    rows_VI = sparse.csr_array(histories_VI, dtype=np.float32, copy=True)
    rows_VI.sum_duplicates()
    rows_VI.data = np.log1p(rows_VI.data)
    if weights_I is not None:
        rows_VI.data *= np.asarray(weights_I, np.float32)[rows_VI.indices]
    return unit_rows(rows_VI @ np.asarray(item_factors_ID, np.float32))


def unit_rows(vectors_ND: np.ndarray) -> np.ndarray:
    """Rows of length one; a zero row stays zero."""
    lengths_N1 = np.linalg.norm(vectors_ND, axis=1, keepdims=True)
    return np.divide(vectors_ND, lengths_N1, out=np.zeros_like(vectors_ND), where=lengths_N1 > 0)
