"""A training that goes on from the encoder of the version before: fewer passes, judged by what nobody learned."""

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from recommender.data.hashing import hashes
from recommender.models.encoders.config import EncoderConfig
from recommender.models.transitions import Transitions
from recommender.training.holding_out import whom_to_ask
from recommender.training.pipeline import Order, read_dataset, train
from recommender.training.presets import PRESETS
from recommender.training.progress import Progress
from recommender.training.warm import FILE, Cold, read_start
from tests.recommender.made import dataset_of, walks

ROWS = list(walks(visitors=120, items=23, seed=4))
LATER = sorted({row[3] for row in ROWS})[-60]
EARLY = [row for row in ROWS if row[3] < LATER]
NEW = [
    (f"guest-{place}", name, "view_item", 3e9 + place + step)
    for place in range(9)
    for step, name in enumerate(["item-3", "new", "item-4"])
]
SMALL = {"epochs": 5, "refit_epochs": 4, "dimensions": 8, "hidden": 8, "history_length": 9}
CONFIG = PRESETS["fast"].overridden({"encoder": SMALL, "user_knn": {"dimensions": 8}, "effort": {"warm_passes": 2}})
CATALOG = {"item_id": [f"item-{n}" for n in range(23)], "brand": ["even" if n % 2 else "odd" for n in range(23)]}


@pytest.fixture(scope="module", autouse=True)
def _calm(one_thread):
    """All of them fit models."""


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """`trained(rows, previous=None, **more)`: the folder of an artifact, its manifest, and what was said."""
    root = tmp_path_factory.mktemp("warm")
    pq.write_table(pa.table(CATALOG), root / "items.parquet")

    def make(rows, previous=None, config=CONFIG, **more):
        name, said = f"{len(list(root.iterdir()))}", []
        visitors, items, kinds, seconds = zip(*rows, strict=True)
        table = {"visitor_id": visitors, "item_id": items, "event_type": kinds, "timestamp": seconds}
        pq.write_table(pa.table(table), root / f"{name}.parquet")
        order = Order(root / f"{name}.parquet", root / f"{name}-model", config, "balanced", previous=previous, **more)
        with Progress(lambda line: said.append(line.get("message", ""))) as progress:
            manifest = train(order, progress)
        return order.out, manifest, " ".join(said)

    return make


@pytest.fixture(scope="module")
def before(trained):
    return trained(EARLY)[0]


def dataset(rows):
    return dataset_of(rows)


def test_it_takes_fewer_passes_and_names_its_parent(trained, before):
    _, manifest, said = trained([*ROWS, *NEW], before, warm=True)
    assert manifest["start"] == {"warm": True} and manifest["parent"]
    assert "going on from the version before" in said
    assert "epoch 2 of 2" in said and "of 5" not in said and "of 4" not in said


def test_without_the_wish_it_starts_anew(trained, before):
    _, manifest, said = trained(ROWS, before)
    assert "start" not in manifest and "of 5" in said


def test_it_begins_with_the_weights_of_the_same_items_and_new_ones_lie_amid_what_follows_them(before):
    data = dataset([*ROWS, *NEW])
    start = read_start(before, CONFIG.seeded(0).encoder, data, 0)
    follows_II = Transitions().fit(data).values_II_
    arrays = start.encoder(CONFIG.encoder, data, follows_II).arrays()
    code_of = {item_id: code for code, item_id in enumerate(data.item_ids.tolist())}
    known = {item_id: row for row, item_id in enumerate(start.item_ids.tolist())}
    assert code_of.keys() - known.keys() == {"new"} and [*code_of] != [*known]
    for item_id, row in known.items():
        np.testing.assert_array_equal(arrays["embedding_ID"][code_of[item_id]], start.arrays["embedding_ID"][row])
        assert arrays["bias_I"][code_of[item_id]] == start.arrays["bias_I"][row]
    weights_I = follows_II[[code_of["new"]]].toarray()[0]
    expected_D = weights_I @ arrays["embedding_ID"] / weights_I.sum()
    np.testing.assert_allclose(arrays["embedding_ID"][code_of["new"]], expected_D, rtol=1e-5)
    np.testing.assert_array_equal(arrays["norm.weight"], start.arrays["norm.weight"])


