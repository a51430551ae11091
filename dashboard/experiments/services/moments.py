"""Exposures and interactions become summable days: two statements in the database, whatever the size of the shop."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection, transaction

from dashboard.core import clock
from dashboard.core.each import each_on_its_own
from dashboard.core.pace import at_its_pace
from dashboard.core.tenancy import operator_scope, shop_scope
from dashboard.events.services import kept_since
from dashboard.experiments.models import DailyMoment, Experiment, PartMoment
from dashboard.experiments.moments_sql import INSERT_MOMENTS
from dashboard.experiments.own_metric_sql import own_moments
from dashboard.experiments.own_metrics import Definition
from dashboard.experiments.selectors.own import counted_in, definitions_by_shop
from dashboard.experiments.selectors.results import results_anew
from dashboard.experiments.services.interleaving import refresh_interleaved

COVARIATE_DAYS = 28  # spend before the first exposure, for CUPED
LATE_DAYS = 2  # events that arrive later than this after a cohort's window no longer count
ANSWER = timedelta(hours=24)  # after a click on an item, its purchase is from the recommendation
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


@transaction.atomic
def refresh_moments(experiment: Experiment, *, now: datetime | None = None) -> int:
    """Recompute the experiment's open cohorts; returns how many moments were written.

    A visitor belongs to the cohort of his first exposure's day in the shop's zone, and to that exposure's variant;
    his behaviour counts from that moment for `window_days`. Cohorts that were closed at the last refresh are final.
    Running it twice changes nothing.
    """
    now = now or clock.now()
    locked = Experiment.objects.select_for_update().select_related("shop").get(pk=experiment.pk)
    own = [] if locked.is_interleaved else counted_in(locked)
    parameters = _parameters(locked, _first_open_day(locked, own, now), now)
    written = refresh_interleaved(locked, parameters) if locked.is_interleaved else _insert(locked, own, parameters)
    locked.refreshed_at = now
    locked.verdict = results_anew(locked).verdict.state
    locked.save(update_fields=["refreshed_at", "verdict"])
    experiment.refreshed_at, experiment.verdict = now, locked.verdict
    return written


def refresh_running(*, now: datetime | None = None) -> int:
    """Refresh every experiment that can still change and does not rest from its last turn; returns how many. For the
    scheduled job."""
    now = now or clock.now()
    with operator_scope("experiments of every shop are refreshed by one job"):
        begun = list(Experiment.objects.exclude(state=Experiment.State.DRAFT))
        own = definitions_by_shop()

    def refresh(experiment: Experiment) -> int:
        with shop_scope(experiment.shop_id):
            return refresh_moments(experiment, now=now)

    changing = [experiment for experiment in begun if not _is_final(experiment, own.get(experiment.shop_id, []))]
    refreshed = each_on_its_own(changing, at_its_pace("experiments.refresh", refresh))
    return len([written for written in refreshed if written is not None])


def _insert(experiment: Experiment, own: Sequence[Definition], parameters: dict[str, Any]) -> int:
    for moments in (DailyMoment, PartMoment):
        moments.objects.filter(experiment=experiment, day__gte=parameters["first_day"]).delete()
    with connection.cursor() as cursor:
        cursor.execute(INSERT_MOMENTS, parameters)
        written = cursor.rowcount
        if own:
            statement, more = own_moments(
                own, window=parameters["window"], now=parameters["now"], primary=experiment.primary_metric
            )
            cursor.execute(statement, {**parameters, **more})
            written += cursor.rowcount
    return written


def _closed_before(experiment: Experiment, own: Sequence[Definition]) -> datetime:
    """Of visitors who came before it the sums were final at the last refresh. A metric of the shop that was made later
    opens nothing again that was closed without it."""
    window, late = timedelta(days=experiment.window_days), timedelta(days=LATE_DAYS)
    refreshed_at = experiment.refreshed_at or _BEGINNING
    usual = refreshed_at - window - late
    made = [(definition, definition.made_at or _BEGINNING) for definition in own]
    slower = [max(refreshed_at - each.lasts(window) - late, made_at - window - late) for each, made_at in made]
    return min([usual, *slower])


def _first_open_day(experiment: Experiment, own: Sequence[Definition], now: datetime) -> date:
    """Days whose behaviour the shop has forgotten, in whole or in part, stay as they were counted."""
    if experiment.refreshed_at is None:
        return date.min
    zone, kept = ZoneInfo(experiment.shop.timezone), kept_since(experiment.shop, now)
    first = _closed_before(experiment, own).astimezone(zone).date()
    return first if kept is None else max(first, kept.astimezone(zone).date() + timedelta(days=1))


def _is_final(experiment: Experiment, own: Sequence[Definition]) -> bool:
    if experiment.ended_at is None or experiment.refreshed_at is None:
        return False
    return _closed_before(experiment, [] if experiment.is_interleaved else own) > experiment.ended_at


def _parameters(experiment: Experiment, first_day: date, now: datetime) -> dict[str, Any]:
    zone = ZoneInfo(experiment.shop.timezone)
    return {
        "experiment": experiment.pk,
        "shop": experiment.shop_id,
        "zone": experiment.shop.timezone,
        "currency": experiment.shop.currency,
        "first_day": first_day,
        "open_from": _BEGINNING if first_day == date.min else datetime.combine(first_day, time(), zone),
        "now": now,
        "window": timedelta(days=experiment.window_days),
        "before": timedelta(days=COVARIATE_DAYS),
        "answer": ANSWER,
        "primary": experiment.primary_metric,
    }
