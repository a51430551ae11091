"""What lists look like: by hand, by the definitions in plain Python, and what must always hold."""

import math

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from recommender.data.histories import Histories
from recommender.errors import InputError
from recommender.evaluation import lists, traits
from recommender.evaluation.lists import (
    calibration_kl,
    coverage,
    exposure,
    gini,
    intra_list_distance,
    list_values,
    novelty,
    serendipity,
)
from recommender.evaluation.ranks import Relevant
from recommender.evaluation.traits import ItemTraits, groups_of
from tests.recommender.made import dataset_of

ITEMS = 6
LISTS = st.lists(st.permutations(range(ITEMS)).map(lambda order: order[:3]), min_size=1, max_size=5)
ROWS = [  # ann buys garden things, ben one of each kind; the shovel is the most popular
    ("ann", "shovel", "view_item", 1),
    ("ann", "rake", "purchase", 2),
    ("ben", "shovel", "view_item", 3),
    ("ben", "pan", "view_item", 4),
    ("eve", "shovel", "view_item", 5),
]


@pytest.fixture(scope="module")
def dataset():
    catalog = pa.table(
        {
            "item_id": ["shovel", "rake", "pan", "spade", "pot", "apron"],
            "categories": ["Garden", "Garden", "Kitchen", "Garden", "Kitchen", "Kitchen|Clothes"],
            "brand": ["Oak", "Oak", "Fir", None, "Fir", ""],
        }
    )
    return dataset_of(ROWS, catalog)


def codes(dataset, *names):
    return [list(dataset.item_ids).index(name) for name in names]


def test_coverage_is_the_share_of_items_ever_shown():
    assert coverage(np.array([[0, 1], [0, 4], [0, -1]]), 8) == pytest.approx(3 / 8)


def gini_by_definition(exposures):
    """Mean absolute difference of all pairs, over twice the mean."""
    values = np.asarray(exposures, float)
    return np.abs(values[:, None] - values).mean() / (2 * values.mean())


@pytest.mark.parametrize("shown", [[[0, 1], [2, 3]], [[0, 0], [0, 0]], [[0, 1], [0, 2]]])
def test_gini_is_the_mean_difference_of_exposures(shown):
    exposures = np.bincount(np.ravel(shown), minlength=4)
    assert gini(np.array(shown), 4) == pytest.approx(gini_by_definition(exposures))


def test_novelty_is_larger_for_items_that_few_chose():
    interactions = np.array([98, 0, 0])
    popular, rare = novelty(np.array([[0], [1]]), interactions)
    assert popular == pytest.approx(-math.log2(99 / 101)) and rare == pytest.approx(-math.log2(1 / 101))


def test_the_distance_of_a_list_is_the_mean_over_its_pairs():
    features = np.array([[1.0, 0.0], [0.6, 0.8], [0.0, 1.0], [0.0, 0.0]])
    found = intra_list_distance(np.array([[0, 1, 2], [0, 1, -1], [1, 3, 2], [2, -1, -1]]), sparse.csr_array(features))
    assert found[:3] == pytest.approx([(0.4 + 1.0 + 0.2) / 3, 0.4, (1 + 0.2 + 1) / 3], abs=1e-6)
    assert np.isnan(found[3]), "a single item has no pair"


def test_of_many_lists_the_distance_of_some_is_taken(monkeypatch):
    monkeypatch.setattr(lists, "DISTANCE_LISTS", 5)
    shown = np.tile(np.array([[0, 1]]), (50, 1))
    assert np.isfinite(intra_list_distance(shown, sparse.csr_array(np.eye(2)))).sum() == 5


def test_only_relevant_items_that_popularity_would_not_show_are_serendipitous():
    """Of 4 items: ranks by popularity 1, 2, 2, unknown. The list 3, 0, 1 with 3 and 0 relevant."""
    relevant = Relevant(np.array([0, 2]), np.array([0, 3]))
    (found,) = serendipity(np.array([[3, 0, 1]]), relevant, np.array([1, 2, 2, 0]))
    assert found == pytest.approx((1.0 + max(3 / 4 - 4 / 4, 0)) / 3)


def test_the_same_list_is_no_surprise_where_nothing_in_it_is_relevant():
    assert serendipity(np.array([[3, 0, -1]]), Relevant.single(np.array([2])), np.array([1, 2, 2, 0])) == 0


def test_calibration_is_the_divergence_of_the_list_from_the_visitors_own_mix(dataset):
    """Ann's weights are 1 (view) and 3 (purchase), both Garden; ben's are 1 Garden, 1 Kitchen."""
    groups = groups_of(dataset, "categories")
    shown = np.array([codes(dataset, "spade", "pot"), codes(dataset, "pot", "apron")])
    ann, ben = calibration_kl(shown, dataset.histories.take(np.array([0, 1])), groups)
    assert ann == pytest.approx(math.log(1 / (0.99 * 0.5 + 0.01)), rel=1e-5)
    by_hand = 0.5 * math.log(0.5 / (0.01 * 0.5)) + 0.5 * math.log(0.5 / (0.99 * 0.75 + 0.01 * 0.5))
    assert ben == pytest.approx(by_hand, rel=1e-5)