def test_attributes_are_found_by_their_names(trained, tmp_path):
    items = tmp_path / "items.parquet"
    pq.write_table(pa.table(CATALOG), items)
    folder, *_ = trained(EARLY, items=items)
    more = {**CATALOG, "brand": [*CATALOG["brand"][:-2], "another", "another"]}  # stands before the others
    pq.write_table(pa.table(more), items)
    one = {"visitor_id": ["a"], "item_id": ["item-1"], "timestamp": [2e9]}
    pq.write_table(pa.table(one), tmp_path / "rows.parquet")
    data, _ = read_dataset(tmp_path / "rows.parquet", items)
    start = read_start(folder, CONFIG.encoder, data, 0)
    assert start.attributes == ("brand even", "brand odd")
    arrays = start.encoder(CONFIG.encoder, data, Transitions().fit(data).values_II_).arrays()
    np.testing.assert_array_equal(arrays["attribute_AD"][1:], start.arrays["attribute_AD"])


def test_who_is_asked_was_held_out_then_or_did_something_since(before):
    held_out = read_start(before, CONFIG.encoder, dataset(ROWS), 0).held_out
    assert held_out.newest_seconds == max(row[3] for row in EARLY)
    data = dataset(ROWS)
    rows, after = whom_to_ask(data, 0, visitors=40, before=held_out)
    last_B = data.histories.seconds_N[data.histories.starts_B1[1:][rows] - 1]
    learned_B = (hashes(data.visitor_ids[rows], 0) > held_out.until) & (last_B <= held_out.newest_seconds)
    assert len(rows) and not learned_B.any()
    assert after.until <= held_out.until and after.newest_seconds == data.histories.seconds_N.max()


def test_whom_a_version_held_out_are_all_below_a_hash():
    data = dataset(ROWS)
    rows, held_out = whom_to_ask(data, 0, visitors=30)
    askable = np.flatnonzero(data.histories.lengths_B >= 2)
    below = askable[hashes(data.visitor_ids[askable], 0) <= held_out.until]
    assert sorted(rows.tolist()) == sorted(below.tolist()) and len(rows) == 30


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"rows": [(*row[:1], f"other {row[1]}", *row[2:]) for row in ROWS]}, "knew the items of 0%"),
        ({"config": EncoderConfig(kind="cnn", dimensions=8)}, "another network (kind, hidden, history_length)"),
        ({"seed": 5}, "another seed"),
        ({"folder": None}, "there is no version before"),
        ({"file": None}, "keeps nothing"),
        ({"file": b"no tensors"}, "cannot be read"),
    ],
)
def test_where_it_makes_no_sense_the_reason_is_told(before, tmp_path, change, words):
    folder = before
    if "file" in change:
        for path in before.iterdir():
            (tmp_path / path.name).symlink_to(path)
        (tmp_path / FILE).unlink()
        if change["file"]:
            (tmp_path / FILE).write_bytes(change["file"])
        folder = tmp_path
    data, config = dataset(change.get("rows", ROWS)), change.get("config", CONFIG.encoder)
    with pytest.raises(Cold) as cold:
        read_start(change.get("folder", folder), config, data, change.get("seed", 0))
    assert words in str(cold.value)


def test_a_training_that_cannot_go_on_starts_anew_and_says_so(trained, before):
    _, manifest, said = trained(ROWS, before, warm=True, seed=5)
    assert manifest["start"]["warm"] is False and "another seed" in manifest["start"]["because"]
    assert "anew: the version before had another seed" in said and "of 5" in said
    assert json.dumps(manifest["start"])
