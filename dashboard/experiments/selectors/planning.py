"""How long an experiment will take, told before it starts; and what it can show at all."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import connection

from dashboard.core import clock
from dashboard.experiments.estimates import ALPHA, Estimate
from dashboard.experiments.metrics import DEFAULT_PRIMARY, Metric
from dashboard.experiments.moments_sql import PLACEMENT_MOMENTS
from dashboard.experiments.own_metric_sql import sampled_moments
from dashboard.experiments.own_metrics import Definition
from dashboard.experiments.selectors.own import deciding_metric, own_definition
from dashboard.policies.models import Placement
from recommender.statistics import (
    SUMS,
    Moments,
    baseline_and_variance,
    days_needed,
    detectable_effect,
    sample_size_per_arm,
)

LOOK_BACK_DAYS = 14
COUNTED_DAYS = 7  # of a visitor's behaviour from the first slate on, as an experiment counts by default
PATIENCE_DAYS = 56  # what a merchant can be asked to wait for
LEAST_DAYS = 7  # weekdays and weekends differ
CHANGES = (0.02, 0.05, 0.1, 0.2, 0.5)
DEFAULT_CHANGE = 0.1
DEFAULT_BASE_RATE = 0.1  # where nothing was measured yet
SAMPLED_VISITORS = 20_000  # some 2 s of counting; what varies among them varies among all
MIN_PLANNED_VISITORS, MAX_PLANNED_VISITORS = 200, 10_000_000

_VISITORS = """
    SELECT count(DISTINCT visitor_id) FROM events_exposure
    WHERE shop_id = %(shop)s AND placement = %(placement)s AND visitor_id <> '' AND served_at >= %(since)s
