"""Fatigue from logs of visitors whose tiring is known."""

import numpy as np
import pytest

from recommender.beliefs import Fatigue, Impressions, fit_fatigue, times_left
from recommender.errors import InputError


def log_of(rate, half_life_days=3.0, seed=0, pairs=2500, days=20, stops=True):
    """A shop that shows each visitor the item on most days, and less often once it was left; how much each likes it
    varies twice as much as the model knows."""
    rng = np.random.default_rng(seed)
    expected, frailty = rng.uniform(0.05, 0.3, pairs), rng.gamma(2.0, 0.5, pairs)
    times, left = np.zeros(pairs), np.zeros(pairs)
    rows = []
    for day in range(days):
        shown = rng.random(pairs) < (0.8 / (1.0 + 0.2 * left) if stops else 0.8)
        clicked = rng.random(pairs) < np.minimum(expected * frailty * np.exp(-rate * times), 1.0)
        rows += [(pair, day, clicked[pair], expected[pair]) for pair in np.flatnonzero(shown)]
        counted = shown & ~clicked
        left = np.where(shown, np.where(clicked, 0.0, left + 1.0), left)
        times = (times + counted) * 0.5 ** (1.0 / half_life_days)
    pairs_N, days_N, clicked_N, expected_N = (np.array(column) for column in zip(*rows, strict=True))
    return Impressions(pairs_N, days_N.astype(float), clicked_N, expected_N)


@pytest.mark.parametrize("seed", range(3))
def test_visitors_who_do_not_tire_get_a_factor_of_one(seed):
    fatigue = fit_fatigue(log_of(0.0, seed=seed))
    assert fatigue.factor(5.0) > 0.97
    assert fatigue.interval[0] == 0.0


@pytest.mark.parametrize(("rate", "half_life_days"), [(0.15, 3.0), (0.4, 6.0)])
def test_the_rate_and_the_recovery_of_those_who_tire_are_found(rate, half_life_days):
    fatigue = fit_fatigue(log_of(rate, half_life_days))
    assert fatigue.interval[0] <= rate <= fatigue.interval[1]
    assert fatigue.interval[0] > 0
    assert fatigue.half_life_days in {half_life_days / 2, half_life_days, half_life_days * 2}


def test_a_factor_falls_with_the_times_and_starts_at_one():
    factors = Fatigue(rate=0.2).factor(np.array([0.0, 1.0, 2.0, 10.0]))
    assert factors[0] == 1.0
    assert (np.diff(factors) < 0).all()


def test_little_data_leave_the_weak_default_and_a_wide_interval():
    fatigue = fit_fatigue(log_of(0.5, pairs=10, days=3))
    assert abs(fatigue.rate - Fatigue().rate) < 0.1
    assert fatigue.interval[1] - fatigue.interval[0] > 0.1
    nothing = Impressions(np.zeros(0, int), np.zeros(0), np.zeros(0, bool), np.zeros(0))
    assert fit_fatigue(nothing) == Fatigue()


def test_the_order_of_the_log_does_not_matter_and_equal_weights_change_nothing():
    log = log_of(0.2, pairs=300)
    order = np.random.default_rng(1).permutation(len(log.pairs_N))
    columns = (log.pairs_N, log.days_N, log.clicked_N, log.expected_N, np.full(len(order), 7.0))
    other = fit_fatigue(Impressions(*(column[order] for column in columns)))
    assert other.rate == pytest.approx(fit_fatigue(log).rate)


def test_impressions_without_weight_say_what_was_left_before_and_nothing_else():
    log = log_of(0.3, pairs=400)
    elsewhere = log.days_N < 6
    clicks = np.where(elsewhere, False, log.clicked_N)  # of another placement, where nobody clicks
    weights = np.where(elsewhere, 0.0, 1.0)
    columns = (log.pairs_N, log.days_N, clicks, log.expected_N)
    with_them, without = (
        fit_fatigue(Impressions(*columns, weights)),
        fit_fatigue(Impressions(*(column[~elsewhere] for column in columns))),
    )
    assert fit_fatigue(Impressions(*columns)).rate > 2 * with_them.rate  # as if all of it had been asked
    assert with_them.interval[1] - with_them.interval[0] == pytest.approx(
        without.interval[1] - without.interval[0], rel=0.4
    )


def test_weights_that_differ_make_the_interval_wider():
    log = log_of(0.3, pairs=400)
    weights = np.where(np.arange(len(log.pairs_N)) % 10, 0.1, 5.0)
    weighted = fit_fatigue(Impressions(log.pairs_N, log.days_N, log.clicked_N, log.expected_N, weights))
    plain = fit_fatigue(log)
    assert np.ptp(weighted.interval) > 1.5 * np.ptp(plain.interval)


def test_times_are_told_in_the_order_in_which_the_log_came():
    clicked = np.array([False, False, True, False])
    log = Impressions(np.array([7, 4, 7, 7]), np.array([3.0, 1.0, 6.0, 0.0]), clicked, np.full(4, 0.1))
    assert times_left(log, half_life_days=3.0) == pytest.approx([0.5, 0.0, 0.75, 0.0])


@pytest.mark.parametrize("column", ["days_N", "expected_N"])
def test_a_log_with_a_column_of_another_length_is_refused(column):
    columns = {name: np.ones(4) for name in ("pairs_N", "days_N", "clicked_N", "expected_N")} | {column: np.ones(3)}
    with pytest.raises(InputError, match=column[:-2]):
        Impressions(**columns)
