"""Item factors and visitor kNN against dense computations of what their modules say."""

import numpy as np
import pyarrow as pa
from scipy import sparse

from recommender.models.factors import Factors, FactorsConfig, randomized_svd, unit_rows
from recommender.models.user_knn import UserKNN, UserKNNConfig
from tests.recommender.made import dataset_of, lists_of, walks


def unit(vector):
    length = np.linalg.norm(vector)
    return vector / length if length > 0 else vector


def weighted_rows(histories, idf_I):
    """Unit rows of log-scaled, idf weighted sums of event weights."""
    rows = []
    for history in lists_of(histories):
        row_I = np.zeros(len(idf_I))
        for item, _, weight in history:
            row_I[item] += weight
        rows.append(unit(np.log1p(row_I) * idf_I))
    return np.array(rows)


def idf_by_hand(dataset):
    counts_I = np.zeros(dataset.items)
    for history in lists_of(dataset.histories):
        counts_I[list({item for item, _, _ in history})] += 1
    return np.log((1 + len(dataset.visitor_ids)) / (1 + counts_I))


def test_the_svd_is_that_of_the_dense_matrix():
    rng = np.random.default_rng(4)
    dense = rng.normal(size=(50, 5)) * [9, 7, 5, 3, 2] @ rng.normal(size=(5, 19)) + 0.01 * rng.normal(size=(50, 19))
    left, values, right = randomized_svd(sparse.csr_array(dense), 4, seed=1)
    expected = np.linalg.svd(dense)[1][:4]
    np.testing.assert_allclose(values, expected, rtol=1e-4)
    np.testing.assert_allclose(left * values @ right, dense, atol=expected[3])
    np.testing.assert_allclose(left.T @ left, np.eye(4), atol=1e-5)


def test_the_signs_of_the_svd_do_not_depend_on_the_seed():
    dense = np.random.default_rng(4).normal(size=(30, 12)) * np.arange(1, 13)
    first, second = (randomized_svd(sparse.csr_array(dense), 3, seed=seed)[2] for seed in (1, 2))
    np.testing.assert_allclose(first, second, atol=1e-3)


def test_with_every_dimension_the_scores_are_the_weighted_rows(dataset, newcomers):
    factors = Factors(FactorsConfig(dimensions=17)).fit(dataset)
    rows_BI = weighted_rows(newcomers, idf_by_hand(dataset))
    np.testing.assert_allclose(factors.scores(newcomers), rows_BI, atol=2e-4)


def test_vectors_have_length_one_or_are_zero(dataset, newcomers):
    lengths_B = np.linalg.norm(Factors(FactorsConfig(dimensions=4)).fit(dataset).vectors(newcomers), axis=1)
    assert np.all(np.isclose(lengths_B, 1, atol=1e-5) | (lengths_B == 0))
    assert (lengths_B == 0).sum() == (newcomers.lengths_B == 0).sum() > 0


def test_unit_rows_leave_zero_rows_alone():
    assert unit_rows(np.array([[3.0, 4.0], [0.0, 0.0]])).tolist() == [[np.float32(0.6), np.float32(0.8)], [0, 0]]


def neighbours_by_hand(dataset, config, asked):
    """Σ over the nearest visitors of (cosine − θ) · what that visitor did lately, as shares."""
    factors = Factors(FactorsConfig(config.dimensions, config.seed)).fit(dataset)
    newest_V = [history[-1][1] for history in lists_of(dataset.histories)]
    kept = sorted(np.argsort(-np.array(newest_V), kind="stable")[: config.visitors])
    histories = dataset.histories.take(np.array(kept))
    shares_VI = np.zeros((len(kept), dataset.items))
    for row, history in enumerate(lists_of(histories)):
        for item, _, weight in history[-config.interactions :]:
            shares_VI[row, item] += weight
    shares_VI = np.log1p(shares_VI)
    shares_VI /= shares_VI.sum(axis=1, keepdims=True)
    cosine_BV = factors.vectors(asked) @ factors.vectors(histories).T
    scores_BI = np.zeros((len(asked), dataset.items))
    for row, cosine_V in enumerate(cosine_BV):
        for visitor in np.argsort(-cosine_V)[: config.neighbours]:
            scores_BI[row] += max(cosine_V[visitor] - config.threshold, 0) * shares_VI[visitor]
    return scores_BI


def test_neighbours_score_by_similarity_above_the_threshold(dataset, newcomers):
    config = UserKNNConfig(threshold=0.3, neighbours=7, dimensions=6, visitors=33, interactions=4, seed=2)
    fitted = UserKNN(config).fit(dataset)
    expected_BI = neighbours_by_hand(dataset, config, newcomers)
    assert (expected_BI.max(axis=1) > 0).sum() >= 5
    np.testing.assert_allclose(fitted.scores(newcomers), expected_BI, atol=1e-5)


def test_only_the_most_recently_active_visitors_are_kept():
    rows = list(walks(visitors=30, items=11))
    late = [("late", item, "view_item", 2.5e9 + place) for place, item in enumerate(["item-1", "item-2"])]
    dataset = dataset_of([*rows, *late])
    fitted = UserKNN(UserKNNConfig(visitors=1, dimensions=4)).fit(dataset)
    kept = {dataset.item_ids[code] for code in fitted.rows_VI_.indices}
    assert fitted.rows_VI_.shape == (1, dataset.items) and kept == {"item-1", "item-2"}


def test_items_that_nobody_or_everybody_chose_have_no_factors():
    rows = [row for visitor in range(20) for row in _everybodys_mug_and(visitor)]
    catalog = pa.table({"item_id": ["untouched"]})
    dataset = dataset_of(rows, catalog)
    lengths_I = np.linalg.norm(Factors(FactorsConfig(dimensions=7)).fit(dataset).factors_ID_, axis=1)
    silent = {item for item, length in zip(dataset.item_ids, lengths_I, strict=True) if length == 0}
    assert silent == {"mug", "untouched"}


def _everybodys_mug_and(visitor):
    yield f"visitor-{visitor}", "mug", "view_item", 0
    for place in (1, 2):
        yield f"visitor-{visitor}", f"item-{(visitor + place * place) % 5}", "view_item", place
