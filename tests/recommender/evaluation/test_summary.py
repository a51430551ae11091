"""From rankings to the document of an evaluation."""

import numpy as np
import pytest

from recommender.evaluation.protocols import Split, splits
from recommender.evaluation.ranks import Ranking, full_ranking
from recommender.evaluation.summary import evaluated
from tests.recommender.made import dataset_of, walks

EVERYWHERE = {"hr", "ndcg", "recall", "precision", "mrr", "map"} | {
    "novelty",
    "intra_list_distance",
    "serendipity",
    "popularity_lift",
    "coverage",
    "gini",
}


@pytest.fixture(scope="module")
def dataset():
    return dataset_of(list(walks(visitors=40, items=13)))


def ranked(split: Split, seed: int) -> Ranking:
    table_I = np.random.default_rng(seed).random(split.train.items)
    return full_ranking(
        lambda part: np.tile(table_I, (len(part), 1)), split.histories, split.relevant, k=4, exclude_seen=True
    )


def document(dataset, protocol, **options):
    parts = [
        (split, {"one": ranked(split, 1), "two": ranked(split, 2)})
        for split in splits(dataset, protocol, exclude_seen=True, seed=0)
    ]
    return evaluated(parts, cutoffs=[2, 4], seed=0, **options), parts


def test_every_measure_stands_at_every_cutoff(dataset):
    found, _ = document(dataset, "leave-one-out")
    assert set(found["models"]["one"]) == {f"{name}@{k}" for name in EVERYWHERE for k in (2, 4)}
    assert found["k"] == [2, 4] and found["alike_by"] == "visitors"


def test_what_is_no_mean_over_visitors_has_no_interval(dataset):
    found, _ = document(dataset, "leave-one-out")
    missing = set(found["models"]["one"]) - set(found["intervals"]["one"])
    assert missing == {"coverage@2", "coverage@4", "gini@2", "gini@4"}


def test_values_lie_within_their_intervals(dataset):
    found, _ = document(dataset, "leave-one-out")
    for name, intervals in found["intervals"].items():
        for measure, (low, high) in intervals.items():
            assert low - 1e-9 <= found["models"][name][measure] <= high + 1e-9, (name, measure)


def test_folds_are_pooled_over_their_visitors(dataset):
    found, parts = document(dataset, "k-fold")
    means = [np.mean([rank <= 4 for rank in rankings["one"].ranks_N]) for _, rankings in parts]
    asked = [len(split.histories) for split, _ in parts]
    assert found["visitors"] == sum(asked)
    assert found["models"]["one"]["hr@4"] == pytest.approx(np.average(means, weights=asked), abs=1e-5)


def test_the_popularity_lift_compares_lists_with_histories(dataset):
    """By hand: the mean popularity of what is shown over that of what was chosen."""
    found, ((split, rankings),) = document(dataset, "leave-one-out")
    chosen_I = np.bincount(split.train.histories.items_N, minlength=split.train.items)
    shown = chosen_I[rankings["one"].top_BK].mean(axis=1).mean()
    histories = split.histories
    own = np.mean([chosen_I[histories.items_N[histories.rows_N == row]].mean() for row in range(len(histories))])
    assert found["models"]["one"]["popularity_lift@4"] == pytest.approx(shown / own - 1, abs=1e-5)


def test_exposure_names_each_group_with_its_share_of_items_interactions_and_slots(dataset):
    found, _ = document(dataset, "leave-one-out")
    assert [group["group"] for group in found["exposure"]["groups"]] == ["head", "middle", "tail"]
    assert found["exposure"]["by"] == "popularity" and found["exposure"]["k"] == 4
    for share in ("items", "interactions"):
        assert sum(group[share] for group in found["exposure"]["groups"]) == pytest.approx(1, abs=1e-4)
    for name in ("one", "two"):
        assert sum(group["shown"][name] for group in found["exposure"]["groups"]) == pytest.approx(1, abs=1e-4)


def test_nobody_to_ask_has_empty_figures(dataset):
    (split,) = splits(dataset, "leave-one-out", exclude_seen=True, seed=0)
    nobody = Split(split.train, split.histories.take(np.arange(0)), split.relevant.__class__.single(np.zeros(0, int)))
    found = evaluated([(nobody, {"one": ranked(nobody, 1)})], cutoffs=[2], seed=0)
    assert found["visitors"] == 0 and found["models"] == {"one": {}} and found["intervals"] == {"one": {}}
