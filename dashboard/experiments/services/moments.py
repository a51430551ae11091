"""Exposures and interactions become summable days: one statement in the database, whatever the size of the shop."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection, transaction

from dashboard.core import clock
from dashboard.core.each import each_on_its_own
from dashboard.core.tenancy import operator_scope, shop_scope
from dashboard.experiments.models import DailyMoment, Experiment, PartMoment
from dashboard.experiments.moments_sql import INSERT_MOMENTS
from dashboard.experiments.selectors.results import results_anew

COVARIATE_DAYS = 28  # spend before the first exposure, for CUPED
LATE_DAYS = 2  # events that arrive later than this after a cohort's window no longer count
ANSWER = timedelta(hours=24)  # after a click on an item, its purchase is from the recommendation


@transaction.atomic
def refresh_moments(experiment: Experiment, *, now: datetime | None = None) -> int:
    """Recompute the experiment's open cohorts; returns how many moments were written.

    A visitor belongs to the cohort of his first exposure's day in the shop's zone, and to that exposure's variant;
    his behaviour counts from that moment for `window_days`. Cohorts that were closed at the last refresh are final.
    Running it twice changes nothing.
    """
    now = now or clock.now()
    locked = Experiment.objects.select_for_update().select_related("shop").get(pk=experiment.pk)
    first_day = _first_open_day(locked)
    for moments in (DailyMoment, PartMoment):
        moments.objects.filter(experiment=locked, day__gte=first_day).delete()
    with connection.cursor() as cursor:
        cursor.execute(INSERT_MOMENTS, _parameters(locked, first_day, now))
        written = cursor.rowcount
    locked.refreshed_at = now
    locked.verdict = results_anew(locked).verdict.state
    locked.save(update_fields=["refreshed_at", "verdict"])
    experiment.refreshed_at, experiment.verdict = now, locked.verdict
    return written


def refresh_running(*, now: datetime | None = None) -> int:
    """Refresh every experiment that can still change; returns how many. For the scheduled job."""
    now = now or clock.now()
    with operator_scope("experiments of every shop are refreshed by one job"):
        begun = list(Experiment.objects.exclude(state=Experiment.State.DRAFT))

    def refresh(experiment: Experiment) -> int:
        with shop_scope(experiment.shop_id):
            return refresh_moments(experiment, now=now)

    return len(each_on_its_own([experiment for experiment in begun if not _is_final(experiment)], refresh))


def _first_open_day(experiment: Experiment) -> date:
    if experiment.refreshed_at is None:
        return date.min
    zone = ZoneInfo(experiment.shop.timezone)
    closed_before = experiment.refreshed_at - timedelta(days=experiment.window_days + LATE_DAYS)
    return closed_before.astimezone(zone).date()


def _is_final(experiment: Experiment) -> bool:
    if experiment.ended_at is None or experiment.refreshed_at is None:
        return False
    closes_at = experiment.ended_at + timedelta(days=experiment.window_days + LATE_DAYS)
    return experiment.refreshed_at > closes_at


def _parameters(experiment: Experiment, first_day: date, now: datetime) -> dict[str, Any]:
    return {
        "experiment": experiment.pk,
        "shop": experiment.shop_id,
        "zone": experiment.shop.timezone,
        "currency": experiment.shop.currency,
        "first_day": first_day,
        "now": now,
        "window": timedelta(days=experiment.window_days),
        "before": timedelta(days=COVARIATE_DAYS),
        "answer": ANSWER,
        "primary": experiment.primary_metric,
    }
