"""The parts of the trainer: losses against torch's own, windows and batches against plain Python."""

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy

from recommender.models.encoders.loss import full_softmax, sampled_softmax
from recommender.models.encoders.windows import batches_of_windows, training_windows, window_codes
from tests.recommender.made import lists_of

ITEMS, DIMENSIONS, STATES = 13, 5, 7


@pytest.fixture
def tensors():
    generator = torch.Generator().manual_seed(0)
    shapes = ((STATES, DIMENSIONS), (ITEMS, DIMENSIONS), (ITEMS,))
    leaves = [torch.randn(shape, generator=generator, dtype=torch.float64, requires_grad=True) for shape in shapes]
    return leaves, torch.randint(0, ITEMS, (STATES,), generator=generator)


def gradients(loss, leaves):
    return [gradient.numpy() for gradient in torch.autograd.grad(loss, leaves)]


def test_the_full_softmax_is_torchs_cross_entropy_with_its_gradients(tensors):
    leaves, targets_N = tensors
    own = 3.0 * full_softmax(*leaves, targets_N)
    reference = 3.0 * cross_entropy(leaves[0] @ leaves[1].T + leaves[2], targets_N, reduction="sum")
    assert own.item() == pytest.approx(reference.item())
    for mine, theirs in zip(gradients(own, leaves), gradients(reference, leaves), strict=True):
        np.testing.assert_allclose(mine, theirs, atol=1e-12)


def test_the_sampled_softmax_over_all_items_is_the_full_one(tensors):
    """With each item once among the negatives, and a uniform q, the correction is a constant."""
    leaves, targets_N = tensors
    states_ND, table_ID, bias_I = leaves
    sampled = sampled_softmax(states_ND, table_ID, bias_I + np.log(ITEMS), targets_N, torch.arange(ITEMS))
    assert sampled.item() == pytest.approx(full_softmax(*leaves, targets_N).item())


def test_a_negative_that_is_the_target_does_not_count_twice(tensors):
    leaves, targets_N = tensors
    alone = sampled_softmax(*leaves, targets_N[:1].expand(STATES), targets_N[:1].expand(4))
    assert alone.item() == pytest.approx(0.0, abs=1e-12)


def targets_of(histories, length, most):
    """The (position) targets that windows cover, and each window as a list of positions."""
    starts, ends = training_windows(histories, length, most)
    return [list(range(start, end)) for start, end in zip(starts.tolist(), ends.tolist(), strict=True)]


@pytest.mark.parametrize(("length", "most"), [(3, 50), (5, 50), (50, 1)])
def test_every_interaction_but_the_first_is_a_target_once(dataset, length, most):
    covered = [position for window in targets_of(dataset.histories, length, most) for position in window[1:]]
    first = set(dataset.histories.starts_B1[:-1].tolist())
    assert sorted(covered) == [position for position in range(dataset.interactions) if position not in first]


def test_windows_stay_within_a_visitor_and_are_short_enough(dataset):
    rows_N = dataset.histories.rows_N
    for window in targets_of(dataset.histories, 4, 2):
        assert 2 <= len(window) <= 5 and len(set(rows_N[window])) == 1


def test_of_long_histories_the_newest_windows_are_kept(dataset):
    covered = {position for window in targets_of(dataset.histories, 3, 1) for position in window[1:]}
    ages_N = dataset.histories.ages_N
    assert {int(ages_N[position]) for position in covered} == {0, 1, 2}


def test_batches_hold_every_window_once_within_their_limits():
    lengths_W = np.random.default_rng(1).integers(1, 30, 203)
    batches = list(batches_of_windows(lengths_W, np.random.default_rng(2), batch_windows=16, batch_tokens=120))
    assert sorted(np.concatenate(batches).tolist()) == list(range(203))
    assert max(len(batch) for batch in batches) == 16
    assert all(len(batch) == 1 or len(batch) * lengths_W[batch].max() <= 120 for batch in batches)


def test_the_order_of_batches_is_the_generators():
    lengths_W = np.random.default_rng(1).integers(1, 30, 50)
    orders = [
        [
            batch.tolist()
            for batch in batches_of_windows(lengths_W, np.random.default_rng(seed), batch_windows=8, batch_tokens=99)
        ]
        for seed in (3, 3, 4)
    ]
    assert orders[0] == orders[1] != orders[2]


def test_the_target_of_each_input_is_what_came_next(dataset):
    starts, ends = training_windows(dataset.histories, 4, 3)
    inputs_BL, targets_BL = window_codes(dataset.histories.items_N, starts, ends)
    flat = [item for history in lists_of(dataset.histories) for item, _, _ in history]
    for row, (start, end) in enumerate(zip(starts, ends, strict=True)):
        codes, padding = [item + 1 for item in flat[start:end]], [0] * (inputs_BL.shape[1] - (end - start - 1))
        assert inputs_BL[row].tolist() == codes[:-1] + padding
        assert targets_BL[row].tolist() == codes[1:] + padding
