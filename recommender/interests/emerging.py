"""Interests that emerge before they are a segment: items whose rates rise together, which no segment is about.

1. *What rises.* Of the visitors of the last four weeks the share that chose each item, against that of the four weeks
   before, drawn together by how much chance alone drives items apart (`recommender.statistics.rising`).
2. *What rises together.* Two rising items are alike as far as the same visitors chose both (cosine of their visitors),
   where these are more than baskets of their sizes bring together by chance. Items that are alike on average are one
   group (average linkage).
3. *Who.* Visitors of the last weeks with two items of a group or more; each belongs to the one of which they have most.
4. *Claimed.* A group that a large part of a segment's recent members are in, or whose category is what a segment is
   about, is that segment's own.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

from recommender.data.histories import Histories
from recommender.statistics import rate_ratio, rate_ratios

WINDOW_SECONDS = 28 * 86_400.0
LEAST_RISE = 1.25  # of the lower bound of an item's ratio
MOST_ITEMS = 200  # rising ones that are looked at: the surest
FEWEST_COUNTS = 3  # of an item in both windows: fewer tell nothing of how items vary
FEWEST_BOTH = 3  # visitors with two items
SURPRISE = 3.0  # standard deviations above what baskets bring together by chance
LEAST_ALIKE = 0.1  # average cosine within a group
FEWEST_ITEMS, FEWEST_OF_A_VISITOR = 3, 2
FEWEST_VISITORS = 20
LEAST_GROUP_RISE = 1.25
CLAIMED_MEMBERS = 0.3  # of a segment's recent members
MOST_INTERESTS = 6


@dataclass(frozen=True)
class EmergingInterest:
    """`items`: codes, most chosen first; `rows_B`: its visitors; the ratio of their share of recent visitors to that of
    the weeks before, with its 95 % interval."""

    items: list[int]
    rows_B: np.ndarray
    ratio: float
    low: float
    high: float


def emerging_interests(
    histories: Histories,
    items: int,
    segment_V: np.ndarray,
    categories_I: Sequence[Sequence[str]] = (),
    claimed: Collection[str] = (),
) -> list[EmergingInterest]:
    """The largest first. `segment_V`: of each visitor the likeliest; `claimed`: categories that segments are about."""
    newest = float(histories.seconds_N.max(initial=0.0))
    age_N = newest - histories.seconds_N
    now_VI = _touched(histories, age_N < WINDOW_SECONDS, items)
    before_VI = _touched(histories, (age_N >= WINDOW_SECONDS) & (age_N < 2 * WINDOW_SECONDS), items)
    active, active_before = (int((_sums(rows_VI, 1) > 0).sum()) for rows_VI in (now_VI, before_VI))
    if not active or not active_before:
        return []
    groups = _groups(now_VI, _rising(now_VI, before_VI, active, active_before))
    groups = [group for group in groups if not _main_category(group, categories_I) & set(claimed)]
    now_V, then_V = _belonging(now_VI, groups), _belonging(before_VI, groups)
    counts_I = _sums(now_VI, 0)
    is_active_V = _sums(now_VI, 1) > 0
    found = []
    for place, group in enumerate(groups):
        rows_B = np.flatnonzero(now_V == place)
        ratio, low, high = rate_ratio(len(rows_B), int((then_V == place).sum()), active, active_before)
        is_large = len(rows_B) >= FEWEST_VISITORS and low >= LEAST_GROUP_RISE
        if is_large and not _is_claimed(rows_B, segment_V, is_active_V):
            ordered = sorted(group, key=lambda item: (-counts_I[item], item))
            found.append(EmergingInterest(ordered, rows_B, ratio, low, high))
    return sorted(found, key=lambda interest: -len(interest.rows_B))[:MOST_INTERESTS]


def _touched(histories: Histories, kept_N: np.ndarray, items: int) -> sparse.csr_array:
    part = histories.where(kept_N)
    counts_VI = part.matrix_BI(items, np.ones(len(part.items_N)))
    return sparse.csr_array((counts_VI > 0).astype(np.float64))


def _sums(rows_VI: sparse.csr_array, axis: int) -> np.ndarray:
    return np.asarray(rows_VI.sum(axis=axis)).ravel()


def _rising(now_VI: sparse.csr_array, before_VI: sparse.csr_array, active: int, active_before: int) -> np.ndarray:
    """Codes of the items that surely rose, the surest first."""
    now_I, before_I = _sums(now_VI, 0), _sums(before_VI, 0)
    known_J = np.flatnonzero(now_I + before_I >= FEWEST_COUNTS)
    if not len(known_J):
        return known_J
    found = rate_ratios(now_I[known_J], before_I[known_J], active, active_before)
    order_J = np.argsort(-found.low_I, kind="stable")
    told_J = order_J[found.low_I[order_J] >= LEAST_RISE]
    return known_J[told_J[:MOST_ITEMS]]


def _groups(now_VI: sparse.csr_array, rising_R: np.ndarray) -> list[list[int]]:
    """Items that the same visitors choose."""
    if len(rising_R) < FEWEST_ITEMS:
        return []
    own_VR = now_VI[:, rising_R]
    both_RR = (own_VR.T @ own_VR).toarray()
    counts_R, baskets_V = np.diagonal(both_RR).copy(), _sums(now_VI, 1)
    by_chance = (baskets_V**2).sum() / max(baskets_V.sum() ** 2, 1e-12)
    expected_RR = np.outer(counts_R, counts_R) * by_chance
    is_told_RR = (both_RR >= FEWEST_BOTH) & (both_RR - expected_RR >= SURPRISE * np.sqrt(expected_RR))
    alike_RR = np.where(is_told_RR, both_RR / np.sqrt(np.outer(counts_R, counts_R)), 0.0)
    np.fill_diagonal(alike_RR, 1.0)
    apart = squareform(np.clip(1.0 - alike_RR, 0.0, 1.0), checks=False)
    labels_R = fcluster(linkage(apart, method="average"), 1.0 - LEAST_ALIKE, criterion="distance")
    groups = [rising_R[labels_R == label].tolist() for label in np.unique(labels_R)]
    return [group for group in groups if len(group) >= FEWEST_ITEMS]


def _belonging(rows_VI: sparse.csr_array, groups: list[list[int]]) -> np.ndarray:
    """int64 (V,): the group of which each visitor has most items, −1 for whoever has too few of any."""
    if not groups:
        return np.full(rows_VI.shape[0], -1)
    counts_VG = np.stack([_sums(rows_VI[:, group], 1) for group in groups], axis=1)
    likeliest_V = counts_VG.argmax(axis=1)
    return np.where(counts_VG.max(axis=1) >= FEWEST_OF_A_VISITOR, likeliest_V, -1)


def _main_category(group: list[int], categories_I: Sequence[Sequence[str]]) -> set[str]:
    """The categories that at least half of the items have."""
    if not len(categories_I):
        return set()
    counts = Counter(name for item in group for name in set(categories_I[item]))
    return {name for name, count in counts.items() if 2 * count >= len(group)}


def _is_claimed(rows_B: np.ndarray, segment_V: np.ndarray, is_active_V: np.ndarray) -> bool:
    segments = int(segment_V.max(initial=0)) + 1
    recent_K = np.bincount(segment_V[is_active_V], minlength=segments)
    own_K = np.bincount(segment_V[rows_B], minlength=segments)
    return bool((own_K >= CLAIMED_MEMBERS * np.maximum(recent_K, FEWEST_VISITORS)).any())
