"""Candidates of many visitors at once are those that each would have been given alone."""

from dataclasses import replace

import numpy as np
import pytest

from recommender.serving import together
from recommender.serving.together import Asked, candidates_of_many
from tests.recommender.serving.garden import TASTES, events, views

MODELS = ("encoder", "transitions", "user_knn", "popularity")


@pytest.fixture(scope="module", params=["as trained", "all four models", "without a ranker"])
def asked_model(request, model):
    if request.param == "as trained":
        return model
    mixed = replace(model, blend=dict.fromkeys(MODELS, 0.25))
    return replace(mixed, ranker=None) if request.param == "without a ranker" else mixed


def everybody():
    """Histories of unequal length, an empty one, unknown items, items on the page, items to leave out."""
    asked = [Asked(views(*(f"{taste}-{number}" for number in range(taste + 1)))) for taste in range(TASTES)]
    return [
        *asked,
        Asked(()),
        Asked(views("nobody-knows"), exclude=frozenset({"0-1"})),
        Asked((), context_items=("1-3",)),
        Asked(views("1-0", "1-1"), context_items=("2-2",), exclude=frozenset({"1-2", "2-2"})),
        Asked(events(("purchase", "0-1"), ("add_to_cart", "0-2"))),
    ]


def alone(model, one, k):
    return model.candidates(one.history, k, one.context_items, one.exclude)


@pytest.mark.parametrize("k", [3, 40])
@pytest.mark.parametrize("at_once", [2, 32])
def test_each_gets_what_it_would_get_alone(asked_model, monkeypatch, k, at_once):
    monkeypatch.setattr(together, "AT_ONCE", at_once)
    for one, found in zip(everybody(), candidates_of_many(asked_model, everybody(), k), strict=True):
        expected = alone(asked_model, one, k)
        assert found.scores == pytest.approx(expected.scores, abs=1e-6)
        score_of = dict(zip(expected.item_ids, expected.scores.tolist(), strict=True))
        assert set(found.item_ids) == set(score_of)
        ranked = [score_of[item_id] for item_id in found.item_ids]
        assert (np.diff(ranked) <= 1e-6).all()  # of equals either may stand first
        source_of = dict(zip(expected.item_ids, expected.sources, strict=True))
        assert [source_of[item_id] for item_id in found.item_ids] == found.sources


def test_nobody_asks_for_nothing(asked_model):
    assert candidates_of_many(asked_model, []) == []