def test_a_list_with_the_visitors_own_mix_is_calibrated(dataset):
    shown = np.array([codes(dataset, "spade", "pot")])
    (ben,) = calibration_kl(shown, dataset.histories.take(np.array([1])), groups_of(dataset, "categories"))
    assert ben == pytest.approx(0, abs=1e-9)


def test_a_list_without_known_categories_has_no_calibration(dataset):
    shown = np.full((1, 2), -1)
    assert np.isnan(calibration_kl(shown, dataset.histories.take(np.array([0])), groups_of(dataset, "categories")))


def test_exposure_is_each_groups_share_of_the_slots_shared_by_items_of_several(dataset):
    groups = groups_of(dataset, "categories")
    shown = np.array([codes(dataset, "spade", "apron"), [*codes(dataset, "pan"), -1]])
    assert dict(zip(groups.names, exposure(shown, groups), strict=True)) == pytest.approx(
        {"Garden": 1 / 3, "Kitchen": 1.5 / 3, "Clothes": 0.5 / 3}
    )


def test_items_of_an_unknown_group_take_no_part_in_exposure(dataset):
    groups = groups_of(dataset, "brand")
    shown = np.array([codes(dataset, "spade", "pan"), codes(dataset, "apron", "shovel")])
    assert dict(zip(groups.names, exposure(shown, groups), strict=True)) == {"Fir": 0.5, "Oak": 0.5}


def test_popularity_bands_hold_a_third_of_the_interactions_each():
    rows = [
        (f"v{place}", f"item-{item}", "view_item", place) for place, item in enumerate([0] * 4 + [1] * 3 + [2, 3, 4, 5])
    ]
    dataset = dataset_of(rows)
    groups = groups_of(dataset, "popularity")
    of = {str(name): groups.shares_IG.indices[code] for code, name in enumerate(dataset.item_ids)}
    assert [groups.names[of[f"item-{item}"]] for item in range(6)] == [
        "head",
        "middle",
        *["middle", "tail", "tail", "tail"],
    ]


def test_a_group_that_the_items_do_not_have_is_refused_by_name(dataset):
    with pytest.raises(InputError, match="supplier"):
        groups_of(dataset, "supplier")


def test_without_a_catalog_items_are_alike_by_who_chose_them():
    traits = ItemTraits.of(dataset_of(ROWS))
    similar = (traits.features_IF @ traits.features_IF.T).todense()
    shovel, rake, pan = codes(dataset_of(ROWS), "shovel", "rake", "pan")
    assert traits.alike_by == "visitors" and traits.categories is None
    assert similar[shovel, rake] == pytest.approx(1 / math.sqrt(3)) and similar[rake, pan] == 0


def test_of_many_visitors_some_tell_which_items_are_alike(monkeypatch):
    monkeypatch.setattr(traits, "ALIKE_VISITORS", 2)
    found = ItemTraits.of(dataset_of(ROWS))
    assert found.features_IF.shape[1] == 2, "the first and the last visitor"


def test_with_a_catalog_items_are_alike_by_their_attributes(dataset):
    assert ItemTraits.of(dataset).alike_by == "attributes"


def test_popularity_ranks_are_shared_by_equally_popular_items(dataset):
    ranks = ItemTraits.of(dataset).popularity_rank_I
    assert ranks[codes(dataset, "shovel", "rake", "pan", "pot")].tolist() == [1, 2, 2, 0]


@settings(max_examples=60)
@given(LISTS, st.integers(0, 10))
def test_measures_stay_within_their_bounds(shown, seed):
    rng = np.random.default_rng(seed)
    visitors = len(shown)
    items_N = rng.integers(ITEMS, size=2 * visitors).astype(np.int32)
    histories = Histories(
        np.arange(0, 2 * visitors + 1, 2), items_N, np.arange(2.0 * visitors), np.ones(2 * visitors, np.float32)
    )
    rows = [(f"v{n}", f"i{item}", "view_item", float(n)) for n, item in enumerate([*range(ITEMS), *items_N.tolist()])]
    catalog = pa.table({"item_id": [f"i{item}" for item in range(ITEMS)], "categories": list("aabbcc")})
    traits = ItemTraits.of(dataset_of(rows, catalog))
    found = list_values(np.array(shown), histories, Relevant.single(rng.integers(ITEMS, size=visitors)), traits)
    assert (found["calibration_kl"] >= -1e-9).all() and (found["calibration_kl"] <= math.log(100) + 1e-9).all()
    assert ((found["intra_list_distance"] > -1e-6) & (found["intra_list_distance"] <= 1 + 1e-6)).all()
    assert ((found["serendipity"] >= 0) & (found["serendipity"] < 1)).all() and (found["novelty"] >= 0).all()
    assert 0 <= gini(np.array(shown), ITEMS) < 1 and 3 / ITEMS <= coverage(np.array(shown), ITEMS) <= 1


@settings(max_examples=40)
@given(LISTS)
def test_the_order_of_a_list_changes_neither_its_distance_nor_its_calibration(shown):
    features = sparse.csr_array(np.random.default_rng(1).random((ITEMS, 3)))
    forward, backward = np.array(shown), np.array(shown)[:, ::-1]
    assert intra_list_distance(forward, features) == pytest.approx(intra_list_distance(backward, features), abs=1e-5)
