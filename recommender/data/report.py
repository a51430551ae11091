"""What a training read, in figures: of what was left out and why, and of what is left."""

from typing import Any

import numpy as np

from recommender.data.dataset import Dataset
from recommender.data.interactions import Interactions
from recommender.data.sessions import session_starts
from recommender.models.item_pairs import LONGEST

DAY_SECONDS = 86400.0


def screening_notices(rows: Interactions) -> tuple[str, ...]:
    """A sentence for each kind of interaction that is no shopper's."""
    times, programs = rows.left_out.get("impossible_times", 0), rows.left_out.get("program_visitors", 0)
    found = []
    if times:
        found.append(f"left out {times:,} interactions at impossible times")
    if programs:
        behaviour = rows.left_out.get("program_interactions", 0)
        found.append(f"left out {programs:,} visitors that view like programs, with {behaviour:,} interactions")
    return tuple(found)


def length_notices(dataset: Dataset) -> tuple[str, ...]:
    """A sentence where histories are longer than what pairs of items are learned from."""
    visitors, interactions = _beyond(dataset)
    if not visitors:
        return ()
    return (
        f"pairs of items are learned from the newest {LONGEST:,} interactions of a visitor; {visitors:,} visitors have "
        f"more, {interactions:,} older ones are read by the other models alone",
    )


def _beyond(dataset: Dataset) -> tuple[int, int]:
    """Visitors with more than LONGEST interactions, and how many older ones they have."""
    more_V = np.maximum(dataset.histories.lengths_B - LONGEST, 0)
    return int((more_V > 0).sum()), int(more_V.sum())


def cleaning_report(dataset: Dataset) -> dict[str, Any]:
    """`{left_out: {reason: rows}, kept, too_old_for_pairs, by_weight: {event weight: interactions}, sessions,
    interactions_a_session, days_since_last}`; the last two are medians, of the sessions, and of the visitors before
    the newest interaction."""
    histories = dataset.histories
    starts_N = session_starts(histories)
    lengths_S = np.diff(np.append(np.flatnonzero(starts_N), len(starts_N)))
    newest_V = histories.seconds_N[histories.starts_B1[1:] - 1]
    weights, counts = np.unique(histories.weights_N, return_counts=True)
    return {
        "left_out": dict(dataset.left_out),
        "kept": dataset.interactions,
        "too_old_for_pairs": _beyond(dataset)[1],
        "by_weight": {f"{weight:g}": int(count) for weight, count in zip(weights, counts, strict=True)},
        "sessions": len(lengths_S),
        "interactions_a_session": float(np.median(lengths_S)),
        "days_since_last": round(float(np.median(newest_V.max() - newest_V)) / DAY_SECONDS, 2),
    }
