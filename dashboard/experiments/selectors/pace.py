"""How long an experiment has run, and how long it still takes."""

from collections.abc import Sequence
from datetime import timedelta

from dashboard.core import clock
from dashboard.experiments.models import DailyMoment, Experiment, InterleavedDay

RECENT_DAYS = 7


def days_run(experiment: Experiment) -> int:
    """Whole days since its start, or until its end."""
    if experiment.started_at is None:
        return 0
    return ((experiment.ended_at or clock.now()) - experiment.started_at).days


Days = Sequence[DailyMoment] | Sequence[InterleavedDay]


def visitor_days(experiment: Experiment) -> Days:
    """The sums in which each of its visitors is counted once, by the day of the first slate."""
    if experiment.is_interleaved:
        clicks = InterleavedDay.Credit.CLICKS
        return list(InterleavedDay.objects.filter(experiment=experiment, credit=clicks).order_by("day"))
    return list(DailyMoment.objects.filter(experiment=experiment, metric=experiment.primary_metric))


def days_left_of(experiment: Experiment, rows: Days) -> int | None:
    """Days until the planned number of visitors, at the pace of the last week; None where nobody comes (any more)."""
    if experiment.state != Experiment.State.RUNNING or experiment.started_at is None:
        return None
    zone = experiment.shop.timezone
    first_day = clock.today_in(zone) - timedelta(days=RECENT_DAYS)
    recent = sum(row.n for row in rows if row.day >= first_day)
    if not recent:
        return None
    began_at = max(clock.day_bounds(first_day, zone)[0], experiment.started_at)
    span_days = max((clock.now() - began_at) / clock.DAY, 1.0)
    return max(1, round((experiment.planned_visitors - sum(row.n for row in rows)) / (recent / span_days)))
