import pytest

from recommender.errors import InputError
from recommender.statistics import Moments, baseline_and_variance, days_needed, detectable_effect, sample_size_per_arm


def test_the_detectable_effect_is_the_inverse_of_the_sample_size():
    per_arm = sample_size_per_arm(20.0, 0.04, variance=900.0)
    assert detectable_effect(per_arm=per_arm, baseline=20.0, variance=900.0) == pytest.approx(0.04)


def test_a_verdict_that_may_come_any_day_costs_about_twice_the_visitors():
    ratio = sample_size_per_arm(0.05, 0.1, sequential=True) / sample_size_per_arm(0.05, 0.1)
    assert 1.8 < ratio < 2.0


def test_smaller_effects_more_power_and_fewer_mistakes_cost_more_visitors():
    base = sample_size_per_arm(0.05, 0.1)
    assert sample_size_per_arm(0.05, 0.05) > 3.5 * base
    assert sample_size_per_arm(0.05, 0.1, power=0.9) > base < sample_size_per_arm(0.05, 0.1, alpha=0.01)


def test_an_effect_beyond_certainty_still_has_a_finite_answer():
    assert 0 < sample_size_per_arm(0.6, 1.0) < 10


@pytest.mark.parametrize(
    ("visitors_per_day", "traffic", "days"), [(1000, 1.0, 20), (1000, 0.5, 40), (999, 1.0, 21), (0, 1.0, None)]
)
def test_days_until_both_arms_are_full(visitors_per_day, traffic, days):
    assert days_needed(per_arm=10_000, arms=2, visitors_per_day=visitors_per_day, traffic=traffic) == days


@pytest.mark.parametrize("wrong", [(0.0, 0.1), (0.05, 0.0), (1.0, 0.1), (float("nan"), 0.1)])
def test_a_plan_needs_a_rate_and_an_effect(wrong):
    with pytest.raises(InputError):
        sample_size_per_arm(*wrong)


def test_a_covariate_that_explains_all_of_a_few_visitors_is_not_believed():
    y = [0.0, 1.0, 1.0, 0.0, 1.0]
    few = Moments(n=5, sum_y=3.0, sum_yy=3.0, sum_x=6.0, sum_xx=12.0, sum_xy=2 * sum(y))
    assert baseline_and_variance(few, "mean_cuped") == pytest.approx((0.6, 0.3))
