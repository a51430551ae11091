"""How many visitors and days an experiment needs. Decide it before the first look."""

import math

from recommender.errors import InputError
from recommender.statistics.comparison import Kind
from recommender.statistics.moments import Moments
from recommender.statistics.quantiles import normal_quantile

LEAST_UNEXPLAINED = 1e-6  # share of a variance


def sample_size_per_arm(
    baseline: float,
    relative_effect: float,
    *,
    variance: float | None = None,
    alpha: float = 0.05,
    power: float = 0.8,
    sequential: bool = False,
) -> float:
    """Visitors per arm to find a relative effect with this power.

    baseline: the control's rate, or its mean when `variance` (of one visitor's value) is given.
    sequential: the verdict comes from the always-valid interval, which costs about 1.9 times the visitors.
    """
    if not (baseline > 0 and relative_effect != 0 and math.isfinite(baseline * relative_effect)):
        raise InputError("baseline and relative_effect: the baseline must be above 0, the effect not 0")
    _check_shares(alpha=alpha, power=power)
    if variance is None:
        _check_shares(baseline=baseline)
        raised = min(max(baseline * (1.0 + relative_effect), 0.0), 1.0)
        both = baseline * (1.0 - baseline) + raised * (1.0 - raised)
    else:
        both = 2.0 * variance
    return standard_errors(alpha, power, sequential) ** 2 * both / (baseline * relative_effect) ** 2


def baseline_and_variance(moments: Moments, kind: Kind) -> tuple[float, float] | None:
    """What `sample_size_per_arm` needs of a metric, from the visitors that there were: its value, and how much one
    visitor's value varies around it. None where nothing of it was measured.

    ratio: the variance of y/x by the delta method; those with CUPED: what of it its covariate does not explain.
    """
    n = moments.n
    if n < 2 or moments.sum_y <= 0:
        return None
    mean_y, mean_x = moments.sum_y / n, moments.sum_x / n
    if kind == "proportion":
        return mean_y, mean_y * (1.0 - mean_y)
    var_y = _covariance(n, moments.sum_yy, moments.sum_y, moments.sum_y)
    var_x = _covariance(n, moments.sum_xx, moments.sum_x, moments.sum_x)
    both = _covariance(n, moments.sum_xy, moments.sum_x, moments.sum_y)
    if kind == "mean_cuped":
        return mean_y, _unexplained(var_y, var_x, both)
    if kind == "mean":
        return mean_y, var_y
    if mean_x <= 0:
        return None
    ratio = mean_y / mean_x
    variance = (var_y - 2.0 * ratio * both + ratio**2 * var_x) / mean_x**2
    return ratio, variance if kind == "ratio" else _unexplained(variance, *_covariate_of_terms(moments, ratio, mean_x))


def _covariate_of_terms(moments: Moments, ratio: float, mean_x: float) -> tuple[float, float]:
    """(variance of c, its covariance with the terms (y − ratio·x)/x̄) of a ratio metric."""
    n = moments.n
    with_y = _covariance(n, moments.sum_cy, moments.sum_c, moments.sum_y)
    with_x = _covariance(n, moments.sum_cx, moments.sum_c, moments.sum_x)
    return _covariance(n, moments.sum_cc, moments.sum_c, moments.sum_c), (with_y - ratio * with_x) / mean_x


def _unexplained(var_y: float, var_x: float, both: float) -> float:
    """All of it where the covariate does not vary, or explains everything: among few visitors that is chance."""
    left = var_y - both**2 / var_x if var_x > 0 else var_y
    return left if left > LEAST_UNEXPLAINED * var_y else var_y


def _covariance(n: int, products: float, sum_a: float, sum_b: float) -> float:
    return (products - sum_a * sum_b / n) / (n - 1)


def detectable_effect(
    *,
    per_arm: float,
    baseline: float,
    variance: float | None = None,
    alpha: float = 0.05,
    power: float = 0.8,
    sequential: bool = False,
) -> float:
    """The relative effect that `per_arm` visitors can find; both arms are taken to vary like the control."""
    if not (per_arm > 0 and baseline > 0):
        raise InputError("per_arm and baseline: must be above 0")
    _check_shares(alpha=alpha, power=power)
    of_one = baseline * (1.0 - baseline) if variance is None else variance
    return standard_errors(alpha, power, sequential) * math.sqrt(2.0 * of_one / per_arm) / baseline


def days_needed(*, per_arm: float, arms: int, visitors_per_day: float, traffic: float = 1.0) -> int | None:
    """Days until every arm has its visitors, at equal split; None if no visitors come. At least a week is wise."""
    if arms < 1 or per_arm < 0 or not 0.0 <= traffic <= 1.0:
        raise InputError("arms, per_arm and traffic: must be at least 1, at least 0 and between 0 and 1")
    daily = visitors_per_day * traffic
    return math.ceil(per_arm * arms / daily) if daily > 0 else None


def standard_errors(alpha: float, power: float, sequential: bool) -> float:
    """How many standard errors of the difference the effect must measure."""
    threshold = _always_valid_threshold(alpha) if sequential else normal_quantile(1.0 - alpha / 2.0)
    return threshold + normal_quantile(power)


def _always_valid_threshold(alpha: float) -> float:
    """Half-width of the confidence sequence at its planned total, in standard errors."""
    tuned = -2.0 * math.log(alpha) + math.log(1.0 - 2.0 * math.log(alpha))
    return math.sqrt(2.0 * (tuned + 1.0) / tuned * math.log(math.sqrt(tuned + 1.0) / alpha))


def _check_shares(**shares: float) -> None:
    for name, share in shares.items():
        if not 0.0 < share < 1.0:
            raise InputError(f"{name}: must be between 0 and 1")
