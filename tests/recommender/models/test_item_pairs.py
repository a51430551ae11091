"""Pairs of items in blocks, against plain loops."""

import numpy as np
import pytest
from scipy import sparse

from recommender.models.item_pairs import mirrored, pair_blocks, source_sums
from recommender.models.strongest import longest_within, strongest
from recommender.models.transitions import Transitions
from tests.recommender.made import dataset_of, lists_of, walks

ITEMS, WINDOW = 17, 3
WEIGHTS = np.array([1.0, 0.5, 0.25, 0.2, 0.1, 0.7])


@pytest.fixture(scope="module")
def histories():
    return dataset_of(list(walks(visitors=60, items=ITEMS))).histories


def by_hand(histories, weight_C):
    sums_II = np.zeros((ITEMS, ITEMS))
    for history in lists_of(histories):
        codes = [item for item, _, _ in history]
        for i, earlier in enumerate(codes):
            for gap, later in enumerate(codes[i + 1 : i + 1 + WINDOW], start=1):
                if earlier != later:
                    sums_II[earlier, later] += weight_C[2 * gap - 2]
                    sums_II[later, earlier] += weight_C[2 * gap - 1]
    return sums_II


def counted(histories):
    pairs_I = source_sums(histories, ITEMS, np.ones((2 * WINDOW, 1)))[:, 0]
    blocks = list(pair_blocks(histories, pairs_I, WINDOW))
    sums_II = np.zeros((ITEMS, ITEMS))
    for block in blocks:
        sums_II[block.sources_E + block.first, block.targets_E] += block.sums(WEIGHTS)
    return blocks, sums_II


@pytest.mark.parametrize("pairs_at_once", [1, 40, 1_000_000])
def test_blocks_of_any_size_hold_all_pairs(histories, monkeypatch, pairs_at_once):
    monkeypatch.setattr("recommender.models.item_pairs.BLOCK_PAIRS", pairs_at_once)
    blocks, sums_II = counted(histories)
    np.testing.assert_allclose(sums_II, by_hand(histories, WEIGHTS), rtol=1e-6)
    assert [block.first for block in blocks] == [0, *(block.end for block in blocks[:-1])]
    assert blocks[-1].end == ITEMS and (len(blocks) == 1) == (pairs_at_once == 1_000_000)


def test_sums_of_rows_and_of_columns_need_no_pairs(histories):
    sums_IS = source_sums(histories, ITEMS, np.stack([WEIGHTS, mirrored(WEIGHTS)], axis=1))
    expected_II = by_hand(histories, WEIGHTS)
    np.testing.assert_allclose(sums_IS, np.stack([expected_II.sum(axis=1), expected_II.sum(axis=0)], axis=1))


def test_the_strongest_are_those_of_a_sort_of_each_row():
    rng = np.random.default_rng(0)
    dense = rng.integers(-3, 4, (40, 30)).astype(np.float32)  # many ties, and both signs
    matrix = sparse.csr_array(dense)
    found = strongest(matrix, 7)
    for row in range(40):
        own = slice(matrix.indptr[row], matrix.indptr[row + 1])
        order = np.argsort(-matrix.data[own], kind="stable")[:7]
        expected = np.sort(matrix.indices[own][order])
        np.testing.assert_array_equal(found.indices[found.indptr[row] : found.indptr[row + 1]], expected)


def test_the_limit_fills_the_budget_and_no_more():
    lengths = np.array([1, 5, 9, 3])
    assert longest_within(lengths, 18, 400) == 400
    assert longest_within(lengths, 12, 400) == 4  # 1 + 4 + 4 + 3
    assert longest_within(lengths, 2, 400) == 1


def test_a_large_catalog_keeps_fewer_of_each_item(histories, monkeypatch):
    dataset = dataset_of(list(walks(visitors=60, items=ITEMS)))
    monkeypatch.setattr("recommender.models.transitions.MOST_VALUES", 4 * ITEMS)
    kept = Transitions().fit(dataset).values_II_
    assert kept.nnz <= 4 * ITEMS and np.diff(kept.indptr).max() == 4
