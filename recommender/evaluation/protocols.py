"""How a dataset is split into what models learn from, the histories they are asked with, and what came next.

- leave-one-out: each visitor's last interaction is hidden, and asked for
- last-session: all of each visitor's last session is hidden, and asked for with the sessions before
- temporal: the newest tenth of all interactions is hidden; the only one in which models never learn from the future
- k-fold: the visitors of each fold are hidden, and asked for their last interaction with those before
- session-k-fold: the same with every session as an anonymous visitor of its own
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from recommender.data.dataset import Dataset
from recommender.data.histories import Histories
from recommender.data.sessions import by_session, session_numbers
from recommender.errors import InputError
from recommender.evaluation.ranks import Relevant

TEMPORAL_SHARE = 0.9  # of the interactions are before the cut
FOLDS = 5


@dataclass(frozen=True)
class Split:
    train: Dataset
    histories: Histories  # of the visitors that are asked about
    relevant: Relevant
    rows_B: np.ndarray | None = None  # of the dataset, where it is known who they are


def splits(dataset: Dataset, protocol: str, *, exclude_seen: bool, seed: int) -> Iterator[Split]:
    """The splits of a protocol in which somebody can be asked about. Raises InputError where there is none."""
    found = 0
    for split in PROTOCOLS[protocol](dataset, seed):
        split = only_askable(split) if exclude_seen else split
        if len(split.histories):
            found += 1
            yield split
    if not found:
        raise InputError(f"{protocol}: no visitor has both a history and something new after it")


def sampled(split: Split, visitors: int, rng: np.random.Generator) -> Split:
    """The split with at most so many of its visitors, in their order; models learn from the same as before."""
    count = len(split.histories)
    if count <= visitors:
        return split
    rows = np.sort(rng.choice(count, visitors, replace=False))
    return Split(split.train, split.histories.take(rows), split.relevant.take(rows))


def hold_out_last(dataset: Dataset, *, only: np.ndarray | None = None) -> tuple[Dataset, np.ndarray, np.ndarray]:
    """The dataset without the last interaction of visitors with two or more (`only`: of these rows); their rows; the
    held-out items."""
    histories = dataset.histories
    rows = np.flatnonzero(histories.lengths_B >= 2) if only is None else only
    last = histories.starts_B1[1:][rows] - 1
    kept_N = np.ones(len(histories.items_N), bool)
    kept_N[last] = False
    return dataset.where(kept_N), rows, histories.items_N[last]


def _leave_one_out(dataset: Dataset, seed: int) -> Iterator[Split]:
    train, rows, targets_B = hold_out_last(dataset)
    yield Split(train, train.histories.take(rows), Relevant.single(targets_B))


def _last_session(dataset: Dataset, seed: int) -> Iterator[Split]:
    histories = dataset.histories
    session_N = session_numbers(histories)
    last_N = session_N == session_N[histories.starts_B1[1:][histories.rows_N] - 1]
    train, after = dataset.where(~last_N), histories.where(last_N)
    rows = np.flatnonzero(train.histories.lengths_B)
    yield Split(train, train.histories.take(rows), _distinct(after.take(rows), dataset.items))


def _temporal(dataset: Dataset, seed: int) -> Iterator[Split]:
    seconds_N = dataset.histories.seconds_N
    cut = np.quantile(seconds_N, TEMPORAL_SHARE, method="lower")
    if cut == seconds_N.max():
        raise InputError("temporal: the interactions are not spread over time enough to be split")
    train, after = dataset.where(seconds_N <= cut), dataset.histories.where(seconds_N > cut)
    rows = np.flatnonzero((train.histories.lengths_B > 0) & (after.lengths_B > 0))
    yield Split(train, train.histories.take(rows), _distinct(after.take(rows), dataset.items))


def _k_fold(dataset: Dataset, seed: int) -> Iterator[Split]:
    """Visitors of one fold are unknown to the models; each is asked with all but the last interaction."""
    fold_V = np.random.default_rng(seed).integers(FOLDS, size=len(dataset.visitor_ids))
    for fold in range(FOLDS):
        asked, rows, targets_B = hold_out_last(dataset.take(np.flatnonzero(fold_V == fold)))
        train = dataset.take(np.flatnonzero(fold_V != fold))
        if train.interactions:
            yield Split(train, asked.histories.take(rows), Relevant.single(targets_B))


def _session_k_fold(dataset: Dataset, seed: int) -> Iterator[Split]:
    yield from _k_fold(by_session(dataset), seed)


def _distinct(histories: Histories, items: int) -> Relevant:
    matrix = histories.matrix_BI(items)
    return Relevant(matrix.indptr, matrix.indices)


def only_askable(split: Split) -> Split:
    """Where lists exclude seen items these cannot be relevant: leave them out, and visitors with nothing else."""
    items = split.train.items
    row_N = np.repeat(np.arange(len(split.relevant)), np.diff(split.relevant.starts_B1))
    seen = split.histories.rows_N * np.int64(items) + split.histories.items_N
    new_N = ~np.isin(row_N * np.int64(items) + split.relevant.items_N, seen)
    counts_B = np.bincount(row_N[new_N], minlength=len(split.relevant))
    rows = np.flatnonzero(counts_B)
    starts = np.concatenate([[0], np.cumsum(counts_B[rows])])
    known_B = None if split.rows_B is None else split.rows_B[rows]
    return Split(split.train, split.histories.take(rows), Relevant(starts, split.relevant.items_N[new_N]), known_B)


PROTOCOLS: dict[str, Callable[[Dataset, int], Iterator[Split]]] = {
    "leave-one-out": _leave_one_out,
    "last-session": _last_session,
    "temporal": _temporal,
    "k-fold": _k_fold,
    "session-k-fold": _session_k_fold,
}
