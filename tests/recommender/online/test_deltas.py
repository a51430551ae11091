"""Deltas of whatever arrived, in any pieces, add up to what a refit of everything would know."""

from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given, settings

from recommender.models.popularity import Popularity, PopularityConfig
from recommender.models.transitions import Transitions, TransitionsConfig
from recommender.online import Basis, delta_of
from tests.recommender.made import dataset_of, interactions_of
from tests.recommender.online.arrivals import DAY, arrivals

POPULARITY = PopularityConfig(half_life_days=9.0, smoothing=0.0)
SCREENED = {"views_a_minute": 3, "seconds_spread": 3}


def basis_at(seconds, **config):
    """As an artifact of today would say how it learned."""
    moment = np.datetime64(int(seconds), "s").astype(str) + "+00:00"
    own = {"popularity": {"half_life_days": 9.0, "smoothing": 0.0}, "transitions": {"neighbours": 50}}
    return Basis.of({"config": {**own, **config}, "data": {"newest_at": moment}})


def deltas(pieces, basis):
    """One a piece, each with all that its visitors had done before."""
    known = []
    for piece in pieces:
        touched = {row[0] for row in piece}
        past = [row for row in known if row[0] in touched]
        is_new_N = np.array([False] * len(past) + [True] * len(piece))
        yield delta_of(interactions_of([*past, *piece]), is_new_N, basis)
        known += piece


def added_up(found):
    """{item: (popularity, interactions)}, {(source, target): weight}, and the newest second."""
    items, pairs, newest = defaultdict(lambda: np.zeros(2)), defaultdict(float), -np.inf
    for delta in found:
        for item_id, *sums in zip(delta.item_ids, delta.popularity_J, delta.interactions_J, strict=True):
            items[item_id] += sums
        whole = delta.pairs_JJ.tocoo()
        for source, target, weight in zip(*whole.coords, whole.data, strict=True):
            pairs[delta.item_ids[source], delta.item_ids[target]] += weight
        newest = max(newest, delta.newest_seconds)
    return items, pairs, newest


@settings(max_examples=40)
@given(arrivals())
def test_they_add_up_to_the_counts_of_everything(pieces):
    basis = basis_at(30 * DAY)
    items, pairs, newest = added_up(deltas(pieces, basis))
    whole = dataset_of([row for piece in pieces for row in piece])
    if not whole.interactions:
        assert not any(counts.any() for counts in items.values())
        return
    fitted = Popularity(POPULARITY).fit(whole)
    fade = 0.5 ** ((whole.histories.seconds_N.max() - 30 * DAY) / DAY / 9.0)
    for item_id, expected in zip(whole.item_ids, fitted.popularity_I_, strict=True):
        assert items[item_id][0] * fade == pytest.approx(expected, rel=1e-5, abs=1e-9)
    counts_I = np.bincount(whole.histories.items_N, minlength=whole.items)
    assert {name: int(sums[1]) for name, sums in items.items() if sums[1]} == {
        name: count for name, count in zip(whole.item_ids, counts_I.tolist(), strict=True) if count
    }
    expected = Transitions(TransitionsConfig(neighbours=50)).counts(whole.histories, whole.items).tocoo()
    told = {
        (whole.item_ids[source], whole.item_ids[target]): weight
        for source, target, weight in zip(*expected.coords, expected.data, strict=True)
    }
    assert {pair: weight for pair, weight in pairs.items() if abs(weight) > 1e-9} == pytest.approx(told, rel=1e-5)
    assert newest >= whole.histories.seconds_N.max()


def test_a_visitor_who_turns_out_to_be_a_program_is_taken_out_again():
    slow = [("ann", f"item-{number}", "view_item", 1e9 + 60.0 * number) for number in range(3)]
    fast = [("ann", f"item-{number}", "view_item", 1e9 + 500.0 + number) for number in range(9)]
    items, pairs, _ = added_up(deltas([slow, fast], basis_at(1e9, screening=SCREENED)))
    assert not any(np.abs(sums).max() > 1e-9 for sums in items.values())
    assert max(map(abs, pairs.values())) < 1e-9


def test_weights_are_those_that_the_artifact_was_trained_with():
    rows = [[("ann", "mug", "purchase", 1e9), ("ann", "lamp", "view_item", 1e9 + 60)]]
    items, pairs, _ = added_up(deltas(rows, basis_at(1e9, events={"view_item": 0.0, "purchase": 7.0})))
    assert {name: tuple(sums) for name, sums in items.items() if sums.any()} == {"mug": (7.0, 1.0)}
    assert not pairs


@pytest.mark.parametrize("facts", [{}, {"config": {"popularity": {}}, "data": {"newest_at": "2026-11-01T00:00:00"}}])
def test_an_artifact_that_does_not_tell_how_it_learned_has_no_basis(facts):
    assert Basis.of(facts) is None