"""


@dataclass(frozen=True)
class Wait:
    """To show a relative change of `change`, if there is one: so many visitors, so many days (None: no traffic)."""

    change: float
    visitors: int
    days: int | None

    @property
    def is_bearable(self) -> bool:
        return self.days is not None and self.days <= PATIENCE_DAYS


@dataclass(frozen=True)
class Plan:
    """What to expect of an experiment that a metric decides, by the placement's last two weeks.

    `base`: the metric's value now; `waits` are by rising change; `aim` is the one that is planned for.
    """

    metric: Metric
    visitors_per_day: float
    base: float
    is_measured: bool
    waits: list[Wait]
    aim: Wait
    ends_on: date | None
    currency: str

    @property
    def base_shown(self) -> str:
        return self.metric.shown(self.base, self.currency)

    @property
    def planned_visitors(self) -> int:
        return min(max(self.aim.visitors, MIN_PLANNED_VISITORS), MAX_PLANNED_VISITORS)

    @property
    def is_too_small(self) -> bool:
        """Even a change of a fifth cannot be shown within eight weeks."""
        return not next(wait for wait in self.waits if wait.change == 0.2).is_bearable

    @property
    def smallest_bearable(self) -> float | None:
        return next((wait.change for wait in self.waits if wait.is_bearable), None)


def plan_for(
    placement: Placement,
    *,
    metric: str = DEFAULT_PRIMARY,
    traffic_share: float = 1.0,
    change: float | None = None,
    variants: int = 2,
) -> Plan:
    """Power planning by the metric's own value and spread: always-valid 95% interval, 80% power, all variants alike;
    of several against A each interval is wider, so that all together hold (Bonferroni).

    `change`: what shall be shown if it is there, one of CHANGES; left open, a tenth, or else the smallest change that
    can be waited for.
    """
    chosen, visitors = deciding_metric(placement.shop, metric), visitor_count(placement)
    own = own_definition(placement.shop_id, metric)
    moments = _own_moments(placement, own, visitors) if own else moments_of(placement, [metric], visitors)[metric]
    return plan_from(
        placement, chosen, visitors, moments, traffic_share=traffic_share, change=change, variants=variants
    )


def plan_from(
    placement: Placement,
    chosen: Metric,
    visitors: int,
    moments: Moments,
    *,
    traffic_share: float = 1.0,
    change: float | None = None,
    variants: int = 2,
) -> Plan:
    """The same where `visitors` and the sums of the metric are counted already."""
    per_day = visitors / LOOK_BACK_DAYS * traffic_share
    measured = baseline_and_variance(moments, chosen.kind) if visitors else None
    base, variance = measured or _assumed(chosen)
    spread = variance if chosen.kind != "proportion" else None
    waits = [_wait(base, spread, each, per_day, variants) for each in CHANGES]
    aim = _aim(waits, change)
    return Plan(
        chosen, per_day, base, measured is not None, waits, aim, _ends_on(placement, aim), placement.shop.currency
    )


def moments_of(placement: Placement, metrics: Sequence[str], visitors: int) -> dict[str, Moments]:
    """{metric: sums of the `visitors` of the last two weeks, or of a sample that is large enough}, read at once; of
    metrics that every shop has."""
    found: dict[str, Moments] = {}
    if visitors:
        with connection.cursor() as cursor:
            cursor.execute(PLACEMENT_MOMENTS, {**_parameters(placement, visitors), "metrics": list(metrics)})
            found = {metric: _summed(sums) for metric, *sums in cursor.fetchall()}
    return {metric: found.get(metric, Moments()) for metric in metrics}


def detectable_change(primary: Estimate, planned_visitors: int) -> float | None:
    """The relative change that so many visitors show with 80% power, looked at whenever one likes."""
    measured = baseline_and_variance(primary.control, primary.metric.kind)
    if measured is None or not measured[1] > 0:
        return None
    base, variance = measured
    return detectable_effect(per_arm=planned_visitors / 2, baseline=base, variance=variance, sequential=True)


def _wait(base: float, variance: float | None, change: float, per_day: float, variants: int) -> Wait:
    alpha = ALPHA / (variants - 1)
    per_arm = sample_size_per_arm(base, change, variance=variance, alpha=alpha, sequential=True)
    days = days_needed(per_arm=per_arm, arms=variants, visitors_per_day=per_day)
    return Wait(change, math.ceil(variants * per_arm), days if days is None else max(days, LEAST_DAYS))


def _aim(waits: list[Wait], change: float | None) -> Wait:
    by_change = {wait.change: wait for wait in waits}
    if change in by_change:
        return by_change[change]
    if by_change[DEFAULT_CHANGE].is_bearable:
        return by_change[DEFAULT_CHANGE]
    return next((wait for wait in waits if wait.is_bearable), waits[-1])


def _assumed(metric: Metric) -> tuple[float, float]:
    """One visitor in ten does it; what is counted or paid varies like that too."""
    share = DEFAULT_BASE_RATE
    return share, share * (1.0 - share)


def _ends_on(placement: Placement, aim: Wait) -> date | None:
    return None if aim.days is None else clock.today_in(placement.shop.timezone) + timedelta(days=aim.days)


def visitor_count(placement: Placement) -> int:
    """Visitors of the placement in the last two weeks."""
    parameters = {"shop": placement.shop_id, "placement": placement.slug, "since": _since()}
    with connection.cursor() as cursor:
        cursor.execute(_VISITORS, parameters)
        row = cursor.fetchone()
    return int(row[0]) if row else 0


def _own_moments(placement: Placement, own: Definition, visitors: int) -> Moments:
    if not visitors:
        return Moments()
    parameters = _parameters(placement, visitors)
    statement, more = sampled_moments(own, window=parameters["window"], now=parameters["now"], of_placement=True)
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters | more)
        return _summed((cursor.fetchone() or (0,))[: len(SUMS)])


def _parameters(placement: Placement, visitors: int) -> dict[str, Any]:
    return {
        "shop": placement.shop_id,
        "placement": placement.slug,
        "zone": placement.shop.timezone,
        "currency": placement.shop.currency,
        "since": _since(),
        "first_day": date.min,
        "now": clock.now(),
        "window": timedelta(days=COUNTED_DAYS),
        "before": timedelta(days=28),
        "answer": timedelta(hours=24),
        "parts": sampled_parts(visitors),
    }


def _summed(row: Sequence[Any]) -> Moments:
    n, *sums = row
    return Moments(n, *(float(value or 0) for value in sums))


def sampled_parts(visitors: int) -> int:
    """How many of 1024 parts of so many visitors are enough to count."""
    return math.ceil(1024 * min(1.0, SAMPLED_VISITORS / max(visitors, 1)))


def _since() -> Any:
    return clock.now() - timedelta(days=LOOK_BACK_DAYS)
