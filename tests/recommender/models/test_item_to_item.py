"""Item kNN and EASE against dense computations of what their modules say."""

import numpy as np
import pyarrow as pa
import pytest

from recommender.errors import LibraryError
from recommender.models.ease import Ease, EaseConfig
from recommender.models.item_neighbours import ItemBM25, ItemBM25Config, ItemCosine, ItemCosineConfig
from tests.recommender.made import dataset_of, lists_of, walks


def sums(histories, items):
    """Σ event weights, visitors × items."""
    rows = np.zeros((len(histories), items))
    for row, history in enumerate(lists_of(histories)):
        for item, _, weight in history:
            rows[row, item] += weight
    return rows


def strongest_of_each_row(values_II, count):
    kept = np.zeros_like(values_II)
    for row, values in enumerate(values_II):
        best = np.argsort(-np.abs(values), kind="stable")[:count]
        kept[row, best] = values[best]
    return kept


def test_cosine_is_that_of_the_columns(dataset, newcomers):
    model = ItemCosine(ItemCosineConfig(neighbours=5, shrink=0.7)).fit(dataset)
    x_VI = np.log1p(sums(dataset.histories, dataset.items))
    lengths_I = np.linalg.norm(x_VI, axis=0)
    values_II = x_VI.T @ x_VI / (np.outer(lengths_I, lengths_I) + 0.7)
    np.fill_diagonal(values_II, 0)
    expected_II = strongest_of_each_row(values_II, 5)
    np.testing.assert_allclose(model.values_II_.toarray(), expected_II, rtol=1e-4)
    expected_BI = np.log1p(sums(newcomers, dataset.items)) @ expected_II
    np.testing.assert_allclose(model.scores(newcomers), expected_BI, rtol=1e-4)


def test_bm25_weighs_items_as_documents_and_visitors_as_words(dataset):
    model = ItemBM25(ItemBM25Config(neighbours=17, k1=1.5, b=0.4)).fit(dataset)
    x_VI = np.log1p(sums(dataset.histories, dataset.items))
    idf_V = np.log(dataset.items / (1 + (x_VI > 0).sum(axis=1)))
    length_I = 0.6 + 0.4 * x_VI.sum(axis=0) / x_VI.sum(axis=0).mean()
    w_VI = idf_V[:, None] * x_VI * 2.5 / (1.5 * length_I + x_VI)
    expected_II = w_VI.T @ w_VI
    np.fill_diagonal(expected_II, 0)
    np.testing.assert_allclose(model.values_II_.toarray(), expected_II, rtol=1e-4, atol=1e-7)


def test_blocks_of_rows_are_the_whole_product(dataset, monkeypatch):
    whole = ItemCosine().fit(dataset).values_II_.toarray()
    monkeypatch.setattr("recommender.models.item_neighbours.BLOCK", 4)
    np.testing.assert_array_equal(ItemCosine().fit(dataset).values_II_.toarray(), whole)


def test_ease_is_the_least_squares_solution_without_a_diagonal(dataset, newcomers):
    """Column by column: ridge regression of each item on all others."""
    x_VI = (sums(dataset.histories, dataset.items) > 0).astype(float)
    expected_II = np.zeros((dataset.items, dataset.items))
    for item in range(dataset.items):
        others = np.delete(np.arange(dataset.items), item)
        left = x_VI[:, others].T @ x_VI[:, others] + 2.0 * np.eye(len(others))
        expected_II[others, item] = np.linalg.solve(left, x_VI[:, others].T @ x_VI[:, item])
    model = Ease(EaseConfig(regularisation=2.0, neighbours=17)).fit(dataset)
    np.testing.assert_allclose(model.values_II_.toarray(), expected_II, atol=1e-5)
    expected_BI = np.maximum((sums(newcomers, dataset.items) > 0) @ expected_II, 0)
    np.testing.assert_allclose(model.scores(newcomers), expected_BI, atol=1e-5)


def test_ease_keeps_the_values_that_are_furthest_from_zero(dataset):
    whole = Ease(EaseConfig(regularisation=2.0, neighbours=17)).fit(dataset).values_II_.toarray()
    few = Ease(EaseConfig(regularisation=2.0, neighbours=3)).fit(dataset).values_II_.toarray()
    np.testing.assert_array_equal(few, strongest_of_each_row(whole, 3))


def test_ease_refuses_a_catalog_that_does_not_fit(dataset):
    with pytest.raises(LibraryError, match=r"ease: .* take .* GiB, and ease\.memory_gib is 1e-09"):
        Ease(EaseConfig(memory_gib=1e-9)).fit(dataset)


def test_items_that_nobody_chose_take_no_memory_of_ease():
    rows = list(walks(visitors=20, items=11))
    wider = dataset_of(rows, pa.table({"item_id": [f"untouched-{number}" for number in range(5)]}))
    assert Ease.need_gib(wider) == Ease.need_gib(dataset_of(rows)) > 0
    fitted = Ease(EaseConfig(regularisation=2.0)).fit(wider)
    untouched = np.array([item.startswith("untouched") for item in wider.item_ids])
    assert fitted.values_II_.shape == (16, 16) and not fitted.values_II_.toarray()[untouched].any()
