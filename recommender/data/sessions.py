"""Sessions: a visitor's interactions without a long pause between them."""

from dataclasses import replace

import numpy as np

from recommender.data.dataset import Dataset
from recommender.data.histories import Histories

GAP_SECONDS = 1800.0  # the half hour of web analytics


def session_starts(histories: Histories, gap_seconds: float = GAP_SECONDS) -> np.ndarray:
    """bool (N,): whether a session begins here: the first interaction of a row, or one after a longer pause."""
    first_N = np.ones(len(histories.items_N), bool)
    first_N[1:] = (np.diff(histories.seconds_N) > gap_seconds) | (np.diff(histories.rows_N) > 0)
    return first_N


def session_numbers(histories: Histories, gap_seconds: float = GAP_SECONDS) -> np.ndarray:
    """int64 (N,): the number of each interaction's session, from 0, over all rows."""
    return np.cumsum(session_starts(histories, gap_seconds)) - 1


def by_session(dataset: Dataset, gap_seconds: float = GAP_SECONDS) -> Dataset:
    """Every session as a visitor of its own, named `visitor#number` with numbers from 1."""
    histories = dataset.histories
    first_S = np.flatnonzero(session_starts(histories, gap_seconds))
    row_S = histories.rows_N[first_S]
    number_S = np.arange(len(row_S)) - np.searchsorted(row_S, row_S) + 1
    names = [f"{dataset.visitor_ids[row]}#{number}" for row, number in zip(row_S, number_S, strict=True)]
    starts = np.append(first_S, len(histories.items_N))
    return replace(dataset, visitor_ids=np.array(names, object), histories=replace(histories, starts_B1=starts))
