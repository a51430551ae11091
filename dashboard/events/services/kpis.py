"""Daily sums of a shop, in its own zone, out of interactions and exposures."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from django.db import connection, transaction

from dashboard.accounts.models import Shop
from dashboard.core import clock
from dashboard.events.selectors.outcomes import ATTRIBUTION_HOURS
from dashboard.events.services.kpi_sql import ALL_DAYS, DELETE_DAYS, INSERT_DAYS
from dashboard.events.services.retention import kept_since

_A_DAY_IN_PART = timedelta(days=1)  # a cutoff lies within a day of the shop's zone, which may be UTC's next


@transaction.atomic
def refresh_daily_kpis(*, shop: Shop, days: Iterable[date] | None = None) -> int:
    """Compute the `DailyKpi` rows of these days anew and say how many there are; without `days`: of every day.

    Can be repeated at will. Meanings:

    - the row with an empty `placement` is the whole shop; `orders` and `revenue` are of purchases in the shop's
      currency (refunds are not taken off);
    - a row of a placement counts its slates; `interactions` are those that name one of them, `visitors` those who
      were shown one, `orders` and `revenue` stay 0;
    - a click is a `select_item` or `view_item` that names a slate of that visitor which held the item, once per slate
      and item; a `recommendation_id` without its exposure counts for nothing;
    - a purchase within 24 hours after a click on the same item is attributed, to the placement of the last click.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('daily_kpis'), %s)", [shop.pk])
        wanted = sorted(set(_all_days(shop) if days is None else days))
        if not wanted:
            return 0
        start, _ = clock.day_bounds(wanted[0], shop.timezone)
        _, end = clock.day_bounds(wanted[-1], shop.timezone)
        parameters: dict[str, Any] = {
            "shop": shop.pk,
            "zone": shop.timezone,
            "currency": shop.currency,
            "days": wanted,
            "start": start,
            "end": end,
            "hours": ATTRIBUTION_HOURS,
        }
        cursor.execute(DELETE_DAYS, parameters)
        cursor.execute(INSERT_DAYS, parameters)
        return cursor.rowcount


def _all_days(shop: Shop) -> list[date]:
    """Every day that has behaviour, and every day that has sums by now (erased visitors may have left no other trace);
    without those whose behaviour was forgotten because of its age: their sums are all that is left."""
    oldest = kept_since(shop, clock.now())
    with connection.cursor() as cursor:
        cursor.execute(ALL_DAYS, {"shop": shop.pk, "zone": shop.timezone})
        return [row[0] for row in cursor.fetchall() if oldest is None or row[0] > oldest.date() + _A_DAY_IN_PART]
