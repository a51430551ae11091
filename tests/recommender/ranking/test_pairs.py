"""Pair statistics and links against plain loops over pairs, as the modules say."""

import numpy as np
import pytest

from recommender.models.transitions import Transitions, TransitionsConfig
from recommender.ranking.links import DECAY, NAMES, link_features
from recommender.ranking.pairs import FADING, STATISTICS, WINDOW, PairStatistics
from tests.recommender.made import dataset_of, lists_of, walks

ITEMS = 17


@pytest.fixture(scope="module")
def dataset():
    return dataset_of(list(walks(visitors=60, items=ITEMS)))


@pytest.fixture(scope="module")
def pairs(dataset):
    return PairStatistics.fit(dataset.histories, ITEMS, TransitionsConfig())


def dense(pairs, name):
    matrix_II = np.zeros((ITEMS, ITEMS))
    for source in range(ITEMS):
        own = slice(pairs.starts_I1[source], pairs.starts_I1[source + 1])
        matrix_II[source, pairs.targets_N[own]] = pairs.values_NS[own, STATISTICS.index(name)]
    return matrix_II


def counted(dataset, worth):
    """Σ of worth(gap) over all pairs, earlier × later."""
    counts_II = np.zeros((ITEMS, ITEMS))
    for history in lists_of(dataset.histories):
        codes = [item for item, _, _ in history]
        for i, earlier in enumerate(codes):
            for gap, later in enumerate(codes[i + 1 : i + 1 + WINDOW], start=1):
                if earlier != later:
                    counts_II[earlier, later] += worth(gap)
    return counts_II


def test_counts_are_those_of_all_pairs(dataset, pairs):
    faded_II = counted(dataset, lambda gap: FADING ** (gap - 1))
    together_II = counted(dataset, lambda gap: 1) + counted(dataset, lambda gap: 1).T
    by_hand = {
        "adjacent": counted(dataset, lambda gap: gap == 1),
        "forward": faded_II,
        "backward": faded_II.T,
        "forward_share": faded_II / np.maximum(faded_II.sum(axis=1, keepdims=True), 1e-9),
        "together": together_II,
        "cosine": together_II / np.sqrt(np.outer(together_II.sum(axis=1), together_II.sum(axis=1))),
    }
    for name, expected_II in by_hand.items():
        np.testing.assert_allclose(dense(pairs, name), expected_II, rtol=2e-3, err_msg=name)


def test_the_transition_is_that_of_the_model(dataset, pairs):
    values_II = Transitions().fit(dataset).values_II_.toarray()
    np.testing.assert_allclose(dense(pairs, "transition"), values_II, rtol=2e-3)


def test_links_sum_what_the_history_says_of_each_candidate(dataset, pairs):
    codes_BC = np.array([[4, 16, -1, 0], [3, 9, 1, -1], [-1, 2, 8, 5]])
    histories = dataset.histories.take(np.array([12, 0, 30]))
    features_BCF = link_features(pairs, histories, codes_BC, ITEMS)
    forward_II = dense(pairs, "forward")
    for row, history in enumerate(lists_of(histories)):
        newest_first = [item for item, _, _ in history][::-1]
        for column, code in enumerate(codes_BC[row]):
            said = {name: features_BCF[row, column, NAMES.index(name)] for name in NAMES}
            values = [forward_II[item, code] if code >= 0 else 0.0 for item in newest_first]
            assert said["last forward"] == pytest.approx(values[0], rel=2e-3)
            assert said["sum forward"] == pytest.approx(sum(values), rel=2e-3)
            faded = sum(value * DECAY**age for age, value in enumerate(values))
            assert said["decayed forward"] == pytest.approx(faded, rel=2e-3)


def test_few_cells_at_once_give_the_same_links(dataset, pairs, monkeypatch):
    codes_BC = np.tile(np.arange(10), (60, 1))
    whole = link_features(pairs, dataset.histories, codes_BC, ITEMS)
    monkeypatch.setattr("recommender.ranking.links.SLOTS", 3 * ITEMS)
    np.testing.assert_array_equal(link_features(pairs, dataset.histories, codes_BC, ITEMS), whole)


def test_only_the_strongest_targets_of_an_item_are_kept(dataset, pairs, monkeypatch):
    monkeypatch.setattr("recommender.ranking.pairs.TARGETS", 3)
    few = PairStatistics.fit(dataset.histories, ITEMS, TransitionsConfig())
    assert np.diff(few.starts_I1).max() == 3
    whole_II, few_II = dense(pairs, "transition"), dense(few, "transition")
    for whole_I, few_I in zip(whole_II, few_II, strict=True):
        assert sorted(few_I[few_I > 0]) == sorted(whole_I)[-3:]
