"""Visitors are taken out of an artifact, and the rest of it stays as it is."""

import numpy as np
import pytest

from recommender.artifact import ArtifactError, read_manifest
from recommender.artifact.forgetting import without_visitors
from recommender.serving import Recommender
from recommender.serving.batch import known_visitors
from recommender.training.segmenting import read_previous


@pytest.fixture(scope="module")
def everybody(artifact):
    return known_visitors(artifact)


@pytest.fixture(scope="module")
def gone(everybody):
    return [everybody.visitor_ids[0], everybody.visitor_ids[7], everybody.visitor_ids[-1]]


@pytest.fixture(scope="module")
def left(artifact, gone, tmp_path_factory):
    out = tmp_path_factory.mktemp("left") / "model"
    assert without_visitors(artifact, out, [*gone, "a stranger"]) == 3
    return out


def test_they_are_in_no_file_and_the_others_keep_their_own_history(left, gone, everybody):
    kept = known_visitors(left)
    assert not set(gone) & set(kept.visitor_ids)
    assert len(kept.visitor_ids) == len(kept.histories) == len(everybody.visitor_ids) - 3
    for path in left.iterdir():
        assert not any(visitor.encode() in path.read_bytes() for visitor in gone), path.name
    row_of = {visitor: row for row, visitor in enumerate(everybody.visitor_ids)}
    before = everybody.histories.take(np.array([row_of[visitor] for visitor in kept.visitor_ids]))
    for name in ("starts_B1", "items_N", "seconds_N", "weights_N"):
        assert np.array_equal(getattr(kept.histories, name), getattr(before, name)), name


def test_the_artifact_answers_as_before_and_the_original_is_untouched(left, artifact, gone, everybody):
    assert read_manifest(left)["created_at"] == read_manifest(artifact)["created_at"]
    assert Recommender.load(left).popular(5).item_ids == Recommender.load(artifact).popular(5).item_ids
    assert set(read_previous(left).number_of) == set(everybody.visitor_ids) - set(gone)
    assert set(known_visitors(artifact).visitor_ids) >= set(gone)


def test_where_nobody_of_them_is_known_nothing_is_written(artifact, tmp_path):
    assert without_visitors(artifact, tmp_path / "model", ["a stranger"]) == 0
    assert not (tmp_path / "model").exists()


def test_a_damaged_artifact_is_not_sealed_anew(left, gone, tmp_path):
    damaged = tmp_path / "damaged"
    without_visitors(left, damaged, [known_visitors(left).visitor_ids[0]])
    (damaged / "segments.json").unlink()  # what is written into the file itself would be in the other artifact too
    (damaged / "segments.json").write_text("[]")
    with pytest.raises(ArtifactError, match=r"segments\.json"):
        without_visitors(damaged, tmp_path / "model", [known_visitors(damaged).visitor_ids[0]])
