"""Sparse rows of one visitor, as a matrix would have them."""

import numpy as np
import pytest
from scipy import sparse

from recommender.models.rows import gathered, scattered, values_at


@pytest.fixture
def matrix():
    dense = np.random.default_rng(3).random((6, 9), dtype=np.float32)
    return sparse.csr_array(np.where(dense > 0.6, dense, 0.0))


def test_values_are_those_of_the_matrix_at_repeated_rows_and_columns_in_any_order(matrix):
    rows, columns = np.array([4, 0, 4, 5]), np.array([8, 1, 3, 0])
    np.testing.assert_array_equal(values_at(matrix, rows, columns), matrix.toarray()[np.ix_(rows, columns)])


def test_columns_need_not_be_sorted_within_a_row():
    mirrored = sparse.csr_array(
        (np.array([3.0, 2.0], np.float32), np.array([7, 2], np.int32), np.array([0, 2, 2])), shape=(2, 9)
    )
    assert values_at(mirrored, np.array([1, 0]), np.array([2, 7])).tolist() == [[0.0, 0.0], [2.0, 3.0]]


def test_an_empty_row_and_no_row_have_no_values():
    empty = sparse.csr_array((2, 9), dtype=np.float32)
    assert values_at(empty, np.array([1]), np.array([2, 7])).tolist() == [[0.0, 0.0]]
    assert values_at(empty, np.zeros(0, np.int64), np.array([2])).shape == (0, 1)


def test_padded_rows_are_gathered_and_scattered_as_a_matrix_product_would():
    rng = np.random.default_rng(6)
    places_NK, weights_NK = rng.integers(0, 9, (5, 3)), rng.random((5, 3), dtype=np.float32)
    dense_NM = np.zeros((5, 9), np.float32)
    np.add.at(dense_NM, (np.arange(5)[:, None], places_NK), weights_NK)
    rows_MP, rows_NP = rng.random((9, 2), dtype=np.float32), rng.random((5, 4), dtype=np.float32)
    np.testing.assert_allclose(gathered(places_NK, weights_NK, rows_MP), dense_NM @ rows_MP, rtol=1e-5)
    np.testing.assert_allclose(scattered(places_NK, weights_NK, rows_NP, 9), dense_NM.T @ rows_NP, rtol=1e-5)


def test_nothing_scattered_is_nothing():
    nothing = scattered(np.zeros((0, 1), np.int32), np.zeros((0, 1), np.float32), np.zeros((0, 2), np.float32), 3)
    assert nothing.tolist() == [[0.0, 0.0]] * 3
