"""The collaborative GAN trains stably, stops early, and goes on after a kill."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch

from recommender.models.base import silent
from recommender.models.cfgan import Cfgan, CfganConfig, CfganOptions
from recommender.models.cfgan_training import CfganTrainer
from recommender.models.item_to_item import presence
from tests.recommender.made import lists_of

SMALL = CfganConfig(
    hidden=16,
    judge_hidden=6,
    others=17,
    reconstruction_weight=1.0,
    epochs=12,
    learning_rate=0.02,
    batch_visitors=16,
    seed=4,
)


def trainer(dataset, config=SMALL, checkpoint=None):
    return CfganTrainer(config, presence(dataset.histories, dataset.items), checkpoint)


def auc_of_the_hidden(model, dataset):
    """How often an item of a visitor that was hidden from the model stands before one that is not the visitor's."""
    histories = dataset.histories
    asked = histories.where(histories.ages_N > 0)
    scores_BI = model.scores(asked)
    wins = []
    for row, (seen, whole) in enumerate(zip(lists_of(asked), lists_of(histories), strict=True)):
        own = {item for item, _, _ in whole}
        hidden = own - {item for item, _, _ in seen}
        others = [item for item in range(dataset.items) if item not in own]
        wins += [scores_BI[row, item] > scores_BI[row, other] for item in hidden for other in others if seen]
    return np.mean(wins)


def test_it_finds_what_was_hidden(dataset):
    untrained = Cfgan(replace(SMALL, epochs=1, learning_rate=1e-6)).fit(dataset)
    trained = Cfgan(replace(SMALL, epochs=40)).fit(dataset)
    assert auc_of_the_hidden(trained, dataset) > 0.7 > 0.6 > auc_of_the_hidden(untrained, dataset)


def test_what_a_visitor_chose_is_written_near_one_and_what_nobody_chose_near_zero(dataset):
    trained = Cfgan(replace(SMALL, epochs=40)).fit(dataset)
    scores_BI = trained.scores(dataset.histories)
    chosen_BI = presence(dataset.histories, dataset.items).toarray() > 0
    assert scores_BI[chosen_BI].mean() > scores_BI[~chosen_BI].mean() + 0.3


@pytest.mark.parametrize("weights", [(1.0, 0.0), (0.03, 4.0), (5.0, 4.0), (0.0, 1.0)])
def test_training_stays_finite_whatever_the_weights(dataset, weights):
    config = replace(SMALL, adversarial_weight=weights[0], reconstruction_weight=weights[1], learning_rate=0.1)
    model = Cfgan(config).fit(dataset)
    assert all(np.isfinite(array).all() for array in model.arrays().values())


def test_no_gradient_is_longer_than_the_clip(dataset):
    held = trainer(dataset, replace(SMALL, clip=1e-3))
    held.train(1, silent, None)
    for network in (held.generator, held.judge):
        lengths = [parameter.grad.norm() for parameter in network.parameters() if parameter.grad is not None]
        assert 0 < torch.stack(lengths).norm() <= 1e-3 * 1.001


def test_the_judge_learns_to_tell_and_without_weight_is_left_alone(dataset):
    for weight, moves in ((1.0, True), (0.0, False)):
        held = trainer(dataset, replace(SMALL, adversarial_weight=weight))
        before = held.judge.vector_IH.detach().clone()
        held.train(2, silent, None)
        assert torch.equal(before, held.judge.vector_IH) is not moves


def test_it_stops_where_nothing_improves_and_keeps_the_best_pass(dataset, newcomers):
    told, kept = iter([0.1, 0.3, 0.2, 0.2, 0.9, 0.9]), {}

    def judged(model):
        kept[len(kept) + 1] = {name: array.copy() for name, array in model.arrays().items()}
        return next(told)

    model = Cfgan(replace(SMALL, patience=2)).fit(dataset, options=CfganOptions(validate=judged))
    assert len(kept) == 4 and model.best_epoch_ == 2
    for name, array in model.arrays().items():
        np.testing.assert_array_equal(array, kept[2][name])


def test_a_killed_training_goes_on_to_the_same_weights(dataset, tmp_path):
    path = tmp_path / "cfgan.safetensors"
    whole = Cfgan(SMALL).fit(dataset)
    Cfgan(SMALL).fit(dataset, options=CfganOptions(epochs=5, checkpoint=path))
    assert trainer(dataset, checkpoint=path).train(5, silent, None) == 5, "nothing is left to do"
    resumed = Cfgan(SMALL).fit(dataset, options=CfganOptions(checkpoint=path))
    for name, array in whole.arrays().items():
        np.testing.assert_array_equal(resumed.arrays()[name], array, err_msg=name)


def test_the_best_pass_is_remembered_over_a_kill(dataset, tmp_path):
    path = tmp_path / "cfgan.safetensors"
    told = iter([0.1, 0.9, 0.2])
    Cfgan(SMALL).fit(dataset, options=CfganOptions(epochs=3, checkpoint=path, validate=lambda model: next(told)))
    resumed = Cfgan(SMALL).fit(dataset, options=CfganOptions(epochs=4, checkpoint=path, validate=lambda model: 0.3))
    assert resumed.best_epoch_ == 2


def test_a_checkpoint_of_other_options_or_data_is_ignored(dataset, tmp_path):
    path = tmp_path / "cfgan.safetensors"
    Cfgan(SMALL).fit(dataset, options=CfganOptions(epochs=5, checkpoint=path))
    other = trainer(dataset, replace(SMALL, hidden=8), path)
    assert other.train(1, silent, None) == 1
    fewer = dataset.where(dataset.histories.rows_N > 2)
    assert trainer(fewer, checkpoint=path).train(1, silent, None) == 1


def test_scoring_needs_no_torch():
    code = "import sys; from recommender.models.cfgan import Cfgan; print('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "False"
