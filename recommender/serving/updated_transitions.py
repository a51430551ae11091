"""Item transitions of an artifact with what was counted since."""

from collections.abc import Iterator
from typing import Self

import numpy as np
from scipy import sparse

from recommender.data.histories import Histories
from recommender.models.rows import summed_pairs, summed_rows, values_at
from recommender.models.strongest import strongest
from recommender.models.transitions import Transitions

# A pair that is taken back leaves what 32 bits rounded; the least weight of a pair is fifty thousand times as much.
LEAST_COUNT = 1e-6


class UpdatedTransitions(Transitions):
    """An item of which something arrived, or that came since, has a row of its own; the other rows are those of the
    artifact, whose pages processes share. What a column's sum says of all rows is a factor of the column.

    As a fit on everything would give, but for items with more followers than the artifact kept: the weakest of these
    begin at what arrived.
    """

    _own_RJ: sparse.csr_array  # rows of the items with `_place_I` ≥ 0, columns of all
    _place_I: np.ndarray
    _factor_I: np.ndarray | None  # of the artifact's columns; None: nothing has changed

    @classmethod
    def over(
        cls, base: Transitions, sources_E: np.ndarray, targets_E: np.ndarray, weights_E: np.ndarray, items: int
    ) -> Self:
        """With these weighted pairs added, of codes below `items`: those that the artifact lacks come last. Of an older
        artifact, which does not tell its sums, the rows stay as they are."""
        model = cls(base.config)
        model.values_II_ = base.values_II_
        model._place_I, model._factor_I = np.full(items, -1, np.int64), None
        model._own_RJ = sparse.csr_array((0, items), dtype=np.float32)
        if base.row_sums_I_ is not None and base.column_sums_I_ is not None:
            rows_I = _added(base.row_sums_I_, sources_E, weights_E, items)
            columns_I = _added(base.column_sums_I_, targets_E, weights_E, items)
            own_R = np.union1d(sources_E, np.arange(model._known, items)).astype(np.int64)
            model._place_I[own_R] = np.arange(len(own_R))
            counts_RJ = _counts(base, own_R, sources_E, targets_E, weights_E, items)
            model._own_RJ = model._valued(counts_RJ, rows_I[own_R], columns_I)
            sums_I = base.column_sums_I_.astype(np.float64)
            factor_I = base.column_scales(columns_I[: model._known]) / base.column_scales(sums_I)
            model._factor_I = None if (factor_I == 1.0).all() else factor_I.astype(np.float32)
        return model

    @property
    def _known(self) -> int:
        """Items of the artifact."""
        return int(self.values_II_.shape[0])

    def _valued(self, counts_RJ: sparse.csr_array, rows_R: np.ndarray, columns_I: np.ndarray) -> sparse.csr_array:
        row_N = np.repeat(np.arange(len(rows_R)), np.diff(counts_RJ.indptr))
        stands_N = counts_RJ.data > LEAST_COUNT
        row_N, column_N = row_N[stands_N], counts_RJ.indices[stands_N]
        scale_N = self.row_scales(rows_R)[row_N] * self.column_scales(columns_I)[column_N]
        values_N = (counts_RJ.data[stands_N] * scale_N).astype(np.float32)
        starts_R1 = np.concatenate([[0], np.cumsum(np.bincount(row_N, minlength=len(rows_R)))]).astype(np.int32)
        values_RJ = sparse.csr_array((values_N, column_N.astype(np.int32), starts_R1), shape=counts_RJ.shape)
        return strongest(values_RJ, self.config.neighbours)

    def rows_of_last(self, count: int) -> sparse.csr_array:
        """The rows of the last so many items; of an older artifact empty ones."""
        rows = self._own_RJ.shape[0]
        if rows < count:
            return sparse.csr_array((count, self._own_RJ.shape[1]), dtype=np.float32)
        return self._own_RJ[rows - count :]

    def add_scores(self, sums_I: np.ndarray, history: Histories) -> None:
        for matrix, rows_N, weights_N in self._parts(history):
            if matrix is self._own_RJ:
                summed_rows(matrix, rows_N, weights_N, sums_I)
            else:
                sums_I[: self._known] += self._scaled(summed_rows(matrix, rows_N, weights_N), slice(None))

    def scores(self, histories: Histories) -> np.ndarray:
        scores_BI = np.zeros((len(histories), len(self._place_I)), np.float32)
        if len(histories) == 1:
            self.add_scores(scores_BI[0], histories)
            return scores_BI
        recent = histories.last(self.config.history_length)
        weights_N, own_N, known_N = self._split(recent)
        places_N = self._place_I.take(recent.items_N)
        own_BI = _product(recent, own_N, places_N, weights_N, self._own_RJ)
        known_BI = _product(recent, known_N, recent.items_N, weights_N, self.values_II_)
        scores_BI += own_BI
        scores_BI[:, : self._known] += self._scaled(known_BI, slice(None))
        return scores_BI

    def shares_of(self, history: Histories) -> tuple[np.ndarray, np.ndarray]:
        found = [(np.zeros(0, np.int64), np.zeros(0, np.float32))]
        for matrix, rows_N, weights_N in self._parts(history):
            codes_C, sums_C = summed_pairs(matrix, rows_N, weights_N)
            found.append((codes_C, sums_C if matrix is self._own_RJ else self._scaled(sums_C, codes_C)))
        codes_N, sums_N = (np.concatenate(columns) for columns in zip(*found, strict=True))
        codes_C, place_N = np.unique(codes_N, return_inverse=True)
        sums_C = np.bincount(place_N, sums_N, minlength=len(codes_C))
        total = sums_C.sum()
        return codes_C, (sums_C / total if total > 0 else sums_C).astype(np.float32)

    def row_values(self, code: int) -> np.ndarray:
        values_I = np.zeros(len(self._place_I), np.float32)
        if (place := self._place_I[code]) >= 0:
            values_I += self._own_RJ[[place]].toarray()[0]
        elif code < self._known:
            values_I[: self._known] = self._scaled(self.values_II_[[code]].toarray()[0], slice(None))
        return values_I

    def values_between(self, codes_L: np.ndarray, codes_N: np.ndarray) -> np.ndarray:
        found_LN = np.zeros((len(codes_L), len(codes_N)), np.float32)
        place_L = self._place_I.take(codes_L)
        own_L = np.flatnonzero(place_L >= 0)
        found_LN[own_L] = values_at(self._own_RJ, place_L[own_L], codes_N)
        other_L = np.flatnonzero((place_L < 0) & (codes_L < self._known))
        known_N = np.flatnonzero(codes_N < self._known)
        values_LN = values_at(self.values_II_, codes_L[other_L], codes_N[known_N])
        found_LN[np.ix_(other_L, known_N)] = self._scaled(values_LN, codes_N[known_N])
        return found_LN

    def _parts(self, history: Histories) -> Iterator[tuple[sparse.csr_array, np.ndarray, np.ndarray]]:
        """The matrices, and of each the rows and their weights, whose sums are the scores of one visitor."""
        recent = history.last(self.config.history_length)
        weights_N, own_N, known_N = self._split(recent)
        if own_N.any():
            yield self._own_RJ, self._place_I.take(recent.items_N[own_N]), weights_N[own_N]
        if known_N.any():
            yield self.values_II_, recent.items_N[known_N], weights_N[known_N]

    def _split(self, recent: Histories) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The weights, which items have rows of their own, and which those of the artifact."""
        own_N = self._place_I.take(recent.items_N) >= 0
        return self.config.history_decay**recent.ages_N, own_N, ~own_N & (recent.items_N < self._known)

    def _scaled(self, values: np.ndarray, columns: np.ndarray | slice) -> np.ndarray:
        """Values of the artifact's columns as their sums are now."""
        return values if self._factor_I is None else values * self._factor_I[columns]


