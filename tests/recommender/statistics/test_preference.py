"""Which of two is preferred: the sign test by hand, an interval that holds at every look, and how many it takes."""

import numpy as np
import pytest

from recommender.errors import InputError
from recommender.statistics import preference, preferences_needed


def test_the_sign_test_is_the_one_of_the_book():
    """8 of 9 choose B: twice the chance of at most one of nine, (1 + 9) / 512."""
    assert preference(1, 8, planned=100).sign_p == pytest.approx(2 * 10 / 512)


def test_nobody_has_said_nothing():
    found = preference(0, 0, planned=100)
    assert (found.share, found.ci, found.p_value, found.sign_p) == (None, (0.0, 1.0), 1.0, 1.0)


def test_the_interval_excludes_a_half_where_the_p_value_is_below_alpha():
    for for_b in range(50, 101):
        found = preference(100 - for_b, for_b, planned=100)
        assert (found.ci[0] > 0.5) == (found.p_value < 0.05), for_b
        assert found.ci[0] < found.share < found.ci[1] or for_b == 100


def test_it_is_the_same_the_other_way_round():
    one, other = preference(30, 70, planned=200), preference(70, 30, planned=200)
    assert one.ci == pytest.approx((1 - other.ci[1], 1 - other.ci[0]))
    assert one.p_value == pytest.approx(other.p_value)


@pytest.mark.parametrize("share", [0.5, 0.6])
def test_the_interval_holds_at_every_look_in_95_of_100(share):
    rng, missed, runs = np.random.default_rng(3), 0, 400
    looks = [10, 20, 40, 80, 150, 300, 500]
    for _ in range(runs):
        so_far = (rng.random(looks[-1]) < share).cumsum()
        found = [preference(look - int(so_far[look - 1]), int(so_far[look - 1]), planned=500) for look in looks]
        missed += any(not each.ci[0] <= share <= each.ci[1] for each in found)
    assert missed / runs <= 0.05


@pytest.mark.parametrize("change", [0.5, -0.3])
def test_so_many_show_the_change_in_four_of_five(change):
    needed = int(preferences_needed(change))
    share, rng = (1 + change) / (2 + change), np.random.default_rng(5)
    shown = 0
    for for_b in rng.binomial(needed, share, size=400):
        low, high = preference(needed - int(for_b), int(for_b), planned=needed).ci
        shown += not low <= 0.5 <= high
    assert 0.72 <= shown / 400 <= 0.9


def test_a_smaller_change_takes_more():
    assert preferences_needed(0.1) > 15 * preferences_needed(0.5)


@pytest.mark.parametrize("arguments", [(-1, 2, 10), (1, -2, 10), (1, 2, 0)])
def test_what_cannot_be_is_refused(arguments):
    with pytest.raises(InputError):
        preference(arguments[0], arguments[1], planned=arguments[2])
    with pytest.raises(InputError):
        preferences_needed(0.0)
