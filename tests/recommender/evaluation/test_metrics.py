"""Metrics against values worked out by hand and against their definitions in plain Python."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.evaluation.metrics import ACCURACY, accuracy_per_visitor
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


def test_a_list_longer_than_any_catalog_is_as_good_as_one_of_all_items():
    whole, endless = ({name: values[0] for name, values in metrics_of([[2, 5]], k).items()} for k in (9, 10**18))
    assert whole["ndcg"] == endless["ndcg"] < 1 and endless["recall"] == 1


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


@settings(max_examples=120)
@given(RANKS, st.integers(1, 12))
def test_metrics_equal_their_definitions(rows, k):
    found = metrics_of(rows, k)
    for place, ranks in enumerate(rows):
        assert {name: values[place] for name, values in found.items()} == pytest.approx(by_definition(ranks, k))
