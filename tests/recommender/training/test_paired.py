"""A new version and the one before it, asked about the same visitors."""

import json
import shutil

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from recommender.artifact.forgetting import without_visitors
from recommender.training.fitting import validation_split
from recommender.training.paired import kept_segments
from recommender.training.pipeline import Order, train
from recommender.training.presets import PRESETS
from recommender.training.progress import Progress
from tests.recommender.made import dataset_of, walks

ROWS = list(walks(visitors=240, items=29, seed=4))
NEWEST = sorted({row[3] for row in ROWS})[-120]  # what happened from here on the earlier version has not seen
CONFIG = PRESETS["fast"].overridden({"encoder": {"epochs": 0}, "user_knn": {"dimensions": 12}})
# It forgets at once what follows what: nothing but what sells is left of it.
BROKEN = CONFIG.overridden({"events": {"view_item": 0.0}, "popularity": {"half_life_days": 0.01}})


@pytest.fixture(scope="module", autouse=True)
def _calm(one_thread):
    """All of them fit models."""


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """`trained(rows, previous=None, config=CONFIG)`: the folder of an artifact."""
    root = tmp_path_factory.mktemp("paired")

    def make(rows, previous=None, config=CONFIG):
        name = f"{len(list(root.iterdir()))}"
        visitors, items, kinds, seconds = zip(*rows, strict=True)
        table = {"visitor_id": visitors, "item_id": items, "event_type": kinds, "timestamp": seconds}
        pq.write_table(pa.table(table), root / f"{name}.parquet")
        order = Order(root / f"{name}.parquet", root / f"{name}-model", config, "fast", previous=previous)
        with Progress() as progress:
            train(order, progress)
        return order.out

    return make


@pytest.fixture(scope="module")
def old(trained):
    return trained([row for row in ROWS if row[3] < NEWEST])


@pytest.fixture(scope="module")
def new(trained, old):
    return trained(ROWS, old)


def paired(folder):
    return json.loads((folder / "evaluation.json").read_text())["paired"]


def manifest(folder):
    return json.loads((folder / "manifest.json").read_text())


def test_the_first_version_is_compared_with_nothing(old):
    assert "paired" not in json.loads((old / "evaluation.json").read_text())


def test_both_are_asked_what_the_earlier_one_could_not_know_or_was_tested_with(new):
    found = paired(new)
    changed = {row[0] for row in ROWS if row[3] >= NEWEST}
    assert 0 < found["unseen"] <= len(changed)
    assert found["unseen"] < found["visitors"] <= 240
    for name in ("ndcg@10", "recall@10"):
        measure = found["measures"][name]
        low, high = measure["interval"]
        assert low <= measure["difference"] <= high
        assert measure["difference"] == pytest.approx(measure["after"] - measure["before"], abs=2e-5)


def test_the_same_training_again_differs_by_nothing(trained, old):
    found = paired(trained([row for row in ROWS if row[3] < NEWEST], old))
    assert (found["unseen"], found["visitors"]) == (0, json.loads((old / "evaluation.json").read_text())["visitors"])
    assert found["measures"]["ndcg@10"]["difference"] == 0.0
    assert found["segments"]["kept"] == 1.0
    assert found["segments"]["born"] == found["segments"]["gone"] == []


def test_a_version_that_learnt_worse_is_told_from_the_one_before_on_the_same_visitors(trained, old):
    measure = paired(trained(ROWS, old, BROKEN))["measures"]["ndcg@10"]
    assert measure["interval"][1] < 0 < measure["before"]


def test_a_version_that_does_not_remember_its_test_is_asked_only_what_it_could_not_know(trained, old, new, tmp_path):
    forgetful = shutil.copytree(old, tmp_path / "old")
    (forgetful / "judged.parquet").unlink()
    sealed = manifest(forgetful)
    del sealed["checksums"]["judged.parquet"], sealed["data"]
    (forgetful / "manifest.json").write_text(json.dumps(sealed))
    found = paired(trained(ROWS, forgetful))
    assert found["visitors"] == found["unseen"] == paired(new)["unseen"]


def test_an_earlier_version_that_cannot_be_read_is_not_compared_with(trained, old, tmp_path):
    damaged = shutil.copytree(old, tmp_path / "old")
    (damaged / "transitions.safetensors").write_bytes(b"damaged")
    assert "paired" not in json.loads((trained(ROWS, damaged) / "evaluation.json").read_text())


def test_what_serving_costs_is_measured_of_both(new, old):
    found = paired(new)
    assert found["milliseconds"]["before"] > 0 and found["milliseconds"]["after"] > 0
    assert found["bytes"]["before"] == sum(path.stat().st_size for path in old.iterdir())
    assert 0.5 < found["bytes"]["after"] / sum(path.stat().st_size for path in new.iterdir()) <= 1


def test_who_is_erased_is_in_no_memory_of_the_test(new, tmp_path):
    gone = pq.read_table(new / "judged.parquet")["visitor_id"][0].as_py()
    without_visitors(new, tmp_path / "clean", [gone])
    left = pq.read_table(tmp_path / "clean" / "judged.parquet")["visitor_id"].to_pylist()
    assert gone not in left
    assert len(left) == pq.read_table(new / "judged.parquet").num_rows - 1


def test_whom_a_faster_preset_asks_a_more_thorough_one_asks_too():
    dataset = dataset_of(ROWS)
    few, many = (validation_split(dataset, 3, visitors=count).rows_B for count in (60, 150))
    assert many[: len(few)].tolist() == few.tolist()
    assert validation_split(dataset, 4, visitors=60).rows_B.tolist() != few.tolist()


def test_newcomers_do_not_change_whom_one_asks():
    before = dataset_of(ROWS)
    after = dataset_of([*ROWS, *(("newcomer", f"item-{n}", "view_item", 1.95e9 + n) for n in range(3))])
    asked = [set(data.visitor_ids[validation_split(data, 0, visitors=150).rows_B]) for data in (before, after)]
    assert len(asked[0] & asked[1]) >= len(asked[0]) - 1


def test_segments_are_kept_born_and_gone():
    found = kept_segments(np.array([1, 1, 2, -1, 5]), np.array([1, 3, 2, 3, 3]))
    assert found == {"visitors": 4, "kept": 0.5, "born": [3], "gone": [5]}
    assert kept_segments(np.array([-1]), np.array([1]))["kept"] is None


def test_an_artifact_says_what_it_comes_from(old, new):
    facts = manifest(new)
    assert facts["data"]["items"] is None and len(facts["data"]["interactions"]) == 64
    assert facts["data"]["oldest_at"] < manifest(old)["data"]["newest_at"] < facts["data"]["newest_at"]
    assert manifest(old)["parent"] is None and len(facts["parent"]) == 64
    assert facts["source"] == manifest(old)["source"] and len(facts["source"]) == 16
