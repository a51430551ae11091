"""Which days are to be summed."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection

from dashboard.accounts.models import Shop
from dashboard.core import clock
from dashboard.events.models import Exposure
from dashboard.events.services.retention import kept_since
from dashboard.ledger.models import ClosedDay

_LATE = timedelta(seconds=3)  # a row is received before its transaction commits
LOOKED_BACK_DAYS = 90  # what came before the first sum, or changes longer ago, is not summed

_CHANGED = """
    SELECT (slate.served_at AT TIME ZONE %(zone)s)::date
    FROM events_interaction did JOIN events_exposure slate
        ON slate.recommendation_id = did.recommendation_id AND slate.shop_id = did.shop_id
        AND slate.served_at >= %(first)s AND slate.served_at < %(today)s
    WHERE did.shop_id = %(shop)s AND did.received_at > %(since)s AND did.timestamp >= %(first)s
    UNION
    SELECT (timestamp AT TIME ZONE %(zone)s)::date - back.days
    FROM events_interaction CROSS JOIN (VALUES (0), (1)) AS back (days)
    WHERE shop_id = %(shop)s AND type IN ('purchase', 'refund') AND received_at > %(since)s
        AND timestamp >= %(first)s AND timestamp < %(today)s
"""
_OF_VISITORS = """
    SELECT DISTINCT (served_at AT TIME ZONE %(zone)s)::date FROM events_exposure
    WHERE shop_id = %(shop)s AND visitor_id = ANY(%(visitors)s)
"""


def due_days(shop: Shop, now: datetime, *, settled: timedelta) -> list[date]:
    """Days that are over and were never summed, or are stale, or were summed before they were `settled` (so long after
    their end nothing is attributed to them any more), or of which something arrived since; oldest first."""
    today = clock.local_day(now, shop.timezone)
    first = _first_day(shop, today, now)
    if first is None or first >= today:
        return []
    summed = {row.day: row for row in ClosedDay.objects.filter(shop=shop, day__gte=first)}
    last = max((row.summed_at for row in summed.values()), default=None)
    changed = set() if last is None else _changed_days(shop, first, today, last - _LATE)
    calendar = [first + timedelta(days=step) for step in range((today - first).days)]
    return [
        day
        for day in calendar
        if day not in summed or summed[day].is_stale or day in changed or _is_early(shop, summed[day], now, settled)
    ]


def unsummed_days(shop: Shop, since: date, until: date, now: datetime | None = None) -> list[date]:
    """Days of a period that are over and were never summed, oldest first: what happened on them no page knows yet."""
    now = now or clock.now()
    today = clock.local_day(now, shop.timezone)
    first = _first_day(shop, today, now)
    if first is None:
        return []
    start, end = max(first, since), min(today - clock.DAY, until)
    summed = set(ClosedDay.objects.filter(shop=shop, day__range=(start, end)).values_list("day", flat=True))
    calendar = [start + timedelta(days=step) for step in range((end - start).days + 1)]
    return [day for day in calendar if day not in summed]


def is_shown_first_today(shop: Shop, now: datetime | None = None) -> bool:
    """Whether the shop's first slate is of today."""
    now = now or clock.now()
    today = clock.local_day(now, shop.timezone)
    return _first_day(shop, today, now) == today


def placements_of(shop: Shop, since: datetime, end: datetime) -> list[tuple[str, bool]]:
    """(slug, whether simulated) of what was served between two moments."""
    rows = Exposure.objects.filter(shop=shop, served_at__gte=since, served_at__lt=end)
    return sorted(rows.order_by().values_list("placement", "simulated").distinct())


def days_of_visitors(shop: Shop, visitor_ids: Sequence[str]) -> list[date]:
    """On which any of them was shown a slate."""
    with connection.cursor() as cursor:
        cursor.execute(_OF_VISITORS, {"shop": shop.pk, "zone": shop.timezone, "visitors": list(visitor_ids)})
        return [row[0] for row in cursor.fetchall()]


def _first_day(shop: Shop, today: date, now: datetime) -> date | None:
    """The first whole day of which behaviour is kept, from the shop's first slate on, or the first that is stale; None
    where there is neither."""
    earliest, _ = clock.day_bounds(today - timedelta(days=LOOKED_BACK_DAYS), shop.timezone)
    kept = kept_since(shop, now)
    served = Exposure.objects.filter(shop=shop, served_at__gte=earliest).order_by("served_at")
    first_served = served.values_list("served_at", flat=True).first()
    stale = ClosedDay.objects.filter(shop=shop, is_stale=True).order_by("day").values_list("day", flat=True).first()
    days = [] if stale is None else [stale]
    days += [] if first_served is None else [clock.local_day(first_served, shop.timezone)]
    if not days:
        return None
    first = min(days)
    return first if kept is None else max(first, clock.local_day(kept, shop.timezone) + clock.DAY)


def _changed_days(shop: Shop, first: date, today: date, since: datetime) -> set[date]:
    start, _ = clock.day_bounds(first, shop.timezone)
    end, _ = clock.day_bounds(today, shop.timezone)
    asked: dict[str, Any] = {"shop": shop.pk, "zone": shop.timezone, "first": start, "today": end, "since": since}
    with connection.cursor() as cursor:
        cursor.execute(_CHANGED, asked)
        return {row[0] for row in cursor.fetchall()}


def _is_early(shop: Shop, row: ClosedDay, now: datetime, settled: timedelta) -> bool:
    """Whether it was summed before it was settled, and is by now."""
    _, end = clock.day_bounds(row.day, shop.timezone)
    return row.summed_at < end + settled <= now
