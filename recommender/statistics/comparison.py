"""Two arms compared: relative lift, interval, always-valid interval, chance to win.

The engine is gbstats. It is imported inside the functions: with pydantic and scipy it costs half a second, which only
those should pay who compare. Formulas: delta method for ratios and relative lifts, Welch's t; CUPED with θ pooled over
both arms (Deng 2013), for ratios on the terms of the delta method (ratio_cuped.py); confidence sequence of Waudby-Smith
et al. 2023 (arXiv 2103.06476, eq. 9, 155 and 161).
"""

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from recommender.errors import InputError
from recommender.statistics.moments import Moments

if TYPE_CHECKING:
    from gbstats.models.statistics import TestStatistic

Kind = Literal["proportion", "mean", "ratio", "mean_cuped", "ratio_cuped"]
KINDS = ("proportion", "mean", "ratio", "mean_cuped", "ratio_cuped")
RATIOS = ("ratio", "ratio_cuped")
DEFAULT_SEQUENTIAL_N = 5000.0

# Why a comparison says nothing. The first three are the engine's own words.
BASELINE_ZERO = "ZERO_NEGATIVE_BASELINE_VARIATION"
NO_VARIANCE = "ZERO_NEGATIVE_VARIANCE"
NO_VISITORS = "NO_UNITS_IN_VARIATION"
BASELINE_NEGATIVE = "NEGATIVE_BASELINE"


@dataclass(frozen=True)
class Sequential:
    """The interval that may be looked at every day. Tightest when `tuning_n` visitors have been seen."""

    tuning_n: float
    rho: float
    ci: tuple[float, float]
    p_value: float


@dataclass(frozen=True)
class Bayes:
    """The second view. Risks are expected losses in lift: of keeping the control, of choosing the treatment."""

    chance_to_win: float
    expected: float
    ci: tuple[float, float]
    risk_choose_control: float
    risk_choose_treatment: float


@dataclass(frozen=True)
class Comparison:
    """Treatment against control. Where `error` is set there is not enough data and every figure is None.

    lift: (treatment − control) / control, with its standard error, interval and the p-value that is dual to it; the
    interval to decide by is `sequential`. dof: Welch–Satterthwaite. theta: of CUPED only.
    """

    lift: float | None
    stderr: float | None
    ci: tuple[float, float] | None
    p_value: float | None
    dof: float | None
    error: str | None
    theta: float | None
    sequential: Sequential | None
    bayes: Bayes | None


def compare(
    control: Moments,
    treatment: Moments,
    *,
    kind: Kind,
    alpha: float = 0.05,
    sequential_n: float = DEFAULT_SEQUENTIAL_N,
    difference: Literal["relative", "absolute"] = "relative",
    prior: tuple[float, float] | None = None,
    with_bayes: bool = True,
) -> Comparison:
    """Compare two arms. `sequential_n`: the planned total of visitors; fix it before the first look and keep it.

    `prior`: mean and variance of a normal prior on the effect, for the Bayesian view alone, which takes three quarters
    of the time: leave it out (`with_bayes`) where many comparisons are made for their intervals.
    """
    if kind not in KINDS:
        raise InputError(f"kind: must be one of {', '.join(KINDS)}")
    if not 0.0 < alpha < 1.0:
        raise InputError("alpha: must be between 0 and 1")
    if not sequential_n > 0:
        raise InputError("sequential_n: must be above 0")
    error = _missing(control, treatment, kind, difference)
    if error:
        return _nothing(error)
    compared = _compared(control, treatment, kind, alpha, sequential_n, difference)
    if compared.error or not with_bayes:
        return compared
    return replace(compared, bayes=_bayes(_arms(control, treatment, kind), alpha, difference, prior))


def sequence_rho(alpha: float, sequential_n: float) -> float:
    """ρ of the confidence sequence that is tightest at `sequential_n` visitors (eq. 161)."""
    return math.sqrt((-2.0 * math.log(alpha) + math.log(1.0 - 2.0 * math.log(alpha))) / sequential_n)


def _missing(control: Moments, treatment: Moments, kind: Kind, difference: str) -> str | None:
    if not control.n or not treatment.n:
        return NO_VISITORS
    base = control.sum_y
    if kind in RATIOS:
        if not control.sum_x or not treatment.sum_x:
            return BASELINE_ZERO
        base = control.sum_y / control.sum_x
    if difference == "relative" and base <= 0:
        return BASELINE_ZERO if base == 0 else BASELINE_NEGATIVE
    return None


def _nothing(error: str) -> Comparison:
    return Comparison(None, None, None, None, None, error, None, None, None)


