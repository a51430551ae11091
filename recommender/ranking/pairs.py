"""Statistics of pairs of items, what the ranker looks up between every item of a history and every candidate.

For a → b, over pairs of interactions of one visitor that are at most WINDOW apart: how often b came right after a;
forward and backward counts that fade with the distance; forward as a share of all that follows a; counts regardless of
direction; the value of recommender.models.transitions; the cosine of the counts.
"""

from dataclasses import dataclass

import numpy as np

from recommender.data.histories import Histories
from recommender.models.item_pairs import PairBlock, mirrored, pair_blocks, source_sums
from recommender.models.strongest import among_strongest, longest_within
from recommender.models.transitions import TransitionsConfig

WINDOW = 20
FADING = 0.8  # of a count per step of distance
TARGETS = 200  # kept per item, by transition value: 12,000 items take at most 43 MB
MOST_TARGETS = 12_000_000  # of all items: 216 MB, 200 an item up to 60,000 items and 60 at 200,000
STATISTICS = ("adjacent", "forward", "backward", "forward_share", "together", "transition", "cosine")
TRANSITION = STATISTICS.index("transition")
COUNTED = ("adjacent", "forward", "backward", "together", "transition")  # the others follow from these


@dataclass(frozen=True)
class PairStatistics:
    """Item a's targets are `targets_N[starts_I1[a]:starts_I1[a + 1]]`, rising, each with a row of `values_NS`."""

    starts_I1: np.ndarray  # int64
    targets_N: np.ndarray  # int32
    values_NS: np.ndarray  # float16

    @classmethod
    def fit(cls, histories: Histories, items: int, transitions: TransitionsConfig) -> "PairStatistics":
        """Count. Deterministic."""
        weights_CS = _weights(transitions)
        mirror_C = mirrored(weights_CS[:, COUNTED.index("transition")])
        sums_IS = source_sums(histories, items, np.column_stack([weights_CS, mirror_C]))
        pairs_I, scales = sums_IS[:, COUNTED.index("together")], _Scales.of(sums_IS, transitions)
        parts = [_strongest(block, weights_CS, scales) for block in pair_blocks(histories, pairs_I, WINDOW)]
        lengths_I = np.concatenate([lengths for lengths, _, _ in parts])
        limit = longest_within(lengths_I, MOST_TARGETS, TARGETS)
        parts = [_cut(*part, limit) for part in parts]
        lengths_I, targets_N, values_NS = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
        return cls(np.concatenate([[0], np.cumsum(lengths_I)]), targets_N, values_NS)

    def arrays(self) -> dict[str, np.ndarray]:
        """What `PairStatistics(**arrays)` takes."""
        return {"starts_I1": self.starts_I1, "targets_N": self.targets_N, "values_NS": self.values_NS}


def _weights(config: TransitionsConfig) -> np.ndarray:
    """float64 (2 · WINDOW, S): what a pair of each kind adds to what is counted."""
    gaps = np.arange(1, WINDOW + 1)
    fading, none = FADING ** (gaps - 1.0), np.zeros(WINDOW)
    bucket = np.searchsorted(config.gap_ends, gaps)
    forward, backward = (np.append(side, 0.0)[bucket] for side in (config.forward, config.backward))
    sides = {
        "adjacent": (gaps == 1, none),
        "forward": (fading, none),
        "backward": (none, fading),
        "together": (none + 1, none + 1),
        "transition": (forward, backward),
    }
    return np.stack([np.stack(sides[name], axis=1).ravel() for name in COUNTED], axis=1)


@dataclass(frozen=True)
class _Scales:
    """What the counts of a pair are multiplied with, for its source and for its target."""

    forward_I: np.ndarray
    rows_I: np.ndarray
    columns_I: np.ndarray
    lengths_I: np.ndarray

    @classmethod
    def of(cls, sums_IS: np.ndarray, config: TransitionsConfig) -> "_Scales":
        sums = dict(zip((*COUNTED, "mirrored"), sums_IS.T, strict=True))
        return cls(
            1 / np.maximum(sums["forward"], 1e-9),
            (sums["transition"] + config.row_offset) ** -config.row_power,
            (sums["mirrored"] + config.column_offset) ** -config.column_power,
            1 / np.sqrt(np.maximum(sums["together"], 1.0)),
        )


def _strongest(block: PairBlock, weights_CS: np.ndarray, scales: _Scales) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Targets of each source, the targets, and their values, cut to TARGETS."""
    counts = {name: block.sums(weight_C) for name, weight_C in zip(COUNTED, weights_CS.T, strict=True)}
    sources_E, targets_E = block.sources_E + block.first, block.targets_E
    values = {
        **counts,
        "forward_share": counts["forward"] * scales.forward_I[sources_E],
        "transition": counts["transition"] * scales.rows_I[sources_E] * scales.columns_I[targets_E],
        "cosine": counts["together"] * scales.lengths_I[sources_E] * scales.lengths_I[targets_E],
    }
    values_ES = np.stack([values[name] for name in STATISTICS], axis=1).astype(np.float16)
    return _cut(block.lengths(), targets_E.astype(np.int32), values_ES, TARGETS, values["transition"])


def _cut(
    lengths_I: np.ndarray, targets_E: np.ndarray, values_ES: np.ndarray, limit: int, by_E: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """At most `limit` targets of each source: those with the largest transition value."""
    kept = among_strongest(values_ES[:, TRANSITION] if by_E is None else by_E, lengths_I, limit)
    return np.minimum(lengths_I, limit), targets_E[kept], values_ES[kept]
