"""Sums of an experiment's days, and what the statistics say of them: one estimate for each metric."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from dashboard.experiments.metrics import Guardrail, Metric
from dashboard.experiments.models import MomentSums
from recommender.statistics import (
    LEAST_EFFECTIVE,
    SUMS,
    Comparison,
    Moments,
    compare,
    effective_visitors,
    guardrail,
)

ALPHA = 0.05
LEAST_CHANGE = -1.0  # a share, a count or money that was earned cannot fall below nothing
Interval = tuple[float, float]


def moments_of(rows: Iterable[MomentSums]) -> Moments:
    """Days add up."""
    total = Moments()
    for row in rows:
        total += Moments(*(getattr(row, name) for name in SUMS))
    return total


@dataclass(frozen=True)
class Estimate:
    """A metric in A and in another variant, and that one against A. `adjusted_p`: after Benjamini–Hochberg, for metrics
    that do not decide."""

    metric: Metric
    control: Moments
    treatment: Moments
    comparison: Comparison
    adjusted_p: float | None = None

    @property
    def interval(self) -> Interval | None:
        """The always-valid 95% interval; None where there is not enough data, of money also where a few dear orders
        make most of it: there it would miss the truth too often (docs/experiments.md).

        Cut at what a metric can lose: with few visitors the arithmetic goes on below −100 %, the truth cannot. What is
        cut off held nothing that could be true, so the interval covers as often as before.
        """
        if self.comparison.error or self.comparison.sequential is None or self._rests_on_few:
            return None
        low, high = self.comparison.sequential.ci
        return max(low, LEAST_CHANGE), max(high, LEAST_CHANGE)

    @property
    def _rests_on_few(self) -> bool:
        arms = self.control, self.treatment
        return self.metric.unit == "money" and min(map(effective_visitors, arms)) < LEAST_EFFECTIVE

    @property
    def lift(self) -> float | None:
        """Against A, relative; None where there is not enough data."""
        return None if self.interval is None else self.comparison.lift

    @property
    def at_worst(self) -> float:
        """The lower end of the interval; below everything where there is not enough data."""
        return float("-inf") if self.interval is None else self.interval[0]

    @property
    def p_value(self) -> float | None:
        """The one dual to the interval; for the adjustment, never shown bare."""
        sequential = self.comparison.sequential
        return None if self.interval is None or sequential is None else sequential.p_value

    @property
    def control_value(self) -> float | None:
        return value_of(self.metric, self.control)

    @property
    def treatment_value(self) -> float | None:
        return value_of(self.metric, self.treatment)

    @property
    def conclusion(self) -> Literal["up", "down", "unclear", "no_data"]:
        """Clear means that the interval leaves zero out and, of several metrics, that it stands the adjustment."""
        if self.interval is None:
            return "no_data"
        low, high = self.interval
        if self.adjusted_p is not None and self.adjusted_p > ALPHA:
            return "unclear"
        return "up" if low > 0 else "down" if high < 0 else "unclear"

    @property
    def tone(self) -> Literal["positive", "negative", "control"]:
        """Whether what is clear is good: of some metrics less is."""
        if self.conclusion not in ("up", "down"):
            return "control"
        return "positive" if (self.conclusion == "up") == self.metric.higher_is_better else "negative"


GuardState = Literal["fine", "harmed", "unsure", "none"]
_GUARD_STATES: dict[str, GuardState] = {"holds": "fine", "harmed": "harmed", "unclear": "unsure"}


@dataclass(frozen=True)
class GuardEstimate(Estimate):
    """A guardrail: fine while harm beyond its limit can be ruled out."""

    metric: Guardrail

    @property
    def worst(self) -> float | None:
        """The end of the interval on the side of harm."""
        if self.interval is None:
            return None
        return self.interval[0] if self.metric.higher_is_better else self.interval[1]

    @property
    def worst_is_told(self) -> bool:
        """Whether that end is one that the data tell, and not merely all that there was to lose."""
        return self.worst is not None and self.worst > LEAST_CHANGE

    @property
    def state(self) -> GuardState:
        """`none`: it never happened in either variant."""
        if self.control.sum_y == 0 and self.treatment.sum_y == 0:
            return "none"
        state = guardrail(self.interval, margin=self.metric.limit, higher_is_better=self.metric.higher_is_better)
        return _GUARD_STATES[state]


def value_of(metric: Metric, moments: Moments) -> float | None:
    below = moments.sum_x if metric.is_ratio else moments.n
    return moments.sum_y / below if below else None


def estimate(
    metric: Metric,
    control: Moments,
    treatment: Moments,
    *,
    planned_visitors: int,
    with_bayes: bool = True,
    alpha: float = ALPHA,
) -> Estimate:
    """Some 4 ms, and 1 ms without the chance to win and the risks (`with_bayes`). `alpha`: of the interval, where
    several variants are tried at once."""
    kind = GuardEstimate if isinstance(metric, Guardrail) else Estimate
    comparison = compare(
        control, treatment, kind=metric.kind, alpha=alpha, sequential_n=planned_visitors, with_bayes=with_bayes
    )
    return kind(metric, control, treatment, comparison)  # type: ignore[arg-type]
