"""What segments are about, against all visitors: every visitor counts the same, however much they bought."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

PRIOR_VISITORS = 20  # a segment's share starts as if so many average visitors belonged to it: a handful proves little


@dataclass(frozen=True)
class Contrast:
    """`share_KT` is of the segment, `lift_KT` is the smoothed share over that of all visitors (1: no difference)."""

    share_KT: np.ndarray
    lift_KT: np.ndarray

    @property
    def score_KT(self) -> np.ndarray:
        """How much a thing sets the segment apart: share · log lift, so that neither the rare nor the common wins."""
        return self.share_KT * np.log(np.maximum(self.lift_KT, 1e-12))


def contrast(
    rows_VI: sparse.csr_array, segment_V: np.ndarray, segments: int, has_IT: sparse.csr_array | None = None
) -> Contrast:
    """Average of the rows in each segment, against the average of all rows; of `rows_VI @ has_IT` where that is given
    (labels of items), which is never made: summing the visitors first is a hundred times less work."""
    sizes_K = np.bincount(segment_V, minlength=segments).astype(float)
    ones = (np.ones(len(segment_V)), (segment_V, np.arange(len(segment_V))))
    sums_KI = sparse.csr_array(ones, shape=(segments, len(segment_V))) @ rows_VI
    sums_KT = (sums_KI if has_IT is None else sums_KI @ has_IT).toarray()
    all_T = sums_KT.sum(axis=0) / max(len(segment_V), 1)
    smoothed_KT = (sums_KT + PRIOR_VISITORS * all_T) / (sizes_K + PRIOR_VISITORS)[:, None]
    lift_KT = np.divide(smoothed_KT, all_T, out=np.ones_like(smoothed_KT), where=all_T > 0)
    return Contrast(sums_KT / np.maximum(sizes_K, 1)[:, None], lift_KT)


def touched(visitor_items: sparse.csr_array) -> sparse.csr_array:
    """1.0 where a visitor has anything of an item."""
    rows_VI = sparse.csr_array(visitor_items, dtype=np.float64, copy=True)
    rows_VI.sum_duplicates()
    rows_VI.eliminate_zeros()
    rows_VI.data = np.ones_like(rows_VI.data)
    return rows_VI


def attention(touched_VI: sparse.csr_array) -> sparse.csr_array:
    """Each visitor's items as shares of one."""
    counts_V = np.maximum(np.diff(touched_VI.indptr), 1)
    return sparse.csr_array(sparse.diags_array(1.0 / counts_V) @ touched_VI)


def occurrences(labels_I: list[list[str]]) -> tuple[list[str], sparse.csr_array]:
    """Distinct labels, sorted, and 1.0 where an item (row) has the label (column)."""
    labels = sorted({label for row in labels_I for label in row})
    column_of = {label: column for column, label in enumerate(labels)}
    pairs = [(item, column_of[label]) for item, row in enumerate(labels_I) for label in dict.fromkeys(row)]
    rows, columns = np.array(pairs, np.int64).reshape(-1, 2).T
    return labels, sparse.csr_array((np.ones(len(rows)), (rows, columns)), shape=(len(labels_I), len(labels)))
