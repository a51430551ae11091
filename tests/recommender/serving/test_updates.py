"""What arrived since the training, laid over the garden's artifact: as a refit would have it, new items among it."""

from dataclasses import replace

import numpy as np
import pytest

from recommender.artifact import read_manifest
from recommender.models.popularity import Popularity
from recommender.models.transitions import Transitions
from recommender.online import Basis
from recommender.serving import HistoryEvent
from recommender.serving.together import Asked, candidates_of_many
from recommender.serving.updates import ItemSums, PairSum, Updates, updated
from tests.recommender.made import dataset_of
from tests.recommender.online.test_deltas import added_up, deltas
from tests.recommender.serving.garden import behaviour, item, views

KINDS = ["view_item", "view_item", "purchase", "add_to_cart", "refund", "remove_from_cart"]
BEGIN, TOLERANCE = 1.9e9, 1e-5
NEW = ("new-a", "new-b", "new-c")
TOGETHER = [
    (f"guest-{guest}", item_id, "purchase", BEGIN + 400_000 + 100 * guest + place)
    for guest in range(9)
    for place, item_id in enumerate([item(1, 3), "new-a", item(1, 4)])
]


@pytest.fixture(scope="module")
def basis(artifact):
    return Basis.of(read_manifest(artifact))


def rows_of(seed):
    """What known and new visitors did with known and new items, some of it before the end of the training."""
    rng = np.random.default_rng(seed)
    items = [*(item(taste, number) for taste in range(3) for number in range(6)), *NEW]
    visitors = [*(f"visitor-{number}" for number in range(12)), *(f"guest-{number}" for number in range(8))]
    return [
        (*(str(rng.choice(names)) for names in (visitors, items, KINDS)), BEGIN + float(rng.integers(600_000)))
        for _ in range(150)
    ]


def updates_of(pieces, basis):
    """What the database would hold after these pieces."""
    past = list(behaviour())
    items, pairs, newest = added_up(list(deltas([past, *pieces], basis))[1:])
    known = Updates(max(newest, basis.reference_seconds), basis.reference_seconds)
    sums = [ItemSums(name, float(sums[0]), int(sums[1])) for name, sums in items.items()]
    return known.told(sums, [PairSum(*pair, weight) for pair, weight in pairs.items()])


@pytest.fixture(scope="module")
def grown(model, basis):
    """After nine guests bought something new together with two items that were known."""
    return updated(model, updates_of([TOGETHER], basis))


@pytest.mark.parametrize("seed", range(4))
def test_popularity_and_transitions_are_those_of_a_refit(model, basis, seed):
    rows = rows_of(seed)
    cuts = sorted(np.random.default_rng(seed).integers(0, len(rows), seed).tolist())
    pieces = [rows[start:end] for start, end in zip([0, *cuts], [*cuts, len(rows)], strict=True) if start < end]
    found, whole = updated(model, updates_of(pieces, basis)), dataset_of([*behaviour(), *rows])
    codes_I = np.array([found.code_of[item_id] for item_id in whole.item_ids])
    popularity = Popularity(model.popularity.config).fit(whole)
    np.testing.assert_allclose(found.popularity.popularity_I_[codes_I], popularity.popularity_I_, rtol=TOLERANCE)
    refit_II = Transitions(model.transitions.config).fit(whole).values_II_.toarray()
    for row_I, code in zip(refit_II, codes_I.tolist(), strict=True):
        np.testing.assert_allclose(found.transitions.row_values(code)[codes_I], row_I, rtol=TOLERANCE, atol=1e-6)
    counts_I = np.bincount(whole.histories.items_N, minlength=whole.items)
    np.testing.assert_array_equal(found.interactions_I[codes_I], counts_I)


def test_all_ways_to_ask_transitions_agree(model, basis):
    transitions = updated(model, updates_of([rows_of(1)], basis)).transitions
    whole_II = np.stack([transitions.row_values(code) for code in range(len(model.item_ids) + len(NEW))])
    codes_L, codes_N = np.array([3, 34, 20, 35, 0]), np.array([34, 1, 2, 33, 30])
    np.testing.assert_array_equal(transitions.values_between(codes_L, codes_N), whole_II[np.ix_(codes_L, codes_N)])
    found = updated(model, updates_of([rows_of(1)], basis))
    histories = [found.histories_of(views(*names)) for names in (("1-3", "new-a"), ("2-9",), ("new-b", "1-3", "2-10"))]
    for history in histories:
        expected_I = sum(
            transitions.config.history_decay**age * whole_II[code]
            for age, code in enumerate(reversed(history.items_N.tolist()))
        )
        np.testing.assert_allclose(transitions.scores(history)[0], expected_I, rtol=1e-5)
        codes_C, shares_C = transitions.shares_of(history)
        np.testing.assert_allclose(shares_C, (expected_I / expected_I.sum())[codes_C], rtol=1e-5)
        assert (np.diff(codes_C) > 0).all() and len(codes_C) == np.count_nonzero(expected_I)


def test_nothing_that_arrived_changes_nothing(model):
    same = updated(model, Updates())
    for history in (views("1-3"), views("0-0", "2-4"), []):
        before, after = model.candidates(history, 20), same.candidates(history, 20)
        assert before.item_ids == after.item_ids
        np.testing.assert_allclose(before.scores, after.scores, rtol=1e-5)