def _counts(
    base: Transitions,
    own_R: np.ndarray,
    sources_E: np.ndarray,
    targets_E: np.ndarray,
    weights_E: np.ndarray,
    items: int,
) -> sparse.csr_array:
    """float64 (R, items): what the values of these rows were made of, and what was counted since."""
    known_R = own_R[own_R < base.values_II_.shape[0]]
    values_KI = base.values_II_[known_R]
    row_N = np.repeat(np.arange(len(known_R)), np.diff(values_KI.indptr))
    scale_N = base.row_scales(_doubled(base.row_sums_I_)[known_R])[row_N]
    scale_N = scale_N * base.column_scales(_doubled(base.column_sums_I_))[values_KI.indices]
    data = np.concatenate([values_KI.data / scale_N, weights_E])
    rows = np.concatenate([row_N, np.searchsorted(own_R, sources_E)])
    columns = np.concatenate([values_KI.indices, targets_E])
    counts_RJ = sparse.csr_array(sparse.coo_array((data, (rows, columns)), shape=(len(own_R), items)))
    counts_RJ.sum_duplicates()
    return counts_RJ


def _added(sums_I: np.ndarray, codes_E: np.ndarray, weights_E: np.ndarray, items: int) -> np.ndarray:
    added_I = np.bincount(codes_E, weights_E, minlength=items).astype(np.float64)
    added_I[: len(sums_I)] += sums_I
    return np.maximum(added_I, 0.0)


def _doubled(sums_I: np.ndarray | None) -> np.ndarray:
    return np.zeros(0) if sums_I is None else sums_I.astype(np.float64)


def _product(
    recent: Histories, kept_N: np.ndarray, rows_N: np.ndarray, weights_N: np.ndarray, matrix_RJ: sparse.csr_array
) -> np.ndarray:
    kept = recent.where(kept_N)
    rows = Histories(kept.starts_B1, rows_N[kept_N].astype(np.int32), kept.seconds_N, kept.weights_N)
    dense: np.ndarray = (rows.matrix_BI(matrix_RJ.shape[0], weights_N[kept_N]) @ matrix_RJ).toarray()
    return dense
