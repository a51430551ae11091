"""What is proposed without one of the models is what an artifact proposes whose model says nothing."""

from dataclasses import replace

import numpy as np
import pytest

from recommender.serving.sources import without_source
from tests.recommender.serving.garden import NEVER_TOUCHED, views

MODELS = ("transitions", "user_knn", "popularity")
HISTORY = views("2-0", "2-1", "2-3")


@pytest.fixture
def several(model):
    """The models of the artifact, each with a say of its own, and no ranker."""
    return replace(model, blend={"transitions": 0.5, "user_knn": 0.3, "popularity": 0.2}, ranker=None)


@pytest.mark.parametrize("source", MODELS)
def test_what_is_left_is_the_blend_of_the_others(several, source):
    expected = replace(several, blend={**several.blend, source: 0.0}).candidates(HISTORY, 30)
    found = without_source(several, source).candidates(HISTORY, 30)
    assert found.item_ids == expected.item_ids
    assert found.scores == pytest.approx(expected.scores, abs=1e-6)
    assert source not in found.sources


@pytest.mark.parametrize("source", MODELS)
def test_a_large_catalog_answers_alike(several, monkeypatch, source):
    small = without_source(several, source).candidates(HISTORY, 10)
    monkeypatch.setattr("recommender.serving.recommender.LARGE_ITEMS", 1)
    found = without_source(replace(several), source).candidates(HISTORY, 10)
    assert found.scores == pytest.approx(small.scores, abs=1e-6)


def test_the_ranker_is_asked_as_ever(model):
    whole = model.candidates(HISTORY, 30)
    for source in model.heard:
        found = without_source(model, source).candidates(HISTORY, 30)
        assert found.item_ids
        assert not np.array_equal(found.scores[:3], whole.scores[:3])


def test_the_artifact_itself_stays_as_it_is(several):
    before = several.candidates(HISTORY, 30)
    without_source(several, "transitions").candidates(HISTORY, 30)
    assert np.array_equal(several.candidates(HISTORY, 30).scores, before.scores)


def test_who_alone_has_a_say_leaves_nothing(model):
    alone = replace(model, blend={"transitions": 1.0}, ranker=None)
    assert list(alone.heard) == ["transitions"]
    left = without_source(alone, "transitions").candidates(HISTORY)
    assert set(left.item_ids) <= {NEVER_TOUCHED}, "what is described alike"


def test_without_descriptions_nothing_is_proposed_for_them(model):
    described = replace(model, blend={**model.blend, "content": 0.3}, ranker=None)
    assert "content" in described.candidates(HISTORY, 200).sources
    assert "content" not in without_source(described, "content").candidates(HISTORY, 200).sources
