"""Numbers that stay: a merchant named segment 3, so the same people are segment 3 after the next training too."""

from collections.abc import Collection, Mapping, Sequence

import numpy as np
from scipy.optimize import linear_sum_assignment

FEWEST_SHARED_VISITORS = 30
LEAST_STAYING = 0.5  # of the former members, and of the present ones that were known: else it is another segment
LEAST_ITEM_OVERLAP = 0.1  # Jaccard index of top items, where visitors cannot tell
COLOURS = 24  # pages tell so many apart: numbers that differ by it look alike


def match_numbers(
    *,
    visitor_ids: Sequence[str],
    memberships_VK: np.ndarray,
    top_items_K: Sequence[Sequence[str]] = (),
    previous_numbers: Mapping[str, int] | None = None,
    previous_top_items: Mapping[int, Sequence[str]] | None = None,
    former_members: Mapping[int, Collection[str]] | None = None,
    reserved: Collection[int] = (),
) -> np.ndarray:
    """int64 (K,): a number for each segment, all different.

    `visitor_ids` are the rows of `memberships_VK`; `top_items_K` lists each segment's item ids, most telling first.
    `previous_numbers` has the number of visitors in the previous artifact, `previous_top_items` its segments' items,
    `former_members` some of the visitors of each segment that earlier artifacts had and the previous has not.

    A segment keeps the previous number of which at least half of the members stay in it and make up at least half of
    its known visitors; with fewer than 30 shared visitors the one whose top items overlap most. A segment of earlier
    artifacts comes back where at least half of its members are in one that has no number yet. All others get the
    lowest number that nobody had, that is not `reserved`, and whose colour is free; larger segments first.
    """
    labels_V = np.asarray(memberships_VK, float).argmax(axis=1)
    sizes_K = np.asarray(memberships_VK, float).sum(axis=0)
    previous_numbers, previous_top_items = previous_numbers or {}, previous_top_items or {}
    former_members = former_members or {}
    segment_of = dict(zip(visitor_ids, labels_V.tolist(), strict=True))
    shared = [visitor for visitor in segment_of if visitor in previous_numbers]
    if shared and (len(shared) >= FEWEST_SHARED_VISITORS or not (previous_top_items and top_items_K)):
        number_of = _by_visitors(segment_of, {visitor: previous_numbers[visitor] for visitor in shared}, len(sizes_K))
    else:
        number_of = _by_items(top_items_K, previous_top_items, len(sizes_K))
    taken = {*map(int, reserved), *previous_numbers.values(), *previous_top_items, *former_members}
    for number, members in sorted(former_members.items()):
        _come_back(number, members, segment_of, number_of)
    return _completed(sizes_K, number_of, taken)


def _by_visitors(segment_of: Mapping[str, int], before: Mapping[str, int], segments: int) -> dict[int, int]:
    """{k: number} where half stay and half were there."""
    known_J, column_S = np.unique(np.array(list(before.values())), return_inverse=True)
    both_KJ = np.zeros((segments, len(known_J)))
    np.add.at(both_KJ, (np.array([segment_of[visitor] for visitor in before]), column_S), 1)
    staying_KJ = both_KJ / np.maximum(both_KJ.sum(axis=0), 1)
    known_KJ = both_KJ / np.maximum(both_KJ.sum(axis=1, keepdims=True), 1)
    same_KJ = (staying_KJ >= LEAST_STAYING) & (known_KJ >= LEAST_STAYING)
    return _assigned(np.where(same_KJ, staying_KJ + known_KJ, 0.0), known_J)


def _by_items(
    top_items_K: Sequence[Sequence[str]], previous: Mapping[int, Sequence[str]], segments: int
) -> dict[int, int]:
    known_J = np.array(sorted(previous), np.int64)
    now = [set(items) for items in top_items_K] or [set()] * segments
    before = [set(previous[number]) for number in known_J.tolist()]
    overlap = [[len(a & b) / max(len(a | b), 1) for b in before] for a in now]
    overlap_KJ = np.array(overlap, float).reshape(segments, len(known_J))
    return _assigned(np.where(overlap_KJ >= LEAST_ITEM_OVERLAP, overlap_KJ, 0.0), known_J)


def _assigned(fit_KJ: np.ndarray, known_J: np.ndarray) -> dict[int, int]:
    """The best total over all pairs; a pair that fits by 0 is none."""
    rows, columns = linear_sum_assignment(-fit_KJ)
    return {int(k): int(known_J[j]) for k, j in zip(rows, columns, strict=True) if fit_KJ[k, j] > 0}


def _come_back(number: int, members: Collection[str], segment_of: Mapping[str, int], number_of: dict[int, int]) -> None:
    present = [segment_of[visitor] for visitor in members if visitor in segment_of]
    if len(present) < FEWEST_SHARED_VISITORS:
        return
    counts_K = np.bincount(present)
    likeliest = int(counts_K.argmax())
    if counts_K[likeliest] >= LEAST_STAYING * len(present) and likeliest not in number_of:
        number_of[likeliest] = number


def _completed(sizes_K: np.ndarray, number_of: Mapping[int, int], taken: set[int]) -> np.ndarray:
    numbers_K = np.array([number_of.get(k, 0) for k in range(len(sizes_K))], np.int64)
    for k in [k for k in np.argsort(-sizes_K, kind="stable").tolist() if numbers_K[k] == 0]:
        colours = {number % COLOURS for number in numbers_K.tolist() if number}
        given = taken | set(numbers_K.tolist())
        free = [number for number in range(1, max(given) + COLOURS + 1) if number not in given]
        numbers_K[k] = next((number for number in free if number % COLOURS not in colours), free[0])
    return numbers_K
