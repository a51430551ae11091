"""TF-IDF: items as vectors of the terms that describe them, for trained models and for the live catalog alike.

x(i, t) = log(1 + weight of term t in item i) · idf(t), rows of length one.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from scipy import sparse

TINY = 1e-4  # shorter rows are rounding errors

Terms = Mapping[str, float]  # of one item: term → weight of the places where it stands


def term_vectors(items: Sequence[Terms], terms: Sequence[str], idf_T: np.ndarray) -> sparse.csr_array:
    """float32 (N, T): X of any items; other terms are left out, and a row without any is zero."""
    column_of = {term: column for column, term in enumerate(terms)}
    rows, columns, values = [], [], []
    for row, weights in enumerate(items):
        for term, weight in weights.items():
            if (column := column_of.get(term)) is not None:
                rows.append(row)
                columns.append(column)
                values.append(weight)
    rows_N, columns_N = np.array(rows, np.int64), np.array(columns, np.int64)
    values_N = np.log1p(np.array(values, np.float32)) * idf_T[columns_N]
    lengths_I = np.sqrt(np.bincount(rows_N, values_N**2, minlength=len(items)))
    values_N = (values_N / np.maximum(lengths_I, TINY)[rows_N]).astype(np.float32)
    return sparse.csr_array((values_N, (rows_N, columns_N)), shape=(len(items), len(terms)))


def cosines(items: Sequence[Terms], wanted: Terms) -> np.ndarray:
    """float32 (N,), 0..1: how alike the items of a pool are to one more. The pool was chosen for what it shares, so
    that even what all of it has counts: idf(t) = log(1 + N / items with t) over the N + 1 at hand."""
    pool = [*items, wanted]
    having = Counter(term for terms in pool for term in terms)
    idf_T = np.log1p(len(pool) / np.array([*having.values()], np.float64)).astype(np.float32)
    rows_NT = term_vectors(pool, tuple(having), idf_T)
    return np.minimum((rows_NT[:-1] @ rows_NT[[-1]].T).toarray()[:, 0], np.float32(1))
