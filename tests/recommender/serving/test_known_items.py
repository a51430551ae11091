"""The items of an artifact, read without Arrow."""

import json
import shutil

import numpy as np
import pytest

from recommender.artifact import MANIFEST
from recommender.serving import Recommender
from recommender.serving.known_items import FILE, PARQUET, read_items, write_items


@pytest.mark.parametrize("ids", [[], ["mug"], ["mug", "", "茶壶", "mug\n2"]])
def test_ids_and_counts_come_back_as_they_were(tmp_path, ids):
    write_items(tmp_path, np.array(ids, object), np.arange(len(ids)) + 3)
    read, counts_I = read_items(tmp_path / FILE)
    assert read.tolist() == ids
    assert counts_I.tolist() == [number + 3 for number in range(len(ids))]


def test_it_says_what_the_parquet_says(artifact):
    ids, counts_I = read_items(artifact / FILE)
    others, other_counts_I = read_items(artifact / PARQUET)
    assert ids.tolist() == others.tolist()
    assert counts_I.tolist() == other_counts_I.tolist()


def test_an_artifact_made_before_there_was_such_a_file_serves_the_same(artifact, model, tmp_path):
    older = shutil.copytree(artifact, tmp_path / "older")
    (older / FILE).unlink()
    manifest = json.loads((older / MANIFEST).read_text())
    del manifest["checksums"][FILE]
    (older / MANIFEST).write_text(json.dumps(manifest))
    read = Recommender.load(older)
    assert read.item_ids.tolist() == model.item_ids.tolist()
    assert read.interactions_I.tolist() == model.interactions_I.tolist()
