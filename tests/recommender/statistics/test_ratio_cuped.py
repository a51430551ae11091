"""CUPED for ratios: equal to a regression made by hand, narrower where the past tells something, plain where not."""

import numpy as np
import pytest

from recommender.statistics import Moments, baseline_and_variance, compare


def moments_of(y, x, c):
    sums = (y.sum(), y @ y, x.sum(), x @ x, x @ y, c.sum(), c @ c, c @ y, c @ x)
    return Moments(len(y), *map(float, sums))


def arm(seed, count, lift, explained=True):
    """Clicks, slates, and clicks beyond expectation of the weeks before."""
    rng = np.random.default_rng(seed)
    liking = rng.beta(1.0, 6.0, count)
    slates, earlier = 1 + rng.poisson(2.0, count), rng.poisson(9.0, count)
    now = rng.binomial(slates, np.minimum(liking * (1 + lift), 1.0))
    past = rng.binomial(earlier, liking if explained else 1 / 7) - earlier / 7
    return now.astype(float), slates.astype(float), past


def by_hand(control, treatment):
    """(lift, standard error) by the terms of the delta method and a pooled regression, visitor by visitor."""
    arms = [control, treatment]
    y, x, c = (np.concatenate(part) for part in zip(*arms, strict=True))
    terms = (y - y.sum() / x.sum() * x) / x.mean()
    theta = np.cov(terms, c)[0, 1] / c.var(ddof=1)
    means = [y.sum() / x.sum() - theta * c.mean() for y, x, c in arms]
    bases = [y.sum() / x.sum() for y, x, _ in arms]
    spreads = [
        np.var((y - base * x) / x.mean() - theta * c, ddof=1) / len(y)
        for base, (y, x, c) in zip(bases, arms, strict=True)
    ]
    variance = spreads[1] / bases[0] ** 2 + spreads[0] * bases[1] ** 2 / bases[0] ** 4
    return (means[1] - means[0]) / bases[0], np.sqrt(variance)


def test_it_is_the_regression_of_the_terms_on_the_past():
    control, treatment = arm(1, 900, 0.0), arm(2, 1_400, 0.3)
    found = compare(moments_of(*control), moments_of(*treatment), kind="ratio_cuped")
    assert (found.lift, found.stderr) == pytest.approx(by_hand(control, treatment), rel=1e-9)


def test_it_narrows_the_interval_and_the_plan_where_the_past_tells_of_the_present():
    arms = [moments_of(*arm(seed, 3_000, 0.0)) for seed in (3, 4)]
    plain, adjusted = compare(*arms, kind="ratio"), compare(*arms, kind="ratio_cuped")
    assert adjusted.stderr < 0.95 * plain.stderr
    assert adjusted.sequential.ci[1] - adjusted.sequential.ci[0] < plain.sequential.ci[1] - plain.sequential.ci[0]
    assert adjusted.theta > 0
    assert baseline_and_variance(arms[0], "ratio_cuped")[1] < 0.92 * baseline_and_variance(arms[0], "ratio")[1]


def test_a_past_that_tells_nothing_changes_little_and_none_changes_nothing():
    silent = [moments_of(*arm(seed, 3_000, 0.1, explained=False)) for seed in (5, 6)]
    assert compare(*silent, kind="ratio_cuped").stderr == pytest.approx(compare(*silent, kind="ratio").stderr, rel=0.01)
    none = [Moments(*list(vars(entry).values())[:6]) for entry in silent]
    adjusted, plain = (compare(*none, kind=kind) for kind in ("ratio_cuped", "ratio"))
    assert (adjusted.theta, adjusted.ci, adjusted.bayes) == (0.0, plain.ci, plain.bayes)


def test_a_lucky_start_is_taken_out():
    """B's visitors clicked more before already: by that much the adjusted change is smaller than the plain one."""
    control, (y, x, c) = arm(7, 4_000, 0.0), arm(8, 8_000, 0.0)
    keen = c > np.quantile(c, 0.3)
    arms = moments_of(*control), moments_of(y[keen], x[keen], c[keen])
    assert compare(*arms, kind="ratio").lift > 0.1
    assert abs(compare(*arms, kind="ratio_cuped").lift) < 0.5 * compare(*arms, kind="ratio").lift
