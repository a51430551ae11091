"""Where the relevant items of each visitor stand in a full ranking."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from recommender.data.histories import Histories
from recommender.models.base import mask_seen
from recommender.parallel import rows_at_once, side_by_side

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
    """int64 (B, K): the best item codes, best first; −1 in place of items that are ruled out (−inf)."""
    k = min(k, scores_BI.shape[1])
    top_BK = np.argpartition(-scores_BI, k - 1, axis=1)[:, :k]
    top_BK.sort(axis=1)
    values_BK = np.take_along_axis(scores_BI, top_BK, axis=1)
    order_BK = np.argsort(-values_BK, axis=1, kind="stable")
    sorted_BK = np.take_along_axis(values_BK, order_BK, axis=1)
    return np.where(np.isneginf(sorted_BK), -1, np.take_along_axis(top_BK, order_BK, axis=1))


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
