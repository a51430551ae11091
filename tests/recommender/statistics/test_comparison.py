import dataclasses
import json
import math

import numpy as np
import pytest

from recommender.cli import main
from recommender.errors import InputError
from recommender.statistics import BASELINE_NEGATIVE, BASELINE_ZERO, NO_VARIANCE, NO_VISITORS, Moments, compare


def moments_of(y, x=None):
    x = np.zeros(len(y)) if x is None else x
    return Moments(len(y), float(y.sum()), float(y @ y), float(x.sum()), float(x @ x), float(x @ y))


def test_days_add_up_to_the_whole():
    rng = np.random.default_rng(0)
    y, x = rng.exponential(size=100), rng.exponential(size=100)
    whole, days = moments_of(y, x), moments_of(y[:30], x[:30]) + moments_of(y[30:], x[30:])
    assert vars(days) == pytest.approx(vars(whole))


@pytest.mark.parametrize(
    ("control", "treatment", "kind", "error"),
    [
        (Moments(400, 0), Moments(410, 3), "proportion", BASELINE_ZERO),
        (Moments(), Moments(410, 3), "proportion", NO_VISITORS),
        (Moments(10, 5, 5), Moments(), "mean", NO_VISITORS),
        (Moments(10, 10), Moments(10, 10), "proportion", NO_VARIANCE),
        (Moments(1, 5, 25), Moments(1, 6, 36), "mean", NO_VARIANCE),
        (Moments(10, -5, 50), Moments(10, 5, 50), "mean", BASELINE_NEGATIVE),
        (Moments(10, 5, 5), Moments(10, 5, 5), "ratio", BASELINE_ZERO),
    ],
)
def test_too_little_data_is_said_and_never_an_interval_of_zero(control, treatment, kind, error):
    comparison = compare(control, treatment, kind=kind)
    assert comparison.error == error
    assert comparison.lift is comparison.ci is comparison.p_value is comparison.sequential is comparison.bayes is None


def test_the_p_value_is_dual_to_the_interval():
    control, treatment = Moments(5000, 500), Moments(5000, 560)
    p_value = compare(control, treatment, kind="proportion").p_value
    low, high = compare(control, treatment, kind="proportion", alpha=p_value).ci
    assert low == pytest.approx(0.0, abs=1e-9) and high > 0


def test_an_interval_that_may_be_looked_at_daily_is_wider_than_one_for_a_single_look():
    comparison = compare(Moments(5000, 500), Moments(5000, 560), kind="proportion", sequential_n=10_000)
    single = comparison.ci[1] - comparison.ci[0]
    assert 1.4 < (comparison.sequential.ci[1] - comparison.sequential.ci[0]) / single < 1.7


def test_the_always_valid_interval_is_tightest_at_the_planned_total():
    widths = []
    for planned in (500, 5_000, 10_000, 20_000, 200_000):
        low, high = compare(
            Moments(5000, 500), Moments(5000, 560), kind="proportion", sequential_n=planned
        ).sequential.ci
        widths.append(high - low)
    assert min(widths) == widths[2]


def test_daily_looks_at_arms_that_do_not_differ_seldom_raise_an_alarm():
    rng, alarms = np.random.default_rng(0), 0
    for _ in range(40):
        control, treatment, alarm = Moments(), Moments(), False
        for _day in range(8):
            sums = rng.binomial(200, 0.1, size=2)
            control, treatment = control + Moments(200, int(sums[0])), treatment + Moments(200, int(sums[1]))
            alarm |= compare(control, treatment, kind="proportion", sequential_n=3200).sequential.p_value < 0.05
        alarms += alarm
    assert alarms <= 3


def test_cuped_narrows_the_interval_where_the_past_tells_of_the_present():
    rng = np.random.default_rng(1)
    past = rng.exponential(2.0, size=(2, 2000))
    now = past + rng.exponential(1.0, size=(2, 2000))
    arms = [moments_of(now[arm], past[arm]) for arm in (0, 1)]
    plain, adjusted = compare(*arms, kind="mean"), compare(*arms, kind="mean_cuped")
    assert adjusted.stderr < 0.6 * plain.stderr
    assert adjusted.theta == pytest.approx(1.0, abs=0.1)


def test_cuped_without_a_past_is_the_plain_comparison():
    arms = Moments(100, 200, 900), Moments(100, 240, 1000)
    adjusted, plain = compare(*arms, kind="mean_cuped"), compare(*arms, kind="mean")
    assert adjusted.theta == 0.0 and adjusted.lift == plain.lift and adjusted.ci == plain.ci


@pytest.mark.parametrize("factor", [10, 1 / 10])
def test_overwhelming_effects_stay_finite(factor):
    comparison = compare(Moments(100_000, 5_000), Moments(100_000, int(5_000 * factor)), kind="proportion")
    figures = [*vars(comparison.bayes).values(), comparison.sequential.p_value, comparison.p_value]
    assert all(math.isfinite(figure) for figure in np.hstack(figures))
    assert comparison.bayes.chance_to_win == pytest.approx(float(factor > 1))
    assert min(comparison.bayes.risk_choose_control, comparison.bayes.risk_choose_treatment) >= 0


def test_a_prior_shrinks_the_second_view_only():
    arms = Moments(500, 50), Moments(500, 80)
    shy, plain = (compare(*arms, kind="proportion", prior=prior) for prior in ((0.0, 0.01), None))
    assert 0 < shy.bayes.expected < plain.bayes.expected
    assert shy.ci == plain.ci


@pytest.mark.parametrize("wrong", [{"kind": "median"}, {"alpha": 0.0}, {"alpha": 1.0}, {"sequential_n": 0}])
def test_wrong_settings_are_refused_by_name(wrong):
    with pytest.raises(InputError, match=next(iter(wrong))):
        compare(Moments(10, 5), Moments(10, 6), **({"kind": "proportion"} | wrong))


@pytest.mark.parametrize(
    ("case", "named"),
    [
        ({"kind": "mean", "control": {"n": 5, "sum": 1}, "treatment": {"n": 5, "sum": 1}}, "control.sum_squares"),
        ({"kind": "proportion", "control": {"n": 5, "sum": 9}, "treatment": {"n": 5, "sum": 1}}, "control.sum"),
        ({"kind": "proportion", "control": {"sum": 9}, "treatment": {"n": 5, "sum": 1}}, "control.n"),
        ({"kind": "proportion", "control": {"n": 5, "sum": 1}}, "treatment"),
        ({"kind": "guess"}, "kind"),
        ([], "cases[0]"),
    ],
)
def test_the_command_names_the_case_and_the_field(tmp_path, capsys, case, named):
    file = tmp_path / "cases.json"
    file.write_text(json.dumps([case]))
    assert main(["compare", "--input", str(file)]) == 2
    printed = capsys.readouterr()
    assert printed.out == "" and "cases[0]" in printed.err and named in printed.err


def test_the_bayesian_view_can_be_left_out_and_nothing_else_changes():
    arms = (Moments(n=1000, sum_y=100, sum_yy=100), Moments(n=1000, sum_y=130, sum_yy=130))
    whole = compare(*arms, kind="proportion")
    assert compare(*arms, kind="proportion", with_bayes=False) == dataclasses.replace(whole, bayes=None)
