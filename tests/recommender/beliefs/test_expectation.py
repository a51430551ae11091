"""What is expected of a rendered item by position and score, from logs whose truth is known."""

import numpy as np
import pytest

from recommender.beliefs import Expectation, fit_expectation
from recommender.errors import InputError


def log_of(count, seed=0):
    """A shop where position 3 is clicked a third as often as position 1, and a score of .9 four times .1."""
    rng = np.random.default_rng(seed)
    positions, scores = rng.integers(1, 4, count), rng.choice([0.1, 0.4, 0.9], count)
    truth = 0.12 / positions * np.select([scores == 0.1, scores == 0.4], [0.5, 1.0], 2.0)
    return positions, scores, rng.random(count) < truth, truth


def test_position_and_score_are_found_from_a_log():
    positions, scores, clicked, truth = log_of(60_000)
    assert fit_expectation(positions, scores, clicked).of(positions, scores) == pytest.approx(truth, rel=0.2)


def test_little_data_stay_near_what_is_expected_without_them():
    nothing = fit_expectation(np.zeros(0, int), np.zeros(0), np.zeros(0, bool))
    assert nothing.of(np.array([1, 9]), np.array([0.2, 0.7])).tolist() == [0.03, 0.03]
    one = fit_expectation(np.array([2]), np.array([0.5]), np.array([True]))
    assert one.of(np.array([1, 2, 3]), np.array([0.4, 0.5, 0.6])) == pytest.approx([0.06] * 3, rel=0.25)


def test_what_was_found_can_be_kept_as_json():
    found = fit_expectation(*log_of(500)[:3])
    assert Expectation.from_dict(found.to_dict()) == found


def test_columns_of_different_lengths_are_refused():
    with pytest.raises(InputError, match="one entry for each"):
        fit_expectation(np.ones(3), np.ones(3), np.ones(2))
