"""What a training read, in figures: of what was left out and why, and of what is left."""

from typing import Any

import numpy as np

from recommender.data.dataset import LONGEST, Dataset
from recommender.data.interactions import Interactions
from recommender.data.sessions import session_starts

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
    """A sentence where histories are longer than what is read of them."""
    too_old = dataset.left_out.get("too_old", 0)
    return (f"left out {too_old:,} interactions: of a visitor the newest {LONGEST:,} count",) if too_old else ()


def cleaning_report(dataset: Dataset) -> dict[str, Any]:
    """`{left_out: {reason: rows}, kept, by_weight: {event weight: interactions}, sessions,
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
        "by_weight": {f"{weight:g}": int(count) for weight, count in zip(weights, counts, strict=True)},
        "sessions": len(lengths_S),
        "interactions_a_session": float(np.median(lengths_S)),
        "days_since_last": round(float(np.median(newest_V.max() - newest_V)) / DAY_SECONDS, 2),
    }
