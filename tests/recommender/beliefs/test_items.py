import numpy as np
import pytest

from recommender.beliefs import ItemBeliefs
from recommender.errors import InputError


def seen(clicks, expected):
    return ItemBeliefs(np.array(clicks, dtype=float), np.array(expected, dtype=float))


def test_an_item_that_was_never_shown_is_worth_what_the_model_thinks_and_in_doubt():
    beliefs = ItemBeliefs.of_nothing(3)
    assert beliefs.worths_I.tolist() == [1.0] * 3
    assert (beliefs.doubts_I > 0.3).all()


def test_items_move_to_what_they_earn_and_become_known():
    beliefs = ItemBeliefs.of_nothing(2)
    for _ in range(200):
        beliefs.observe(np.array([0, 1, 1]), np.array([1, 0, 1]), np.array([0.5, 0.5, 0.5]))
    assert beliefs.worths_I == pytest.approx([2.0, 1.0], rel=0.1)
    assert (beliefs.doubts_I < 0.08).all()


def test_beliefs_of_two_parts_of_a_log_are_those_of_the_whole():
    whole = seen([3, 1], [2, 4]) + seen([1, 0], [0.5, 0])
    assert (whole.clicks_I.tolist(), whole.expected_I.tolist()) == ([4, 1], [2.5, 4])
    with pytest.raises(InputError, match="cannot be added"):
        seen([1], [1]) + seen([1, 2], [1, 2])


def test_what_fades_comes_back_into_doubt():
    beliefs = seen([90.0], [45.0])
    before = float(beliefs.doubts_I[0])
    beliefs.fade(days=30.0, half_life_days=30.0)
    assert beliefs.clicks_I[0] == pytest.approx(45.0)
    assert beliefs.doubts_I[0] > before
    assert beliefs.worths_I[0] == pytest.approx(55 / 32.5)
