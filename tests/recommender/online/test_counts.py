"""Popularity, transitions and item cosine: taking changes in equals a fit on everything."""

import numpy as np
import pytest
from hypothesis import given, settings

from recommender.models.item_neighbours import ItemCosine, ItemCosineConfig
from recommender.models.popularity import Popularity, PopularityConfig
from recommender.models.transitions import Transitions, TransitionsConfig
from recommender.online import OnlineItemCosine, OnlinePopularity, OnlineTransitions
from tests.recommender.made import interactions_of, walks
from tests.recommender.online.arrivals import arrivals, same_values, take_in

TOLERANCE = 1e-5  # relative, of 32-bit values


def check_popularity(pieces):
    online = OnlinePopularity(PopularityConfig(half_life_days=9.0))
    refit = Popularity(online.config).fit(take_in(pieces, online).dataset())
    np.testing.assert_allclose(online.model().popularity_I_, refit.popularity_I_, rtol=TOLERANCE)


def check_transitions(pieces):
    online = OnlineTransitions(TransitionsConfig(neighbours=50))
    refit = Transitions(online.config).fit(take_in(pieces, online).dataset())
    same_values(online.model().values_II_, refit.values_II_, TOLERANCE)


def check_item_cosine(pieces):
    online = OnlineItemCosine(ItemCosineConfig(neighbours=50, shrink=0.5))
    refit = ItemCosine(online.config).fit(take_in(pieces, online).dataset())
    same_values(online.model().values_II_, refit.values_II_, TOLERANCE)


@settings(max_examples=40)
@given(arrivals())
def test_popularity_equals_a_refit(pieces):
    check_popularity(pieces)


@settings(max_examples=40)
@given(arrivals())
def test_transitions_equal_a_refit(pieces):
    check_transitions(pieces)


@settings(max_examples=40)
@given(arrivals())
def test_item_cosine_equals_a_refit(pieces):
    check_item_cosine(pieces)


@pytest.mark.parametrize("check", [check_popularity, check_transitions, check_item_cosine])
def test_two_hundred_small_changes_do_not_add_up_to_an_error(check):
    rows = list(walks(visitors=40, items=17))
    order = np.random.default_rng(3).permutation(len(rows))
    check([[rows[row]] for row in order[:200]])


def test_only_the_strongest_neighbours_are_kept():
    online = OnlineTransitions(TransitionsConfig(neighbours=2))
    refit = Transitions(online.config).fit(take_in([list(walks(visitors=40, items=17))], online).dataset())
    assert np.diff(online.model().values_II_.indptr).max() == 2
    same_values(online.model().values_II_, refit.values_II_, TOLERANCE)


def test_models_are_those_of_the_family_and_go_on_learning():
    popularity, transitions = OnlinePopularity(), OnlineTransitions()
    behaviour = take_in([list(walks(visitors=20, items=17))], popularity, transitions)
    before = transitions.model()
    histories = behaviour.histories(np.arange(3))
    assert before.scores(histories).shape == popularity.model().scores(histories).shape == (3, 17)
    change = behaviour.append(
        interactions_of([("visitor-0", "item-3", "view_item", 3e9), ("visitor-0", "new", "view_item", 3e9 + 1)])
    )
    transitions.apply(change)
    after = transitions.model()
    assert before.values_II_.shape == (17, 17) and after.values_II_.shape == (18, 18)
    assert after.values_II_[behaviour.code_of["item-3"], 17] > 0
