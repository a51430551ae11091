"""What rises is told by a bound that small numbers do not win."""

import numpy as np
import pytest

from recommender.errors import InputError
from recommender.statistics import rate_ratios

ACTIVE_NOW, ACTIVE_BEFORE = 900, 600


def counted(rng, rates, ratios):
    return rng.binomial(ACTIVE_NOW, rates * ratios), rng.binomial(ACTIVE_BEFORE, rates)


def test_the_interval_holds_the_true_ratio_as_often_as_it_says():
    rng = np.random.default_rng(3)
    rates, ratios = rng.uniform(0.01, 0.2, 600), rng.lognormal(0, 0.3, 600)
    found = rate_ratios(*counted(rng, rates, ratios), ACTIVE_NOW, ACTIVE_BEFORE)
    covered = (found.low_I <= ratios) & (ratios <= found.high_I)
    assert 0.92 < covered.mean() < 0.98


def test_where_nothing_rises_next_to_nothing_is_believed_to():
    rng = np.random.default_rng(4)
    now, before = counted(rng, rng.uniform(0.002, 0.1, 2000), np.ones(2000))
    found = rate_ratios(now, before, ACTIVE_NOW, ACTIVE_BEFORE)
    assert (found.low_I > 1.25).sum() <= 2
    naive = (now / ACTIVE_NOW) / np.maximum(before / ACTIVE_BEFORE, 1 / ACTIVE_BEFORE)
    assert (naive > 2).sum() > 50


def test_three_after_none_are_believed_less_than_many_after_few():
    now, before = np.array([3, 150, *[20] * 60]), np.array([0, 40, *[13] * 60])
    found = rate_ratios(now, before, ACTIVE_NOW, ACTIVE_BEFORE)
    assert found.low_I[1] > found.low_I[0]
    assert found.low_I[1] > 1.25


def test_a_rate_is_of_those_who_could_be_counted():
    twice_as_many_visitors = rate_ratios(np.full(50, 40), np.full(50, 20), 800, 400)
    assert twice_as_many_visitors.ratio_I == pytest.approx(np.ones(50), abs=0.02)


def test_without_a_window_there_is_no_rate():
    with pytest.raises(InputError, match="above 0"):
        rate_ratios(np.ones(2), np.ones(2), 5, 0)
