"""Pairs of items that lie near each other in one history, counted a block of source items at a time.

A block holds every pair of its sources, so that its rows can be weighed, cut and kept before the next one is made: the
memory is that of a block, and the time that of sorting the pairs, however many interactions there are. Within a
basket the order of the rows counts: a real retailer's invoices list related items side by side, and treating a basket
as a set cost 10% of NDCG there.

A pair has a kind: 2 · (gap − 1), and one more where the target came before the source.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from recommender.data.histories import Histories

BLOCK_PAIRS = 1_000_000  # at most, unless one item alone has more: 8 MB at a time, 13 ns a pair to sort


@dataclass(frozen=True)
class PairBlock:
    """The pairs of the sources `first` to `end` (exclusive). Pair e of items (sorted by source, then target) was met
    once for each of `kinds_P[starts_E[e]:starts_E[e + 1]]`."""

    first: int
    end: int
    sources_E: np.ndarray  # int64, from 0 for `first`
    targets_E: np.ndarray  # int64
    kinds_P: np.ndarray
    starts_E: np.ndarray

    def sums(self, weight_C: np.ndarray) -> np.ndarray:
        """float32 (E,): Σ weight of each kind."""
        if not len(self.starts_E):
            return np.zeros(0, np.float32)
        return np.add.reduceat(weight_C[self.kinds_P], self.starts_E).astype(np.float32)

    def lengths(self) -> np.ndarray:
        """int64 (end − first,): targets of each source."""
        return np.bincount(self.sources_E, minlength=self.end - self.first)


def source_sums(histories: Histories, items: int, weights_CS: np.ndarray) -> np.ndarray:
    """float64 (I, S): Σ over the pairs of each source of S weights of their kinds."""
    items_N, ages_N = histories.items_N, histories.ages_N
    sums_IS = np.zeros((items, weights_CS.shape[1]))
    places = np.arange(len(items_N))
    for kind in range(0, len(weights_CS), 2):
        gap = kind // 2 + 1
        places = places[ages_N[places] >= gap]
        earlier, later = items_N[places], items_N[places + gap]
        differ = earlier != later
        sums_IS += np.bincount(earlier[differ], minlength=items)[:, None] * weights_CS[kind]
        sums_IS += np.bincount(later[differ], minlength=items)[:, None] * weights_CS[kind + 1]
    return sums_IS


def mirrored(weight_C: np.ndarray) -> np.ndarray:
    """The weights as the targets see them: what was forward is backward."""
    return weight_C.reshape(-1, 2)[:, ::-1].ravel()


def pair_blocks(histories: Histories, pairs_I: np.ndarray, window: int) -> Iterator[PairBlock]:
    """All pairs, sources in order; `pairs_I` is how many each source has (`source_sums` of ones)."""
    by_item_N = np.argsort(histories.items_N, kind="stable")
    items, first = len(pairs_I), 0
    place_I1 = np.concatenate([[0], np.cumsum(np.bincount(histories.items_N, minlength=items))])
    pairs_I1 = np.concatenate([[0.0], np.cumsum(pairs_I)])
    while first < items:
        end = max(int(np.searchsorted(pairs_I1, pairs_I1[first] + BLOCK_PAIRS, side="right")) - 1, first + 1)
        places_N = by_item_N[place_I1[first] : place_I1[end]]
        yield _block(histories, places_N, first, end, items, window)
        first = end


def _block(histories: Histories, places_N: np.ndarray, first: int, end: int, items: int, window: int) -> PairBlock:
    keys_P = _keys(histories, places_N, first, items, window)
    keys_P.sort()
    pair_P, kinds_P = np.divmod(keys_P, 2 * window)
    starts_E = np.flatnonzero(np.diff(pair_P, prepend=-1))
    sources_E, targets_E = np.divmod(pair_P[starts_E], items)
    return PairBlock(first, end, sources_E, targets_E, kinds_P, starts_E)


def _keys(histories: Histories, places_N: np.ndarray, first: int, items: int, window: int) -> np.ndarray:
    """int64 (P,): source, target and kind of every pair in one number."""
    items_N, kinds = histories.items_N, 2 * window
    after_N = histories.ages_N[places_N]
    before_N = places_N - histories.starts_B1[:-1][histories.rows_N[places_N]]
    keys = [np.zeros(0, np.int64)]
    for backward, left_N, step in ((0, after_N, 1), (1, before_N, -1)):
        places, left = places_N, left_N
        for gap in range(1, window + 1):
            reaching = left >= gap
            places, left = places[reaching], left[reaching]
            sources, targets = items_N[places], items_N[places + step * gap]
            pair_P = ((sources.astype(np.int64) - first) * items + targets)[sources != targets]
            keys.append(pair_P * kinds + (2 * gap - 2 + backward))
    return np.concatenate(keys)
