"""What visitors did, cleaned as training cleans it, while interactions arrive in any order."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from recommender.data.dataset import Dataset, cleaned
from recommender.data.events import EVENT_WEIGHTS
from recommender.data.histories import Histories
from recommender.data.interactions import Interactions


@dataclass(frozen=True)
class Change:
    """Histories of the visitors that were touched, before and after; row b of both belongs to `visitors_B[b]`.

    Models that are sums over visitors take the histories before out and put those after in: whatever arrived, late or
    as a refund, they are then as if they had known it from the start.
    """

    visitors_B: np.ndarray  # int64, rows of OnlineBehaviour
    before: Histories
    after: Histories
    visitors: int  # known now
    items: int  # known now; codes of new items follow those that there were
    newest_seconds: float  # of everything that counts now; −inf where nothing does


class OnlineBehaviour:
    """Rows and codes are given in order of arrival and never change. Memory: 25 bytes an interaction of the first
    append, about 150 of each later one; appending costs what the touched visitors' histories are long."""

    def __init__(self, weights: Mapping[str, float] = EVENT_WEIGHTS) -> None:
        self.weights = weights
        self.row_of: dict[str, int] = {}
        self.code_of: dict[str, int] = {}
        self._first = _Rows(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0), np.zeros(0, np.int8))
        self._first_starts_V1 = np.zeros(1, np.int64)
        self._later: dict[int, list[tuple[int, float, int]]] = {}
        self._newest_V = np.zeros(0)

    def append(self, interactions: Interactions) -> Change:
        """Take interactions in; what changed by them."""
        row_V = _codes(interactions.visitor_ids, self.row_of)
        code_I = _codes(interactions.item_ids, self.code_of)
        rows = _Rows(
            row_V[interactions.visitor_N], code_I[interactions.item_N], interactions.seconds_N, interactions.type_N
        )
        touched_B = np.unique(rows.visitor_N)
        before = self.histories(touched_B)
        self._keep(rows)
        after = self.histories(touched_B)
        self._newest_V = np.concatenate([self._newest_V, np.full(len(self.row_of) - len(self._newest_V), -np.inf)])
        filled_B = after.lengths_B > 0
        self._newest_V[touched_B] = -np.inf
        self._newest_V[touched_B[filled_B]] = after.seconds_N[after.starts_B1[1:][filled_B] - 1]
        newest_seconds = float(self._newest_V.max(initial=-np.inf))
        return Change(touched_B, before, after, len(self.row_of), len(self.code_of), newest_seconds)

    def histories(self, rows_B: np.ndarray) -> Histories:
        """Histories of these visitors: what encoders and models are asked with."""
        place_V = {int(row): place for place, row in enumerate(rows_B)}
        parts = [self._first_rows(rows_B), *(self._later_rows(int(row), place_V) for row in rows_B)]
        rows = _Rows(*(np.concatenate(columns) for columns in zip(*(part.columns for part in parts), strict=True)))
        order = np.argsort(rows.visitor_N, kind="stable")
        rows = _Rows(*(column[order] for column in rows.columns))
        ids = np.zeros(len(rows_B), object)
        codes = np.arange(len(self.code_of), dtype=np.int32)
        return cleaned(
            Interactions(ids, codes, rows.visitor_N, rows.item_N, rows.seconds_N, rows.type_N), codes, self.weights
        )

    def dataset(self) -> Dataset:
        """Everything, for a refit with the same rows and codes."""
        histories = self.histories(np.arange(len(self.row_of)))
        return Dataset(np.array(list(self.row_of), object), np.array(list(self.code_of), object), histories)

    def _keep(self, rows: "_Rows") -> None:
        if not len(self._first.visitor_N) and not self._later:
            order = np.argsort(rows.visitor_N, kind="stable")
            self._first = _Rows(*(column[order] for column in rows.columns))
            counts_V = np.bincount(rows.visitor_N, minlength=len(self.row_of))
            self._first_starts_V1 = np.concatenate([[0], np.cumsum(counts_V)])
            return
        for row, *event in zip(*(column.tolist() for column in rows.columns), strict=True):
            self._later.setdefault(row, []).append(tuple(event))

    def _first_rows(self, rows_B: np.ndarray) -> "_Rows":
        """Of the first append; visitors are named by their place in `rows_B`."""
        inside = np.flatnonzero(rows_B < len(self._first_starts_V1) - 1)
        starts, ends = self._first_starts_V1[rows_B[inside]], self._first_starts_V1[rows_B[inside] + 1]
        positions = np.concatenate([np.arange(0), *(np.arange(*pair) for pair in zip(starts, ends, strict=True))])
        columns = [column[positions] for column in self._first.columns[1:]]
        return _Rows(np.repeat(inside, ends - starts), *columns)

    def _later_rows(self, row: int, place_V: Mapping[int, int]) -> "_Rows":
        events = self._later.get(row, [])
        items, seconds, types = zip(*events, strict=True) if events else ((), (), ())
        places = np.full(len(events), place_V[row], np.int64)
        return _Rows(places, np.array(items, np.int64), np.array(seconds, np.float64), np.array(types, np.int8))


@dataclass(frozen=True)
class _Rows:
    visitor_N: np.ndarray
    item_N: np.ndarray
    seconds_N: np.ndarray
    type_N: np.ndarray

    @property
    def columns(self) -> tuple[np.ndarray, ...]:
        return self.visitor_N, self.item_N, self.seconds_N, self.type_N


def _codes(ids: np.ndarray, code_of: dict[str, int]) -> np.ndarray:
    """The codes of ids; unknown ones get the next."""
    return np.array([code_of.setdefault(name, len(code_of)) for name in ids.tolist()], np.int64)