def test_what_is_taken_back_leaves_nothing(model, basis):
    bought = [("guest-1", item(1, 3), "purchase", BEGIN), ("guest-1", "new-a", "purchase", BEGIN + 60)]
    returned = [(visitor, item_id, "refund", second + 900) for visitor, item_id, _, second in bought]
    found = updated(model, updates_of([bought, returned], basis))
    before, after = (each.candidates(views(item(1, 3)), 33) for each in (model, found))
    assert dict(zip(after.item_ids, after.scores.tolist(), strict=True)) == pytest.approx(
        dict(zip(before.item_ids, before.scores.tolist(), strict=True)), abs=1e-5
    )
    assert not found.has_met("new-a")


def test_an_item_that_came_after_the_training_is_proposed_by_transitions(model, grown):
    assert "new-a" not in model.candidates(views(item(1, 3)), 40).item_ids
    found = grown.candidates(views(item(1, 3)), 10)
    assert found.sources[found.item_ids.index("new-a")] == "transitions"
    assert found.vectors[found.item_ids.index("new-a")] @ grown.item_vectors_IV[grown.code_of[item(1, 3)]] > 0.3


def test_who_looked_at_nothing_but_new_items_is_gone_on_from_them(model, grown):
    assert grown.has_met("new-a") and not model.has_met("new-a")
    assert {item(1, 3), item(1, 4)} <= set(grown.candidates(views("new-a"), 8).item_ids)
    assert grown.reason("new-a", [HistoryEvent(item(1, 3), "purchase", BEGIN)]).kind == "bought"
    assert grown.reason(item(1, 4), views("new-a")).item_id == "new-a"
    assert item(1, 3) in grown.similar("new-a", 5).item_ids and "new-a" in grown.similar(item(1, 3), 33).item_ids


def test_it_stays_new_until_a_run_has_learned_it(model, grown):
    assert not grown.knows("new-a") and grown.knows(item(1, 3))
    both, known = views(item(1, 3), "new-a"), views(item(1, 3))
    np.testing.assert_array_equal(grown.profile(both).interest_P, model.profile(known).interest_P)
    assert grown.described is model.described


def test_what_sells_now_is_popular_at_once(model, basis):
    rush = [(f"guest-{number}", item(2, 7), "purchase", BEGIN + 500_000 + number) for number in range(500)]
    found = updated(model, updates_of([rush], basis))
    assert model.popular(1).item_ids != [item(2, 7)] == found.popular(1).item_ids


@pytest.mark.parametrize("ranked", [True, False])
def test_many_at_once_get_what_each_would_get(grown, ranked):
    asked_model = grown if ranked else replace(grown, ranker=None)
    asked = [Asked(views(*names)) for names in (("1-3", "new-a"), ("new-a",), ("0-1",), ("1-3", "1-4", "0-0"))]
    asked += [Asked(()), Asked(views("1-3"), context_items=("new-a",), exclude=frozenset({"new-a", "2-2"}))]
    for one, found in zip(asked, candidates_of_many(asked_model, asked, 12), strict=True):
        alone = asked_model.candidates(one.history, 12, one.context_items, one.exclude)
        np.testing.assert_allclose(found.scores, alone.scores, atol=1e-6)
        assert set(found.item_ids) == set(alone.item_ids)


def test_a_large_catalog_proposes_the_new_too(grown, monkeypatch):
    monkeypatch.setattr("recommender.serving.recommender.LARGE_ITEMS", 10)
    large = replace(grown)
    assert large.shortlists is not None and grown.shortlists is None
    for names in (("1-3",), ("new-a",), ("1-3", "new-a", "2-1")):
        one, other = large.candidates(views(*names), 12), grown.candidates(views(*names), 12)
        np.testing.assert_allclose(one.scores, other.scores, atol=1e-5)
        assert set(one.item_ids) == set(other.item_ids)


def test_of_an_artifact_that_does_not_tell_its_sums_popularity_alone_moves(model, basis):
    older = Transitions.from_arrays(
        model.transitions.config,
        {name: array for name, array in model.transitions.arrays().items() if "sums" not in name},
    )
    found = updated(replace(model, transitions=older), updates_of([TOGETHER], basis))
    rows = [found.transitions.row_values(code)[: len(model.item_ids)] for code in range(len(model.item_ids))]
    np.testing.assert_array_equal(np.stack(rows), model.transitions.values_II_.toarray())
    assert found.popularity.popularity_I_[-1] > 1.0
    assert found.candidates(views("new-a", item(1, 3)), 5).item_ids


def test_sums_come_bit_by_bit_and_replace_those_of_before():
    first = Updates().told([ItemSums("a", 1.5, 2)], [PairSum("a", "b", 1.0), PairSum("b", "a", 2.0)])
    second = first.told([ItemSums("c", 3.0, 1)], [PairSum("c", "a", 4.0), PairSum("a", "b", 9.0)])
    assert dict(zip(second.number_of, second.popularity_J.tolist(), strict=True)) == {"a": 1.5, "b": 0.0, "c": 3.0}
    names = [*second.number_of]
    pairs = {
        (names[pair >> 32], names[pair & 0xFFFFFFFF]): weight
        for pair, weight in zip(second.pairs_E.tolist(), second.weights_E.tolist(), strict=True)
    }
    assert pairs == {("a", "b"): 9.0, ("b", "a"): 2.0, ("c", "a"): 4.0}
    assert first.weights_E.tolist() == [1.0, 2.0]
