import json

import numpy as np
import pytest
from scipy import sparse

from recommender.interests import describe_segments, fit_interest_space, fit_segments
from recommender.interests.naming import segment_names
from tests.recommender.interests import planted


@pytest.fixture(scope="module")
def shop():
    _, interest_VP, model, planted_V = planted.fitted()
    return model, interest_VP, planted.purchases(planted_V), planted.catalog()


def test_names_come_from_the_categories_and_differ(shop):
    assert [entry["suggested_name"] for entry in describe_segments(*shop)] == list(planted.CATEGORIES)


def test_where_no_category_tells_names_come_from_the_titles(shop):
    model, interest_VP, purchases_VI, catalog = shop
    entries = describe_segments(model, interest_VP, purchases_VI, catalog.drop_columns(["categories"]))
    assert [entry["suggested_name"] for entry in entries] == list(planted.THEMES)


def test_two_categories_make_a_name_where_both_are_done_more_than_by_others():
    segment_V = np.repeat([0, 1], 60)
    shares_VI = np.zeros((120, 9))
    shares_VI[:60, :6], shares_VI[60:, 3:] = 1 / 6, 1 / 6
    categories = [["Bags"]] * 3 + [["Cards"]] * 3 + [["lunch & picnic"]] * 3
    shares_VI[60:, 3:6] = 0.05
    shares_VI[60:, 6:] = 0.85 / 3
    names = segment_names(sparse.csr_array(shares_VI), segment_V, 2, [""] * 9, categories)
    assert names == ["Bags, Cards", "Lunch & Picnic"]


def test_a_phrase_is_preferred_to_the_one_word_that_two_segments_share():
    titles = [
        f"{kind} Bag {pattern}" for kind in ("Lunch", "Jumbo") for pattern in ("Suki", "Skull", "Paisley", "Toys")
    ]
    segment_V = np.repeat([0, 1, 2], 60)
    shares_VI = np.zeros((180, 9))
    shares_VI[:60, :4] = shares_VI[60:120, 4:8] = 0.25
    shares_VI[120:, 8] = 1
    names = segment_names(sparse.csr_array(shares_VI), segment_V, 3, [*titles, "Candle"], [[]] * 9)
    assert names == ["Lunch Bag", "Jumbo Bag", "Mixed Tastes"]


def test_without_titles_names_come_from_the_categories(shop):
    model, interest_VP, purchases_VI, catalog = shop
    entries = describe_segments(model, interest_VP, purchases_VI, catalog.drop_columns(["title"]))
    assert [entry["suggested_name"] for entry in entries] == list(planted.CATEGORIES)


def test_without_words_names_still_differ(shop):
    model, interest_VP, purchases_VI, catalog = shop
    entries = describe_segments(model, interest_VP, purchases_VI, catalog.select(["item_id"]))
    assert len({entry["suggested_name"] for entry in entries}) == 3
    assert all(entry["top_categories"] == [] for entry in entries)


def test_top_items_are_those_of_the_theme_and_not_what_all_buy(shop):
    for theme, entry in enumerate(describe_segments(*shop)):
        own = {f"item-{i}" for i in range(theme * planted.ITEMS_PER_THEME, (theme + 1) * planted.ITEMS_PER_THEME)}
        assert {row["item_id"] for row in entry["top_items"]} == own
        assert min(row["lift"] for row in entry["top_items"]) > 1.3
        assert entry["top_categories"][0]["category"] == planted.CATEGORIES[theme]
        assert set(entry["popular_items"][:4]) == {"item-36", "item-37", "item-38", "item-39"}


def test_shares_and_visitors_add_up(shop):
    entries = describe_segments(*shop)
    assert [entry["visitors"] for entry in entries] == list(planted.SIZES)
    assert sum(entry["share"] for entry in entries) == pytest.approx(1, abs=1e-5)


def test_ellipses_cover_the_members_on_the_map(shop):
    model, interest_VP, _, _ = shop
    places_V2 = model.places(interest_VP)
    segment_V = model.memberships(interest_VP).argmax(axis=1)
    for k, entry in enumerate(describe_segments(*shop)):
        np.testing.assert_allclose(entry["center"], places_V2[segment_V == k].mean(axis=0), atol=0.02)
        offsets = places_V2[segment_V == k] - entry["center"]
        distance_N = np.einsum("na,ab,nb->n", offsets, np.linalg.inv(entry["covariance"]), offsets)
        assert 0.85 < (distance_N < 5.99).mean() < 1


def test_facts_are_medians_of_what_is_known(shop):
    purchases_VI = shop[2]
    seconds_V = np.full(360, 1_000_000.0) - np.repeat([0, 86_400, 864_000], planted.SIZES)
    spend_V = np.repeat([10.0, 20.0, np.nan], planted.SIZES)
    entries = describe_segments(*shop, last_timestamp_V=seconds_V, spend_V=spend_V)
    assert [entry["facts"].get("median_days_since_last") for entry in entries] == [0, 1, 10]
    assert [entry["facts"].get("median_spend") for entry in entries] == [10, 20, None]
    assert entries[0]["facts"]["median_interactions"] == np.median(purchases_VI.toarray()[:180].sum(axis=1))


def test_entries_carry_the_numbers_of_the_model_and_are_json(shop):
    model, *rest = shop
    entries = describe_segments(model.with_numbers([7, 2, 4]), *rest)
    assert [entry["number"] for entry in entries] == [2, 4, 7]
    assert json.loads(json.dumps(entries, allow_nan=False)) == entries


def test_one_visitor_is_described():
    purchases_VI, catalog = planted.purchases(np.array([1])), planted.catalog().to_pandas()
    interest_VP = fit_interest_space(np.ones((1, 5)), seed=1).transform(np.ones((1, 5)))
    (entry,) = describe_segments(fit_segments(interest_VP, seed=1), interest_VP, purchases_VI, catalog)
    assert (entry["suggested_name"], entry["visitors"], entry["share"]) == ("All Visitors", 1, 1.0)
    assert set(entry["popular_items"]) == {f"item-{i}" for i in purchases_VI.indices}