def _compared(
    control: Moments,
    treatment: Moments,
    kind: Kind,
    alpha: float,
    sequential_n: float,
    difference: Any,
) -> Comparison:
    from gbstats.frequentist.tests import FrequentistConfig, TwoSidedTTest

    test = TwoSidedTTest(*_arms(control, treatment, kind), FrequentistConfig(difference_type=difference, alpha=alpha))
    result = test.compute_result()
    if result.error_message:
        return _nothing(result.error_message)
    return Comparison(
        lift=float(result.expected),
        stderr=float(result.uplift.stddev),
        ci=_pair(result.ci),
        p_value=float(result.p_value),
        dof=float(test.dof),
        error=None,
        theta=_theta(test.stat_a) if kind.endswith("_cuped") else None,
        sequential=_sequential(_arms(control, treatment, kind), alpha, sequential_n, difference),
        bayes=None,
    )


def _arms(control: Moments, treatment: Moments, kind: Kind) -> tuple["TestStatistic", "TestStatistic"]:
    """Fresh ones for each test: the engine writes θ into them."""
    arms = _statistic(control, kind), _statistic(treatment, kind)
    if kind == "ratio_cuped":
        from recommender.statistics.ratio_cuped import share_theta

        share_theta(*arms)
    return arms


def _statistic(moments: Moments, kind: Kind) -> "TestStatistic":
    from gbstats.models.statistics import (
        ProportionStatistic,
        RatioStatistic,
        RegressionAdjustedStatistic,
        SampleMeanStatistic,
    )

    if kind == "proportion":
        return ProportionStatistic(n=moments.n, sum=moments.sum_y)
    of_y = SampleMeanStatistic(n=moments.n, sum=moments.sum_y, sum_squares=moments.sum_yy)
    if kind == "mean":
        return of_y
    of_x = SampleMeanStatistic(n=moments.n, sum=moments.sum_x, sum_squares=moments.sum_xx)
    if kind == "ratio":
        return RatioStatistic(n=moments.n, m_statistic=of_y, d_statistic=of_x, m_d_sum_of_products=moments.sum_xy)
    if kind == "ratio_cuped":
        return _adjusted_ratio(moments, of_y, of_x)
    return RegressionAdjustedStatistic(
        n=moments.n, post_statistic=of_y, pre_statistic=of_x, post_pre_sum_of_products=moments.sum_xy, theta=0.0
    )


def _adjusted_ratio(moments: Moments, of_y: Any, of_x: Any) -> "TestStatistic":
    from gbstats.models.statistics import SampleMeanStatistic

    from recommender.statistics.ratio_cuped import AdjustedRatioStatistic

    return AdjustedRatioStatistic(
        n=moments.n,
        m_statistic=of_y,
        d_statistic=of_x,
        m_d_sum_of_products=moments.sum_xy,
        covariate=SampleMeanStatistic(n=moments.n, sum=moments.sum_c, sum_squares=moments.sum_cc),
        m_covariate_products=moments.sum_cy,
        d_covariate_products=moments.sum_cx,
    )


def _theta(statistic: "TestStatistic") -> float:
    """θ, 0 where the engine fell back to the unadjusted metric because the covariate does not vary."""
    return float(getattr(statistic, "theta", 0.0))


def _sequential(
    arms: tuple["TestStatistic", "TestStatistic"], alpha: float, sequential_n: float, difference: Any
) -> Sequential:
    import numpy as np
    from gbstats.frequentist.tests import SequentialConfig, SequentialTwoSidedTTest

    config = SequentialConfig(difference_type=difference, alpha=alpha, sequential_tuning_parameter=sequential_n)
    with np.errstate(over="ignore"):  # the e-value of a huge effect is infinite, its p-value 0
        result = SequentialTwoSidedTTest(*arms, config).compute_result()
    return Sequential(sequential_n, sequence_rho(alpha, sequential_n), _pair(result.ci), float(result.p_value))


def _bayes(
    arms: tuple["TestStatistic", "TestStatistic"], alpha: float, difference: Any, prior: tuple[float, float] | None
) -> Bayes:
    from gbstats.bayesian.tests import EffectBayesianABTest, EffectBayesianConfig, GaussianPrior

    mean, variance = prior or (0.0, 1.0)
    config = EffectBayesianConfig(
        difference_type=difference,
        alpha=alpha,
        prior_type=difference,
        prior_effect=GaussianPrior(mean=mean, variance=variance, proper=prior is not None),
    )
    result = EffectBayesianABTest(*arms, config).compute_result()
    risks = [
        float(risk) if math.isfinite(risk) else _loss(sign * result.expected, result.uplift.stddev)
        for risk, sign in zip(result.risk, (1.0, -1.0), strict=True)
    ]
    return Bayes(float(result.chance_to_win), float(result.expected), _pair(result.ci), *risks)


def _loss(mean: float, deviation: float) -> float:
    """E max(X, 0) of a normal X: the engine's risk, where its truncated normal runs out of digits."""
    z = mean / deviation
    density = math.exp(-z * z / 2.0) / math.sqrt(2.0 * math.pi)
    return max(mean * 0.5 * math.erfc(-z / math.sqrt(2.0)) + deviation * density, 0.0)


def _pair(values: Any) -> tuple[float, float]:
    return float(values[0]), float(values[1])
