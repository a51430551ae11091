"""Two artifacts side by side, by what each remembers: where it put what its test visitors did last, and who is in which
segment. Nothing is asked of the models again, so that any two of many cost little.

A pair of visitor and item that both were tested with is honest to both: neither model had learnt from it. They are the
visitors who did nothing between the two trainings; for those who did, see recommender/training/paired.py.
"""

from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from recommender.artifact import ArtifactError
from recommender.evaluation.bootstrap import bootstrap_means, percentile_interval

JUDGED, VISITORS = "judged.parquet", "visitors.parquet"
CUTOFF = 10
DRAWS = 1_000
Facts = dict[str, Any]


@dataclass(frozen=True)
class Memory:
    """`ranks`: columns visitor_id, item_id, rank. `segments`: visitor_id, segment."""

    ranks: pd.DataFrame
    segments: pd.DataFrame

    @classmethod
    def read(cls, judged: BinaryIO, visitors: BinaryIO) -> "Memory":
        """Of an artifact's two files. Raises ArtifactError where they cannot be read."""
        try:
            ranks = pq.read_table(judged, columns=["visitor_id", "item_id", "rank"]).to_pandas()
            segments = pq.read_table(visitors, columns=["visitor_id", "segment"]).to_pandas()
        except (OSError, pa.ArrowException, KeyError) as error:
            raise ArtifactError(f"{JUDGED}, {VISITORS}: cannot be read ({error})") from error
        return cls(ranks, segments)


def beside(before: Memory, after: Memory, *, seed: int = 0) -> Facts:
    """`{visitors, measures: {metric: {before, after, difference, interval}}, segments: {visitors, kept, born, gone}}`.

    `visitors`: on how many both were tested; without any there are no measures. Intervals are of the mean difference,
    95 %, each visitor with itself. `kept`: the share of visitors known to both that has the same segment number.
    """
    both = before.ranks.merge(after.ranks, on=["visitor_id", "item_id"], suffixes=("_before", "_after"))
    measures = _measures(both, seed) if len(both) else {}
    return {"visitors": len(both), "measures": measures, "segments": _segments(before.segments, after.segments)}


def _measures(both: pd.DataFrame, seed: int) -> Facts:
    olds, news = (_gains(both[f"rank_{side}"].to_numpy()) for side in ("before", "after"))
    changes_BM = np.stack([news[name] - olds[name] for name in olds], axis=1)
    draws_DM = bootstrap_means(changes_BM, seed, draws=DRAWS)
    return {
        name: {
            "before": round(float(olds[name].mean()), 5),
            "after": round(float(news[name].mean()), 5),
            "difference": round(float(changes_BM[:, place].mean()), 5),
            "interval": [round(bound, 5) for bound in percentile_interval(draws_DM[:, place])],
        }
        for place, name in enumerate(olds)
    }


def _gains(ranks_B: np.ndarray) -> dict[str, np.ndarray]:
    """What each visitor adds to the metrics of lists of ten, with one item to find."""
    found_B = ranks_B <= CUTOFF
    return {
        "ndcg@10": np.where(found_B, 1.0 / np.log2(np.maximum(ranks_B, 1) + 1.0), 0.0),
        "recall@10": found_B.astype(float),
    }


def _segments(before: pd.DataFrame, after: pd.DataFrame) -> Facts:
    both = before.merge(after, on="visitor_id", suffixes=("_before", "_after"))
    kept = round(float((both["segment_before"] == both["segment_after"]).mean()), 4) if len(both) else None
    old, new = (set(frame["segment"].unique().tolist()) for frame in (before, after))
    return {"visitors": len(both), "kept": kept, "born": sorted(new - old), "gone": sorted(old - new)}
