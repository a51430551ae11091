"""What the ranker learns on held-out interactions, and when it is left out."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from recommender.errors import InputError
from recommender.ranking.config import RankerConfig
from recommender.ranking.learning import learn_network
from recommender.training.judging import judge
from recommender.training.ranking import ranks_of_targets, teach


def test_it_orders_visitors_that_it_did_not_learn_from_better_than_the_blend(validated, split, taught):
    evaluation = judge(validated, split, seed=0, taught=taught).evaluation["models"]
    assert evaluation["blend"]["ndcg@10"] > evaluation["unranked"]["ndcg@10"]
    assert evaluation["blend"]["ndcg@10"] > 0.98 * max(figures["ndcg@10"] for figures in evaluation.values())


def test_one_that_orders_worse_than_the_blend_is_left_out(validated, split, config):
    assert teach(validated, split, replace(config, epochs=0)) is None


def test_there_is_none_where_none_is_wanted(validated, split):
    assert teach(validated, split, RankerConfig(candidates=0)) is None


def test_there_is_none_where_too_few_can_teach(validated, split):
    few = replace(
        split,
        histories=split.histories.take(np.arange(99)),
        relevant=replace(split.relevant, starts_B1=split.relevant.starts_B1[:100], items_N=split.relevant.items_N[:99]),
    )
    assert teach(validated, few, RankerConfig()) is None


def test_coverage_is_how_often_what_came_next_is_a_candidate(taught):
    assert taught.network.calibration[1] == np.float32((taught.examples.target_B >= 0).mean())


def test_learning_gives_torch_its_threads_back(config):
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        learn_network(np.ones((2, 3, 4), np.float32), np.ones((2, 3), bool), np.zeros(2, np.int64), config)
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(before)


def test_a_tie_counts_against_what_came_next():
    scores_BC = np.array([[3.0, 1.0, 1.0], [2.0, 5.0, 1.0], [1.0, 1.0, 1.0]])
    assert ranks_of_targets(scores_BC, np.array([1, 1, -1])).tolist() == [3, 1, 0]


@pytest.mark.parametrize(
    ("option", "value"), [("hidden", 0), ("candidates", -1), ("dropout", 1.0), ("epochs", -1), ("seed", -1)]
)
def test_a_wrong_option_is_refused_by_name(option, value):
    with pytest.raises(InputError, match=option):
        RankerConfig(**{option: value})
