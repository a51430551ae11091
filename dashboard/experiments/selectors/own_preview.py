"""What a metric would have been in the last weeks, before anybody decides by it."""

import math
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import connection

from dashboard.accounts.models import Shop
from dashboard.core import clock
from dashboard.experiments.estimates import ALPHA
from dashboard.experiments.own_metric_sql import sampled_moments
from dashboard.experiments.own_metrics import Definition
from dashboard.experiments.selectors.planning import CHANGES, COUNTED_DAYS, sampled_parts
from recommender.statistics import SUMS, Moments, baseline_and_variance, sample_size_per_arm

LOOK_BACK_DAYS = 28
_VISITORS = """
    SELECT count(DISTINCT visitor_id) FROM events_exposure
    WHERE shop_id = %(shop)s AND visitor_id <> '' AND served_at BETWEEN %(since)s AND %(until)s
"""


@dataclass(frozen=True)
class Preview:
    """Of the visitors whose first slate in 28 days was so long ago that all that counts has happened.

    `visitors`: how many were counted, a sample where there are many; `share`: of them with anything at all; `mean` and
    `deviation`: of the value of one; `high`: 99% of them have no more than this; `most`: the most of one. `explained`:
    the share of the spread that the visitors' past explains (CUPED). `needed`: {relative change: visitors of A and B
    together}, with 95% confidence and 80% power, looked at on any day; empty where nothing was counted.
    """

    visitors: int
    share: float
    mean: float
    deviation: float
    high: float
    most: float
    explained: float
    needed: dict[float, int]


def preview_of(shop: Shop, definition: Definition) -> Preview:
    """Costs what the plan of an experiment does: some 2 s of a large shop."""
    moments, share, high, most = _counted(shop, definition)
    plain, adjusted = (baseline_and_variance(moments, kind) for kind in ("mean", "mean_cuped"))
    if plain is None or adjusted is None or not plain[1] > 0:
        return Preview(moments.n, share, moments.sum_y / max(moments.n, 1), 0.0, high, most, 0.0, {})
    mean, variance = plain
    needed = {change: _visitors(mean, adjusted[1], change) for change in CHANGES}
    return Preview(moments.n, share, mean, math.sqrt(variance), high, most, 1.0 - adjusted[1] / variance, needed)


def _visitors(base: float, variance: float, change: float) -> int:
    return math.ceil(2 * sample_size_per_arm(base, change, variance=variance, alpha=ALPHA, sequential=True))


def _counted(shop: Shop, definition: Definition) -> tuple[Moments, float, float, float]:
    now, window = clock.now(), timedelta(days=COUNTED_DAYS)
    until = now - definition.lasts(window)
    parameters: dict[str, Any] = {
        "shop": shop.pk,
        "zone": shop.timezone,
        "currency": shop.currency,
        "since": until - timedelta(days=LOOK_BACK_DAYS),
        "until": until,
        "first_day": date.min,
        "now": now,
        "window": window,
        "before": timedelta(days=28),
    }
    statement, more = sampled_moments(definition, window=window, now=now, of_placement=False)
    with connection.cursor() as cursor:
        cursor.execute(_VISITORS, parameters)
        (visitors,) = cursor.fetchone() or (0,)
        cursor.execute(statement, {**parameters, **more, "parts": sampled_parts(visitors)})
        n, *values = cursor.fetchone() or (0,)
    known = [float(value or 0) for value in values] or [0.0] * (len(SUMS) + 2)
    share, high, most = known[len(SUMS) - 1 :]
    return Moments(n, *known[: len(SUMS) - 1]), share, high, most
