import numpy as np
import pytest

from recommender.errors import InputError
from recommender.statistics import shrink


def test_shrinking_brings_many_estimates_nearer_to_their_truths_and_undoes_the_luck_of_the_winner():
    rng = np.random.default_rng(1)
    truth, error = rng.normal(0.02, 0.05, 400), rng.uniform(0.03, 0.12, 400)
    seen = truth + rng.normal(0, error)
    drawn = shrink(list(seen), list(error))
    values = np.array([entry.value for entry in drawn])
    assert np.mean((values - truth) ** 2) < 0.6 * np.mean((seen - truth) ** 2)
    best = np.argsort(seen)[-40:]
    assert np.mean(seen[best] - truth[best]) > 0.05
    assert abs(np.mean(values[best] - truth[best])) < 0.02
    covered = np.abs(values - truth) < 1.96 * np.array([entry.stderr for entry in drawn])
    assert 0.9 < covered.mean() < 0.98


def test_what_is_less_sure_is_drawn_further():
    sure, unsure, _ = shrink([0.2, 0.2, -0.2], [0.02, 0.2, 0.02])
    assert sure.kept > unsure.kept
    assert 0 < unsure.value < sure.value < 0.2


def test_estimates_that_differ_by_chance_alone_become_one():
    values = [entry.value for entry in shrink([0.10, 0.11, 0.09], [0.1, 0.2, 0.1])]
    assert values == pytest.approx([values[0]] * 3)
    assert values[0] == pytest.approx((0.10 + 0.11 / 4 + 0.09) / 2.25)


def test_toward_no_effect_one_estimate_is_drawn_too():
    (clear,), (chance,) = shrink([0.3], [0.1], toward=0.0), shrink([0.05], [0.1], toward=0.0)
    assert (clear.value, chance.value) == (pytest.approx(0.3 * 8 / 9), 0.0)
    assert shrink([0.3], [0.1])[0].value == 0.3
    assert shrink([], []) == []


@pytest.mark.parametrize(("values", "stderrs"), [([1.0], []), ([1.0], [0.0]), ([float("nan")], [1.0])])
def test_a_standard_error_of_each_is_asked_for(values, stderrs):
    with pytest.raises(InputError):
        shrink(values, stderrs)
