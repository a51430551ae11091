"""Histories: what visitors did, oldest first, as one ragged array. What every model is fitted on and asked with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse


@dataclass(frozen=True)
class Histories:
    """B histories. Row b owns the positions `starts_B1[b]:starts_B1[b + 1]`, oldest first."""

    starts_B1: np.ndarray  # int64
    items_N: np.ndarray  # int32 item codes
    seconds_N: np.ndarray  # float64
    weights_N: np.ndarray  # float32, from the event type

    def __len__(self) -> int:
        return len(self.starts_B1) - 1

    @classmethod
    def single(cls, items: np.ndarray, seconds: np.ndarray, weights: np.ndarray) -> "Histories":
        """One visitor's history."""
        codes, strengths = items.astype(np.int32, copy=False), weights.astype(np.float32, copy=False)
        return cls(np.array([0, len(items)]), codes, seconds, strengths)

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> "Histories":
        """What `arrays` gave."""
        return cls(arrays["starts"], arrays["items"], arrays["seconds"], arrays["weights"])

    def arrays(self) -> dict[str, np.ndarray]:
        """As a file of an artifact holds them."""
        return {
            "starts": self.starts_B1.astype(np.int64),
            "items": self.items_N,
            "seconds": self.seconds_N,
            "weights": self.weights_N,
        }

    @cached_property
    def lengths_B(self) -> np.ndarray:
        return np.diff(self.starts_B1)

    @cached_property
    def rows_N(self) -> np.ndarray:
        """The row that each position belongs to."""
        return np.repeat(np.arange(len(self)), self.lengths_B)

    @cached_property
    def ages_N(self) -> np.ndarray:
        """0 for the newest interaction of a row, 1 for the one before."""
        return self.starts_B1[1:][self.rows_N] - 1 - np.arange(len(self.items_N))

    def where(self, kept_N: np.ndarray) -> "Histories":
        """The same rows with only some positions."""
        counts = np.bincount(self.rows_N[kept_N], minlength=len(self))
        starts = np.concatenate([[0], np.cumsum(counts)])
        return Histories(starts, self.items_N[kept_N], self.seconds_N[kept_N], self.weights_N[kept_N])

    def recoded(self, code_I: np.ndarray) -> "Histories":
        """The same rows by other codes; interactions on items whose new code is −1 are left out."""
        kept = self.where(code_I[self.items_N] >= 0)
        return Histories(kept.starts_B1, code_I[kept.items_N].astype(np.int32), kept.seconds_N, kept.weights_N)

    def take(self, rows_B: np.ndarray) -> "Histories":
        """Some rows, in the order given."""
        lengths = self.lengths_B[rows_B]
        starts = np.concatenate([[0], np.cumsum(lengths)])
        positions = np.repeat(self.starts_B1[:-1][rows_B] - starts[:-1], lengths) + np.arange(starts[-1])
        return Histories(starts, self.items_N[positions], self.seconds_N[positions], self.weights_N[positions])

    def last(self, length: int) -> "Histories":
        """Only the newest `length` interactions of each row."""
        if len(self.items_N) <= length:
            return self
        if len(self) == 1:
            newest = slice(len(self.items_N) - length, None)
            parts = self.items_N[newest], self.seconds_N[newest], self.weights_N[newest]
            return Histories(np.array([0, length]), *parts)
        return self if (self.lengths_B <= length).all() else self.where(self.ages_N < length)

    def padded_BL(self, length: int) -> np.ndarray:
        """int64 (B, L ≤ length), L ≥ 1: item code + 1, oldest first, 0 after the end."""
        recent = self.last(length)
        padded = np.zeros((len(self), max(int(recent.lengths_B.max(initial=0)), 1)), np.int64)
        columns = np.arange(len(recent.items_N)) - recent.starts_B1[:-1][recent.rows_N]
        padded[recent.rows_N, columns] = recent.items_N + 1
        return padded

    def matrix_BI(self, items: int, values_N: np.ndarray | None = None) -> sparse.csr_array:
        """Rows × items, float32, repeated items added up."""
        values = self.weights_N if values_N is None else values_N.astype(np.float32)
        # 64-bit positions would have every product with a model copy the model's whole index to 64 bits.
        starts_B1 = self.starts_B1.astype(np.int32) if len(self.items_N) < 2**31 else self.starts_B1
        parts = (values, self.items_N, starts_B1)
        matrix = sparse.csr_array(parts, shape=(len(self), items), copy=True)  # adding up works in place
        matrix.sum_duplicates()
        return matrix


def stacked(histories: Sequence[Histories]) -> Histories:
    """The rows of all, one below the other."""
    lengths = np.concatenate([part.lengths_B for part in histories])
    items_N, seconds_N, weights_N = (
        np.concatenate([getattr(part, name) for part in histories]) for name in ("items_N", "seconds_N", "weights_N")
    )
    return Histories(np.concatenate([[0], np.cumsum(lengths)]), items_N, seconds_N, weights_N)


def concatenate(first: Histories, second: Histories) -> Histories:
    """Row by row, sorted by time; of equal times the first's come first."""
    rows_N = np.concatenate([first.rows_N, second.rows_N])
    seconds_N = np.concatenate([first.seconds_N, second.seconds_N])
    order = np.lexsort((seconds_N, rows_N))
    starts = np.concatenate([[0], np.cumsum(first.lengths_B + second.lengths_B)])
    items_N = np.concatenate([first.items_N, second.items_N])[order]
    return Histories(starts, items_N, seconds_N[order], np.concatenate([first.weights_N, second.weights_N])[order])
