"""Two artifacts side by side, by what they remember."""

import io

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from recommender.artifact import ArtifactError
from recommender.artifact.beside import Memory, beside


def file(**columns):
    stream = io.BytesIO()
    pq.write_table(pa.table(columns), stream)
    stream.seek(0)
    return stream


def memory(ranks, segments):
    """{(visitor, item): rank} and {visitor: segment}."""
    visitors, items = zip(*ranks, strict=True) if ranks else ((), ())
    judged = {"visitor_id": pa.array(visitors, pa.string()), "item_id": pa.array(items, pa.string())}
    judged["rank"] = pa.array(ranks.values(), pa.int32())
    return Memory.read(
        file(**judged),
        file(visitor_id=pa.array(segments, pa.string()), segment=pa.array(segments.values(), pa.int32())),
    )


def test_only_visitors_who_were_tested_with_the_same_item_count():
    before = memory({("ada", "mug"): 1, ("bob", "mug"): 3, ("cleo", "pot"): 99}, {})
    after = memory({("ada", "mug"): 3, ("bob", "jug"): 1, ("cleo", "pot"): 11, ("dan", "mug"): 1}, {})
    found = beside(before, after)
    assert found["visitors"] == 2
    assert found["measures"]["recall@10"] == {"before": 0.5, "after": 0.5, "difference": 0.0, "interval": [0.0, 0.0]}
    ndcg = found["measures"]["ndcg@10"]
    assert (ndcg["before"], ndcg["after"], ndcg["difference"]) == (0.5, 0.25, -0.25)


def test_the_interval_is_of_each_visitor_with_itself():
    """Both versions differ much between visitors, and by little for each."""
    rng = np.random.default_rng(3)
    before = {(f"v{n}", "mug"): int(rank) for n, rank in enumerate(rng.choice([1, 500], size=2_000))}
    after = {pair: 2 if rank == 1 and n % 5 == 0 else rank for n, (pair, rank) in enumerate(before.items())}
    found = beside(memory(before, {}), memory(after, {}))["measures"]["ndcg@10"]
    low, high = found["interval"]
    assert low < found["difference"] < high < 0
    assert high - low < 0.02


def test_segments_that_came_and_went_and_who_stayed():
    before = memory({}, {"ada": 1, "bob": 1, "cleo": 2, "dan": 4})
    after = memory({}, {"ada": 1, "bob": 3, "cleo": 2, "eve": 5})
    assert beside(before, after)["segments"] == {"visitors": 3, "kept": 0.6667, "born": [3, 5], "gone": [4]}


def test_without_a_common_visitor_there_are_no_measures():
    found = beside(memory({("ada", "mug"): 1}, {"ada": 1}), memory({("bob", "mug"): 1}, {"bob": 1}))
    assert (found["visitors"], found["measures"], found["segments"]["kept"]) == (0, {}, None)


def test_what_cannot_be_read_is_named():
    with pytest.raises(ArtifactError, match=r"judged\.parquet"):
        Memory.read(io.BytesIO(b"no Parquet"), file(visitor_id=["ada"], segment=[1]))
    with pytest.raises(ArtifactError):
        Memory.read(file(visitor_id=["ada"], rank=[1]), file(visitor_id=["ada"], segment=[1]))
