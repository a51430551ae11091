"""Metrics against values worked out by hand and against their definitions in plain Python."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.evaluation.metrics import ACCURACY, accuracy_per_visitor, bootstrap_interval, list_metrics, summary
from recommender.evaluation.ranks import Ranking, Relevant

RANKS = st.lists(st.sets(st.integers(1, 30), min_size=1, max_size=6).map(sorted), min_size=1, max_size=5)


def metrics_of(rows, k):
    """`rows`: the ranks of each visitor's relevant items."""
    starts = np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(int)
    ranks = np.array([rank for row in rows for rank in row], int)
    relevant = Relevant(starts, np.zeros(len(ranks), int))
    return accuracy_per_visitor(Ranking(ranks, np.zeros((len(rows), 0), int)), relevant, k)


def by_definition(ranks, k):
    hits = [rank for rank in sorted(ranks) if rank <= k]
    best = sum(1 / math.log2(place + 1) for place in range(1, min(len(ranks), k) + 1))
    return {
        "hr": float(bool(hits)),
        "ndcg": sum(1 / math.log2(rank + 1) for rank in hits) / best,
        "recall": len(hits) / len(ranks),
        "precision": len(hits) / k,
        "mrr": 1 / hits[0] if hits else 0.0,
        "map": sum((place + 1) / rank for place, rank in enumerate(hits)) / min(len(ranks), k),
    }


def test_two_hits_of_three_relevant_items_by_hand():
    found = {name: values[0] for name, values in metrics_of([[2, 5, 40]], 5).items()}
    assert found == pytest.approx(
        {
            "hr": 1.0,
            "ndcg": (1 / math.log2(3) + 1 / math.log2(6)) / (1 + 1 / math.log2(3) + 0.5),
            "recall": 2 / 3,
            "precision": 2 / 5,
            "mrr": 1 / 2,
            "map": (1 / 2 + 2 / 5) / 3,
        }
    )
    assert found["ndcg"] == pytest.approx(0.4776, abs=1e-4)


def test_a_rank_just_behind_the_cutoff_counts_nothing():
    assert {name: values[0] for name, values in metrics_of([[6]], 5).items()} == dict.fromkeys(ACCURACY, 0.0)


def test_a_perfect_list_is_worth_one_even_where_more_is_relevant_than_fits():
    found = metrics_of([[1, 2, 3, 4, 5]], 3)
    assert found["ndcg"][0] == pytest.approx(1) and found["map"][0] == pytest.approx(1)
    assert found["recall"][0] == pytest.approx(3 / 5)


@settings(max_examples=120, deadline=None)
@given(RANKS, st.integers(1, 12))
def test_metrics_equal_their_definitions(rows, k):
    found = metrics_of(rows, k)
    for place, ranks in enumerate(rows):
        assert {name: values[place] for name, values in found.items()} == pytest.approx(by_definition(ranks, k))


def test_coverage_is_the_share_of_items_ever_shown():
    shown = np.array([[0, 1], [0, 4], [0, -1]])
    assert list_metrics(shown, np.ones(8))["coverage"] == pytest.approx(3 / 8)


def gini_by_definition(exposures):
    """Mean absolute difference of all pairs, over twice the mean."""
    values = np.asarray(exposures, float)
    return np.abs(values[:, None] - values).mean() / (2 * values.mean())


@pytest.mark.parametrize("shown", [[[0, 1], [2, 3]], [[0, 0], [0, 0]], [[0, 1], [0, 2]]])
def test_gini_is_the_mean_difference_of_exposures(shown):
    exposures = np.bincount(np.ravel(shown), minlength=4)
    assert list_metrics(np.array(shown), np.ones(4))["gini"] == pytest.approx(gini_by_definition(exposures))


def test_novelty_is_larger_for_items_that_few_chose():
    interactions = np.array([98, 0, 0])
    popular, rare = (list_metrics(np.array([[item]]), interactions)["novelty"] for item in (0, 1))
    assert popular == pytest.approx(-math.log2(99 / 101)) and rare == pytest.approx(-math.log2(1 / 101))


def test_empty_lists_have_measures():
    assert list_metrics(np.full((2, 3), -1), np.ones(4)) == {"coverage": 0.0, "gini": 0.0, "novelty": 0.0}


def test_the_summary_names_every_metric_at_every_cutoff_and_means_over_visitors():
    relevant = Relevant.single(np.array([0, 0, 0]))
    ranking = Ranking(np.array([1, 2, 9]), np.array([[0, 1], [1, 0], [1, 2]]))
    result = summary(ranking, relevant, np.ones(4), [1, 2])
    names = [*ACCURACY, "coverage", "gini", "novelty"]
    assert set(result) == {f"{name}@{k}" for name in names for k in (1, 2)}
    assert result["hr@1"] == pytest.approx(1 / 3) and result["hr@2"] == pytest.approx(2 / 3)
    assert result["coverage@1"] == pytest.approx(2 / 4) and result["coverage@2"] == pytest.approx(3 / 4)


def test_bootstrap_intervals_cover_the_true_mean_about_as_often_as_they_say():
    rng = np.random.default_rng(0)
    samples = rng.random((200, 120)) ** 3  # skewed, with mean 1/4
    intervals = [bootstrap_interval(sample, seed=place, draws=200) for place, sample in enumerate(samples)]
    covered = np.mean([low <= 0.25 <= high for low, high in intervals])
    assert 0.90 <= covered <= 0.985  # 95 % of 200: ± 3 standard errors


def test_bootstrap_intervals_narrow_with_the_root_of_the_visitors():
    values = np.random.default_rng(1).random(4000)
    widths = [np.diff(bootstrap_interval(values[:count], seed=0, draws=300))[0] for count in (250, 4000)]
    assert widths[0] / widths[1] == pytest.approx(4, rel=0.25)


def test_a_bootstrap_repeats_for_a_seed():
    values = np.random.default_rng(1).random(50)
    assert bootstrap_interval(values, 3) == bootstrap_interval(values, 3) != bootstrap_interval(values, 4)


def test_the_interval_of_nobody_is_nothing():
    assert bootstrap_interval(np.zeros(0), seed=0) == (0.0, 0.0)
