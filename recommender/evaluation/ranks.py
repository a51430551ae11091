"""Where the relevant items of each visitor stand in a full ranking."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from recommender.data.histories import Histories
from recommender.models.base import mask_seen
from recommender.parallel import rows_at_once, side_by_side

GROUP, GROUPS_PER_PLACE = 32, 4  # items in a group at most, and groups for each of the best at least
MANY = 4  # times as many as are asked for: then it pays to look for the k-th best itself
BATCH = 256  # visitors at once, where their scores do not fill the memory
Scorer = Callable[[Histories], np.ndarray]


@dataclass(frozen=True)
class Relevant:
    """What came next: the items of visitor b are `items_N[starts_B1[b]:starts_B1[b + 1]]`, each once."""

    starts_B1: np.ndarray
    items_N: np.ndarray

    def __len__(self) -> int:
        return len(self.starts_B1) - 1

    def of(self, row: int) -> np.ndarray:
        return self.items_N[self.starts_B1[row] : self.starts_B1[row + 1]]

    def take(self, rows_B: np.ndarray) -> "Relevant":
        """Of some visitors, in the order given."""
        parts = [self.of(row) for row in rows_B.tolist()]
        starts = np.concatenate([[0], np.cumsum([len(part) for part in parts])]).astype(np.int64)
        return Relevant(starts, np.concatenate([self.items_N[:0], *parts]))

    @classmethod
    def single(cls, targets_B: np.ndarray) -> "Relevant":
        """One relevant item per visitor."""
        return cls(np.arange(len(targets_B) + 1), targets_B)


@dataclass(frozen=True)
class Ranking:
    """`ranks_N` (from 1) stands beside `Relevant.items_N`; `top_BK`: the best item codes, −1 where none is left."""

    ranks_N: np.ndarray
    top_BK: np.ndarray


def batches(count: int, size: int = BATCH) -> Iterator[np.ndarray]:
    """Row numbers 0..count in pieces."""
    for start in range(0, count, size):
        yield np.arange(start, min(start + size, count))


def full_ranking(
    scorer: Scorer, histories: Histories, relevant: Relevant, *, k: int, exclude_seen: bool, items: int = 0
) -> Ranking:
    """Rank every item for every visitor. An item that ties with a relevant one counts as standing before it. With a
    large number of `items` fewer visitors are scored at once."""

    def rank(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        part = histories.take(rows)
        scores_BI = np.array(scorer(part), np.float32)
        if exclude_seen:
            mask_seen(scores_BI, part, -np.inf)
        own = [_ranks_of(scores_BI[i], relevant.of(row)) for i, row in enumerate(rows)]
        return np.concatenate([np.zeros(0, np.int64), *own]), top_items(scores_BI, k)

    asked = list(batches(len(histories), rows_at_once(items, BATCH))) or [
        np.arange(0)
    ]  # nobody is asked too: for the width of the list
    found = list(side_by_side(rank, asked))
    return Ranking(np.concatenate([ranks for ranks, _ in found]), np.concatenate([top for _, top in found]))


def top_items(scores_BI: np.ndarray, k: int) -> np.ndarray:
    """int64 (B, K): the best item codes, best first, of equal ones the lower first; −1 in place of items that are ruled
    out (−inf)."""
    k = min(k, scores_BI.shape[1])
    if not scores_BI.size or not k:
        return np.zeros((len(scores_BI), k), np.int64)
    row_N, code_N = np.divmod(np.flatnonzero(_promising(scores_BI, k)), scores_BI.shape[1])
    counts_B = np.bincount(row_N, minlength=len(scores_BI))
    place_N = np.arange(len(row_N)) - np.repeat(np.cumsum(counts_B) - counts_B, counts_B)
    codes_BN = np.zeros((len(scores_BI), counts_B.max()), np.int64)
    values_BN = np.full(codes_BN.shape, -np.inf, scores_BI.dtype)
    codes_BN[row_N, place_N] = code_N
    values_BN[row_N, place_N] = scores_BI[row_N, code_N]
    order_BK = np.argsort(-values_BN, axis=1, kind="stable")[:, :k]
    sorted_BK = np.take_along_axis(values_BN, order_BK, axis=1)
    return np.where(np.isneginf(sorted_BK), -1, np.take_along_axis(codes_BN, order_BK, axis=1))


def _promising(scores_BI: np.ndarray, k: int) -> np.ndarray:
    """bool (B, I): the best `k` of each row and few more."""
    promising_BI = scores_BI >= _least(scores_BI, k)
    for row in np.flatnonzero(np.count_nonzero(promising_BI, axis=1) > MANY * k):  # where many tie
        scores_I, promising_I = scores_BI[row], promising_BI[row]
        kth = np.partition(scores_I, len(scores_I) - k)[len(scores_I) - k]
        promising_I[:] = scores_I > kth
        promising_I[np.flatnonzero(scores_I == kth)[: k - np.count_nonzero(promising_I)]] = True
    return promising_BI


def _least(scores_BI: np.ndarray, k: int) -> np.ndarray:
    """(B, 1): a bound that at least `k` scores of each row reach: the k-th best of the best of groups of items, which
    costs a fifth of the k-th best of all."""
    items = scores_BI.shape[1]
    groups = max(items // GROUP, GROUPS_PER_PLACE * k)
    if 2 * groups > items:
        return np.partition(scores_BI, items - k, axis=1)[:, [items - k]]
    whole = items - items % groups
    best_BG = scores_BI[:, :whole].reshape(len(scores_BI), -1, groups).max(axis=1)
    best_BG = np.concatenate([best_BG, scores_BI[:, whole:]], axis=1)
    return np.partition(best_BG, best_BG.shape[1] - k, axis=1)[:, [best_BG.shape[1] - k]]


def _ranks_of(scores_I: np.ndarray, items_R: np.ndarray) -> np.ndarray:
    """Pessimistic ranks; the relevant items among themselves stand in the order of their scores."""
    own_R = scores_I[items_R]
    order = np.argsort(-own_R, kind="stable")
    sorted_R = own_R[order]
    at_least_R = (scores_I[None, :] >= sorted_R[:, None]).sum(axis=1)
    relevant_at_least_R = (sorted_R[None, :] >= sorted_R[:, None]).sum(axis=1)
    ranks_R = np.empty(len(items_R), np.int64)
    ranks_R[order] = at_least_R - relevant_at_least_R + np.arange(1, len(items_R) + 1)
    return ranks_R
