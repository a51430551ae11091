"""Statistics of pairs of items, what the ranker looks up between every item of a history and every candidate.

For a → b, over pairs of interactions of one visitor that are at most WINDOW apart: how often b came right after a;
forward and backward counts that fade with the distance; forward as a share of all that follows a; counts regardless of
direction; the value of recommender.models.transitions; the cosine of the counts.
"""

from dataclasses import dataclass

import numpy as np

from recommender.data.histories import Histories
from recommender.models.transitions import TransitionsConfig, item_pairs

WINDOW = 20
MOST_PAIRS = 40_000_000  # the window is narrowed for larger data: 16 bytes a pair
FADING = 0.8  # of a count per step of distance
TARGETS = 200  # kept per item, by transition value: 12,000 items take at most 43 MB
STATISTICS = ("adjacent", "forward", "backward", "forward_share", "together", "transition", "cosine")
TRANSITION = STATISTICS.index("transition")


@dataclass(frozen=True)
class PairStatistics:
    """Item a's targets are `targets_N[starts_I1[a]:starts_I1[a + 1]]`, rising, each with a row of `values_NS`."""

    starts_I1: np.ndarray  # int64
    targets_N: np.ndarray  # int32
    values_NS: np.ndarray  # float16

    @classmethod
    def fit(cls, histories: Histories, items: int, transitions: TransitionsConfig) -> "PairStatistics":
        """Count. Deterministic."""
        keys_N, counts_NS = _count(histories, items, transitions)
        sources_N, targets_N = keys_N // items, keys_N % items
        values_NS = _normalise(counts_NS, sources_N, targets_N, items, transitions)
        order = np.lexsort((-values_NS[:, TRANSITION], sources_N))
        place_N = np.arange(len(order)) - np.searchsorted(sources_N, sources_N)  # sources are sorted either way
        kept = np.sort(order[place_N < TARGETS])
        lengths_I = np.bincount(sources_N[kept], minlength=items)
        starts_I1 = np.concatenate([[0], np.cumsum(lengths_I)])
        return cls(starts_I1, targets_N[kept].astype(np.int32), values_NS[kept].astype(np.float16))

    def arrays(self) -> dict[str, np.ndarray]:
        """What `PairStatistics(**arrays)` takes."""
        return {"starts_I1": self.starts_I1, "targets_N": self.targets_N, "values_NS": self.values_NS}


def _count(histories: Histories, items: int, config: TransitionsConfig) -> tuple[np.ndarray, np.ndarray]:
    """Sorted keys a · I + b, and the raw sums beside them."""
    keys, gaps, backward = [np.zeros(0, np.int64)], [np.zeros(0, np.int8)], [np.zeros(0, bool)]
    for gap in range(1, _window(histories) + 1):
        earlier, later = (codes.astype(np.int64) for codes in item_pairs(histories, gap))
        keys += [earlier * items + later, later * items + earlier]
        gaps.append(np.full(2 * len(earlier), gap, np.int8))
        backward += [np.zeros(len(earlier), bool), np.ones(len(earlier), bool)]
    keys_N, place_P = np.unique(np.concatenate(keys), return_inverse=True)
    gap_P, backward_P = np.concatenate(gaps), np.concatenate(backward)
    weights_SP = _weights(gap_P, backward_P, config)
    columns = [np.bincount(place_P, weights_P, len(keys_N)) for weights_P in weights_SP]
    return keys_N, np.stack(columns, axis=1).astype(np.float32)


def _window(histories: Histories) -> int:
    return int(np.clip(MOST_PAIRS // max(2 * len(histories.items_N), 1), 1, WINDOW))


def _weights(gap_P: np.ndarray, backward_P: np.ndarray, config: TransitionsConfig) -> list[np.ndarray]:
    """What a pair adds to each statistic before any is normalised."""
    fading_P = FADING ** (gap_P - 1.0)
    bucket_G = np.searchsorted(config.gap_ends, np.arange(WINDOW + 1))
    forward_G, backward_G = (np.append(side, 0.0)[bucket_G] for side in (config.forward, config.backward))
    forward_P = ~backward_P
    return [
        (forward_P & (gap_P == 1)).astype(np.float32),
        fading_P * forward_P,
        fading_P * backward_P,
        fading_P * forward_P,
        np.ones(len(gap_P), np.float32),
        np.where(backward_P, backward_G[gap_P], forward_G[gap_P]),
        np.ones(len(gap_P), np.float32),
    ]


def _normalise(
    counts_NS: np.ndarray, sources_N: np.ndarray, targets_N: np.ndarray, items: int, config: TransitionsConfig
) -> np.ndarray:
    def sums(codes_N: np.ndarray, name: str) -> np.ndarray:
        return np.bincount(codes_N, counts_NS[:, STATISTICS.index(name)], items)

    share, cosine = STATISTICS.index("forward_share"), STATISTICS.index("cosine")
    counts_NS[:, share] /= np.maximum(sums(sources_N, "forward_share")[sources_N], 1e-9)
    rows_I = (sums(sources_N, "transition") + config.row_offset) ** -config.row_power
    columns_I = (sums(targets_N, "transition") + config.column_offset) ** -config.column_power
    counts_NS[:, TRANSITION] *= rows_I[sources_N] * columns_I[targets_N]
    lengths_I = np.sqrt(np.maximum(sums(sources_N, "cosine"), 1.0))
    counts_NS[:, cosine] /= lengths_I[sources_N] * lengths_I[targets_N]
    return counts_NS
