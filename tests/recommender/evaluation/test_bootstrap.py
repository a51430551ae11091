"""Intervals of means over visitors."""

import numpy as np
import pytest

from recommender.evaluation.bootstrap import bootstrap_means, percentile_interval


def interval(values_B, seed, draws=200):
    return percentile_interval(bootstrap_means(values_B[:, None], seed, draws=draws)[:, 0])


def test_bootstrap_intervals_cover_the_true_mean_about_as_often_as_they_say():
    rng = np.random.default_rng(0)
    samples = rng.random((200, 120)) ** 3  # skewed, with mean 1/4
    intervals = [interval(sample, seed=place) for place, sample in enumerate(samples)]
    covered = np.mean([low <= 0.25 <= high for low, high in intervals])
    assert 0.90 <= covered <= 0.985  # 95 % of 200: ± 3 standard errors


def test_bootstrap_intervals_narrow_with_the_root_of_the_visitors():
    values = np.random.default_rng(1).random(4000)
    widths = [np.diff(interval(values[:count], seed=0, draws=300))[0] for count in (250, 4000)]
    assert widths[0] / widths[1] == pytest.approx(4, rel=0.25)


def test_a_bootstrap_repeats_for_a_seed():
    values = np.random.default_rng(1).random(50)
    assert interval(values, 3) == interval(values, 3) != interval(values, 4)


def test_the_interval_of_nobody_is_nothing():
    assert interval(np.zeros(0), seed=0) == (0.0, 0.0)


def test_all_measures_see_the_same_draws():
    values_BM = np.random.default_rng(0).random((30, 2))
    values_BM[:, 1] = values_BM[:, 0] * 2 + 1
    means_DM = bootstrap_means(values_BM, seed=3, draws=70)
    assert means_DM[:, 1] == pytest.approx(means_DM[:, 0] * 2 + 1)


def test_a_visitor_without_a_value_is_left_out_of_a_mean():
    values_B = np.random.default_rng(0).random(30)
    with_gaps = np.append(values_B, [np.nan] * 10)
    means_D = bootstrap_means(with_gaps[:, None], seed=3, draws=500)[:, 0]
    assert means_D.mean() == pytest.approx(values_B.mean(), abs=0.02) and np.isfinite(means_D).all()


def test_a_draw_in_which_nobody_has_a_value_says_nothing():
    assert np.isnan(bootstrap_means(np.full((4, 1), np.nan), seed=0, draws=5)).all()
