"""What links a history to candidates: the pair statistics between each of its items and each candidate, summed up."""

import numpy as np

from recommender.data.histories import Histories
from recommender.ranking.pairs import STATISTICS, TRANSITION, PairStatistics

NEWEST = 30  # interactions of a history that are looked at
DECAY = 0.6  # of an interaction's weight per newer one
SLOTS = 8_000_000  # (row, item) cells at once: 16 MB
NAMES = (
    *(f"{part} {name}" for part in ("last", "decayed", "sum") for name in STATISTICS),
    "strongest link",
    "links",
    "nearest link",
    "linked weight",
)


def link_features(pairs: PairStatistics, histories: Histories, codes_BC: np.ndarray, items: int) -> np.ndarray:
    """float32 (B, C, len(NAMES)). `codes_BC` holds item codes, −1 for none, none of them twice in a row."""
    features_BCF = np.zeros((*codes_BC.shape, len(NAMES)), np.float32)
    step = max(SLOTS // max(items, 1), 1)
    for start in range(0, len(codes_BC), step):
        rows = np.arange(start, min(start + step, len(codes_BC)))
        _fill(features_BCF[rows[0] : rows[-1] + 1], pairs, histories.take(rows).last(NEWEST), codes_BC[rows], items)
    return features_BCF


def _fill(features_BCF: np.ndarray, pairs: PairStatistics, recent: Histories, codes_BC: np.ndarray, items: int) -> None:
    if not len(recent.items_N):
        return
    candidates = codes_BC.shape[1]
    slot_BI = np.full(len(codes_BC) * items, -1, np.int32)
    row_K, column_K = np.nonzero(codes_BC >= 0)
    slot_BI[row_K * items + codes_BC[row_K, column_K]] = row_K * candidates + column_K
    begins_N = pairs.starts_I1[recent.items_N]
    lengths_N = pairs.starts_I1[recent.items_N + 1] - begins_N
    ends_N = np.cumsum(lengths_N)
    position_E = np.repeat(np.arange(len(lengths_N), dtype=np.int32), lengths_N)
    pair_E = np.arange(ends_N[-1]) + np.repeat(begins_N - ends_N + lengths_N, lengths_N)
    slot_E = slot_BI[np.repeat(recent.rows_N * items, lengths_N) + pairs.targets_N[pair_E]]
    found = np.flatnonzero(slot_E >= 0)
    if not len(found):
        return
    found = found[np.argsort(slot_E[found], kind="stable")]
    slot_E, position_E = slot_E[found], position_E[found]
    firsts = np.flatnonzero(np.concatenate([[True], slot_E[1:] != slot_E[:-1]]))
    flat_KF = features_BCF.reshape(-1, features_BCF.shape[2])
    flat_KF[slot_E[firsts]] = _sums(pairs.values_NS[pair_E[found]], recent, position_E, firsts)


def _sums(values_ES: np.ndarray, recent: Histories, position_E: np.ndarray, firsts: np.ndarray) -> np.ndarray:
    """One row for each run of entries that begins at `firsts`."""
    values_ES = values_ES.astype(np.float32)
    age_E = recent.ages_N[position_E].astype(np.float32)
    runs = np.diff(np.append(firsts, len(age_E)))
    parts = [
        np.add.reduceat(values_ES * (age_E == 0)[:, None], firsts),
        np.add.reduceat(values_ES * np.power(np.float32(DECAY), age_E)[:, None], firsts),
        np.add.reduceat(values_ES, firsts),
        np.maximum.reduceat(values_ES[:, TRANSITION], firsts)[:, None],
        runs[:, None],
        (1.0 / (1.0 + np.minimum.reduceat(age_E, firsts)))[:, None],
        np.add.reduceat(recent.weights_N[position_E], firsts)[:, None],
    ]
    return np.concatenate(parts, axis=1, dtype=np.float32)
