"""Attributes of a catalog, and likeness by them."""

import numpy as np
import pyarrow as pa
import pytest

from recommender.content.attributes import LEAST_ITEMS, attribute_idf, item_attributes, unit_attributes


def catalog(**columns):
    rows = len(next(iter(columns.values())))
    return pa.table({"item_id": [f"i{row}" for row in range(rows)], **columns})


def test_items_share_the_categories_and_brands_that_both_have():
    attributes_IA = item_attributes(
        catalog(categories=["mugs|gifts", "gifts | lamps", "lamps", None], brand=["Acme", "", "Acme", None])
    )
    shared_II = (attributes_IA @ attributes_IA.T).toarray()
    assert shared_II.tolist() == [[2, 1, 1, 0], [1, 2, 1, 0], [1, 1, 2, 0], [0, 0, 0, 0]]


def test_an_attribute_of_one_item_alone_is_left_out():
    attributes_IA = item_attributes(catalog(categories=["a|b", "a", "c"]))
    assert LEAST_ITEMS == 2 and attributes_IA.toarray().tolist() == [[1], [1], [0]]


def test_a_category_that_is_named_twice_counts_once():
    assert item_attributes(catalog(categories=["a|a", "a"])).toarray().max() == 1


def test_prices_fall_into_bands_of_equally_many_items_and_unknown_ones_into_none():
    prices = [float(price) for price in range(1, 33)] + [None, float("nan"), -1.0]
    attributes_IA = item_attributes(catalog(price=prices))
    assert attributes_IA.sum(axis=0).tolist() == [4.0] * 8
    assert attributes_IA[32:].nnz == 0
    assert attributes_IA[[0]].indices == attributes_IA[[3]].indices != attributes_IA[[4]].indices


def test_a_catalog_that_tells_nothing_has_no_attributes():
    for table in (catalog(title=["a", "b"]), catalog(categories=["a", "b"], price=[None, None])):
        if "price" in table.column_names:
            table = table.set_column(2, "price", pa.array([None, None], pa.float64()))
        assert item_attributes(table).shape == (2, 0)
        assert unit_attributes(item_attributes(table)).shape == (2, 0)


def test_rare_attributes_weigh_more_and_common_to_all_nothing():
    attributes_IA = item_attributes(catalog(categories=["all|rare", "all|rare", "all|few", "all|few", "all|few"]))
    assert np.sort(attribute_idf(attributes_IA)) == pytest.approx([0, np.log(6 / 4), np.log(6 / 3)])


def test_likeness_is_the_cosine_of_idf_weighted_attributes():
    attributes_IA = item_attributes(catalog(categories=["a|b", "a|c", "b|c", "x", None, "a|b"]))
    weights = attributes_IA.toarray() * attribute_idf(attributes_IA)
    lengths = np.linalg.norm(weights, axis=1, keepdims=True)
    expected = np.divide(weights, lengths, out=np.zeros_like(weights), where=lengths > 0)
    unit_IA = unit_attributes(attributes_IA)
    np.testing.assert_allclose(unit_IA.toarray(), expected, rtol=1e-6)
    assert (unit_IA @ unit_IA.T).toarray()[0, 5] == pytest.approx(1)
