"""How long an experiment will take, told before it starts; and what it can show at all."""

import math
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import connection

from dashboard.core import clock
from dashboard.experiments.estimates import Estimate
from dashboard.policies.models import Placement
from recommender.statistics import days_needed, detectable_effect, sample_size_per_arm

LOOK_BACK_DAYS = 14
PATIENCE_DAYS = 56  # what a merchant can be asked to wait for
PLANNED_DAYS = 28
CHANGES = (0.05, 0.1, 0.2, 0.5)
MIN_BASE_RATE = 0.001
DEFAULT_BASE_RATE = 0.1  # where nothing was measured yet

_TRAFFIC = """
    SELECT count(*), count(*) FILTER (WHERE EXISTS (
        SELECT FROM events_interaction i
        WHERE i.shop_id = %(shop)s AND i.visitor_id = seen.visitor_id AND i.type = 'add_to_cart'
          AND i.timestamp >= seen.first_at AND i.timestamp < seen.first_at + interval '7 days'))
    FROM (SELECT visitor_id, min(served_at) AS first_at FROM events_exposure
          WHERE shop_id = %(shop)s AND placement = %(placement)s AND visitor_id <> '' AND served_at >= %(since)s
          GROUP BY visitor_id) AS seen
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
    """What to expect of an experiment on a placement, by its last two weeks."""

    visitors_per_day: float
    base_rate: float
    is_measured: bool
    waits: list[Wait]
    planned_visitors: int

    @property
    def is_too_small(self) -> bool:
        """Even a change of a fifth cannot be shown within eight weeks."""
        return not next(wait for wait in self.waits if wait.change == 0.2).is_bearable

    @property
    def smallest_bearable(self) -> float | None:
        return next((wait.change for wait in self.waits if wait.is_bearable), None)


def plan_for(placement: Placement, *, traffic_share: float = 1.0) -> Plan:
    """Power planning for the add-to-cart rate: always-valid 95% interval, 80% power, both variants alike."""
    visitors, buyers = _recent_traffic(placement)
    per_day = visitors / LOOK_BACK_DAYS * traffic_share
    base_rate = max(buyers / visitors, MIN_BASE_RATE) if buyers else DEFAULT_BASE_RATE
    return Plan(
        visitors_per_day=per_day,
        base_rate=base_rate,
        is_measured=bool(buyers),
        waits=[_wait(base_rate, change, per_day) for change in CHANGES],
        planned_visitors=max(round(per_day * PLANNED_DAYS), 1000),
    )


def detectable_change(primary: Estimate, planned_visitors: int) -> float | None:
    """The relative change of a share that so many visitors show with 80% power, looked at whenever one likes."""
    rate = primary.control_value
    if primary.metric.kind != "proportion" or not rate or rate >= 1:
        return None
    return detectable_effect(per_arm=planned_visitors / 2, baseline=rate, sequential=True)


def _wait(base_rate: float, change: float, per_day: float) -> Wait:
    per_arm = sample_size_per_arm(base_rate, change, sequential=True)
    return Wait(change, math.ceil(2 * per_arm), days_needed(per_arm=per_arm, arms=2, visitors_per_day=per_day))


def _recent_traffic(placement: Placement) -> tuple[int, int]:
    """(visitors, those of them who added to the cart within a week)."""
    parameters: dict[str, Any] = {
        "shop": placement.shop_id,
        "placement": placement.slug,
        "since": clock.now() - timedelta(days=LOOK_BACK_DAYS),
    }
    with connection.cursor() as cursor:
        cursor.execute(_TRAFFIC, parameters)
        visitors, buyers = cursor.fetchone() or (0, 0)
    return visitors, buyers
