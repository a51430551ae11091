"""Numbers that stay: a merchant named segment 3, so the same people are segment 3 after the next training too."""

from collections.abc import Collection, Mapping, Sequence

import numpy as np
from scipy.optimize import linear_sum_assignment

FEWEST_SHARED_VISITORS = 30
LEAST_OVERLAP = 0.1  # below this a pair is two segments, not one that moved


def match_numbers(
    *,
    visitor_ids: Sequence[str],
    memberships_VK: np.ndarray,
    top_items_K: Sequence[Sequence[str]] = (),
    previous_numbers: Mapping[str, int] | None = None,
    previous_top_items: Mapping[int, Sequence[str]] | None = None,
    reserved: Collection[int] = (),
) -> np.ndarray:
    """int64 (K,): a number for each segment, all different.

    `visitor_ids` are the rows of `memberships_VK`; `top_items_K` lists each segment's item ids, most telling first.
    `previous_numbers` has the number of visitors in the previous artifact, `previous_top_items` its segments' items.
    Segments keep the number of the previous one they overlap with most (Jaccard index, the best total over all
    pairs): by visitors when at least 30 are in both, by top items otherwise. A new segment gets the lowest number
    that no previous segment had and that is not `reserved` (say, named by the merchant); larger ones first.
    """
    sizes_K = np.asarray(memberships_VK, float).sum(axis=0)
    previous_numbers, previous_top_items = previous_numbers or {}, previous_top_items or {}
    shared = [row for row, visitor in enumerate(visitor_ids) if visitor in previous_numbers]
    if shared and (len(shared) >= FEWEST_SHARED_VISITORS or not (previous_top_items and top_items_K)):
        kept_numbers = np.array([previous_numbers[visitor_ids[row]] for row in shared])
        known, overlap_KJ = _visitor_overlap(np.asarray(memberships_VK, float)[shared], kept_numbers)
    else:
        known, overlap_KJ = _item_overlap(top_items_K, previous_top_items, len(sizes_K))
    taken = {*map(int, reserved), *previous_numbers.values(), *previous_top_items}
    return _assigned(sizes_K, known, overlap_KJ, taken)


def _visitor_overlap(memberships_SK: np.ndarray, numbers_S: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    known_J, column_S = np.unique(numbers_S, return_inverse=True)
    before_SJ = np.eye(len(known_J))[column_S]
    both_KJ = memberships_SK.T @ before_SJ
    either_KJ = memberships_SK.sum(axis=0)[:, None] + before_SJ.sum(axis=0) - both_KJ
    return known_J, both_KJ / np.maximum(either_KJ, 1e-12)


def _item_overlap(
    top_items_K: Sequence[Sequence[str]], previous: Mapping[int, Sequence[str]], segments: int
) -> tuple[np.ndarray, np.ndarray]:
    known_J = np.array(sorted(previous), np.int64)
    now = [set(items) for items in top_items_K] or [set()] * segments
    before = [set(previous[number]) for number in known_J.tolist()]
    overlap = [[len(a & b) / max(len(a | b), 1) for b in before] for a in now]
    return known_J, np.array(overlap, float).reshape(segments, len(known_J))


def _assigned(sizes_K: np.ndarray, known_J: np.ndarray, overlap_KJ: np.ndarray, taken: set[int]) -> np.ndarray:
    numbers_K = np.zeros(len(sizes_K), np.int64)
    for k, j in zip(*linear_sum_assignment(np.where(overlap_KJ < LEAST_OVERLAP, 0.0, -overlap_KJ)), strict=True):
        if overlap_KJ[k, j] >= LEAST_OVERLAP:
            numbers_K[k] = known_J[j]
    new = [k for k in np.argsort(-sizes_K, kind="stable").tolist() if numbers_K[k] == 0]
    free = (number for number in range(1, len(taken) + len(sizes_K) + 1) if number not in taken)
    for k, number in zip(new, free, strict=False):
        numbers_K[k] = number
    return numbers_K
