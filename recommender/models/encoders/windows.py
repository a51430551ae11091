"""Histories as training windows, and windows as batches of similar length."""

from collections.abc import Iterator

import numpy as np

from recommender.data.histories import Histories


def training_windows(histories: Histories, length: int, most: int) -> tuple[np.ndarray, np.ndarray]:
    """Start and end (exclusive) of windows of at most `length` + 1 interactions, the last one of each being only a
    target. Of long histories the newest `most` windows are kept; one interaction overlaps, so that each is a target."""
    row_starts, row_ends = histories.starts_B1[:-1], histories.starts_B1[1:]
    starts, ends = [], []
    for step in range(most):
        window_ends = row_ends - step * length
        window_starts = np.maximum(window_ends - length - 1, row_starts)
        usable = window_ends - row_starts >= 2
        if not usable.any():
            break
        starts.append(window_starts[usable])
        ends.append(window_ends[usable])
    return np.concatenate(starts or [row_starts[:0]]), np.concatenate(ends or [row_ends[:0]])


def batches_of_windows(
    lengths_W: np.ndarray, rng: np.random.Generator, *, batch_windows: int, batch_tokens: int
) -> Iterator[np.ndarray]:
    """Window numbers in batches of similar length, in random order: little padding, and no order to learn."""
    shuffled = rng.permutation(len(lengths_W))
    by_length = shuffled[np.argsort(lengths_W[shuffled], kind="stable")]
    edges = [0]
    for position in range(1, len(by_length)):
        size = position + 1 - edges[-1]
        if size > batch_windows or size * lengths_W[by_length[position]] > batch_tokens:
            edges.append(position)
    edges.append(len(by_length))
    for batch in rng.permutation(len(edges) - 1):
        yield by_length[edges[batch] : edges[batch + 1]]


def window_codes(items_N: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Inputs (B, L) and targets (B, L) as item code + 1; 0 pads after the end."""
    return _padded(items_N + 1, starts, ends - 1), _padded(items_N + 1, starts + 1, ends)


def window_levels(levels_N: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """Levels (B, L) of the inputs; 0 pads after the end."""
    return _padded(levels_N, starts, ends - 1)


def _padded(values_N: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
    lengths = ends - starts
    columns = np.arange(lengths.max())
    positions_BL = np.minimum(starts[:, None] + columns[None], len(values_N) - 1)
    return np.where(columns[None] < lengths[:, None], values_N[positions_BL], 0).astype(np.int64)
