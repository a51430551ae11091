"""Content neighbours: what nobody has touched, for visitors nobody has met."""

import numpy as np
import pyarrow as pa
import pytest

from recommender.data.histories import Histories
from recommender.errors import LibraryError
from recommender.models.content import Content, ContentConfig
from tests.recommender.made import dataset_of

TITLES = {
    "mug-red": "red clay mug",
    "mug-blue": "blue clay mug",
    "mug-new": "green clay mug",  # nobody has touched it
    "hose": "rubber garden hose",
    "gnome": "garden gnome",
    "gnome-new": "tall garden gnome",  # nor this
    "bare": None,
}


@pytest.fixture(scope="module")
def shop():
    rows = [("ann", "mug-red", "view_item", 1), ("ann", "hose", "view_item", 2), ("bob", "mug-blue", "purchase", 3)]
    rows += [("bob", "gnome", "view_item", 4), ("eve", "bare", "view_item", 5)]
    return dataset_of(rows, pa.table({"item_id": list(TITLES), "title": list(TITLES.values())}))


@pytest.fixture(scope="module")
def fitted(shop):
    return Content(ContentConfig(dimensions=4)).fit(shop)


def codes(shop, *items):
    return np.array([shop.item_ids.tolist().index(item) for item in items], np.int32)


def visitor(shop, *items, weights=None):
    weights = np.ones(len(items)) if weights is None else np.array(weights)
    return Histories.single(codes(shop, *items), np.arange(len(items), dtype=float), weights)


def best(shop, scores_I, count):
    return shop.item_ids[np.argsort(-scores_I, kind="stable")[:count]].tolist()


def test_items_that_nobody_touched_are_recommended_to_a_visitor_nobody_has_met(shop, fitted):
    shares_I = fitted.probabilities(visitor(shop, "mug-red"), exclude_seen=True)[0]
    assert set(best(shop, shares_I, 2)) == {"mug-new", "mug-blue"}
    assert shares_I[codes(shop, "hose")] == 0


def test_values_are_cosines_of_weighted_terms(shop, fitted):
    x_IT = fitted.weighted_IT_.toarray()
    expected_II = x_IT @ x_IT.T
    np.fill_diagonal(expected_II, 0)
    np.testing.assert_allclose(fitted.values_II_.toarray(), expected_II, atol=1e-6)


def test_each_later_interaction_fades_the_ones_before_and_stronger_ones_weigh_more(shop, fitted):
    mug_I, hose_I = (fitted.values_II_[codes(shop, item)].toarray()[0] for item in ("mug-red", "hose"))
    asked = visitor(shop, "mug-red", "hose", weights=[3, 2])
    np.testing.assert_allclose(fitted.scores(asked)[0], 3 * 0.7 * mug_I + 2 * hose_I, rtol=1e-5)


def test_an_item_that_the_catalog_does_not_describe_says_nothing(shop, fitted):
    assert fitted.described_I.tolist() == [item != "bare" for item in shop.item_ids]
    assert fitted.scores(visitor(shop, "bare")).max() == 0


def test_a_new_item_is_like_those_that_it_is_described_like(shop, fitted):
    likeness_I = fitted.likeness([{"title": "yellow clay mug"}])[0]
    assert all(item.startswith("mug") for item in best(shop, likeness_I, 3)) and likeness_I.max() <= 1 + 1e-6
    assert fitted.likeness([{"title": "unheard of"}, {}]).max() == 0


def test_a_new_item_is_placed_where_the_same_item_of_the_fit_lies(shop, fitted):
    again = fitted.embed([{"title": title} for title in TITLES.values()])
    np.testing.assert_allclose(again, fitted.vectors_ID[codes(shop, *TITLES)], atol=1e-6)


def test_common_terms_are_left_out_where_their_pairs_would_cost_too_much(shop):
    few = Content(ContentConfig(dimensions=4, pairs_per_item=1)).fit(shop)
    assert few.values_II_[codes(shop, "gnome")].nnz == 1, "“garden” is on three items, “gnome” on two"
    assert few.weighted_IT_.nnz == Content(ContentConfig(dimensions=4)).fit(shop).weighted_IT_.nnz


def test_blocks_of_rows_are_the_whole_product(shop, fitted, monkeypatch):
    monkeypatch.setattr("recommender.models.content.BLOCK", 3)
    again = Content(fitted.config).fit(shop)
    np.testing.assert_array_equal(again.values_II_.toarray(), fitted.values_II_.toarray())


def test_a_shop_without_a_catalog_can_be_fitted_and_knows_nothing():
    bare = dataset_of([("ann", "mug", "view_item", 1), ("ann", "lamp", "view_item", 2)])
    model = Content().fit(bare)
    assert not model.described_I.any() and model.scores(bare.histories).max() == 0
    assert model.vectors_ID.shape == (2, 64) and not model.vectors_ID.any()


def test_a_sentence_encoder_that_is_not_there_is_named(shop):
    with pytest.raises(LibraryError, match=r"content\.sentence_encoder: “/gone” is no folder"):
        Content(ContentConfig(sentence_encoder="/gone")).fit(shop)
