"""Two policies that make slates together: how many slates that needs, and which of them visitors prefer."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import accumulate

from dashboard.experiments.metrics import METRICS
from dashboard.experiments.models import Experiment, InterleavedDay
from dashboard.experiments.preference_verdicts import preference_verdict
from dashboard.experiments.selectors.pace import days_left_of
from dashboard.experiments.selectors.planning import (
    DEFAULT_CHANGE,
    LEAST_DAYS,
    MAX_PLANNED_VISITORS,
    MIN_PLANNED_VISITORS,
    moments_of,
    plan_from,
    visitor_count,
)
from dashboard.experiments.verdicts import Verdict
from dashboard.policies.models import Placement
from recommender.statistics import Preference, days_needed, preference, preferences_needed

DECIDING = "click_through"  # what the A/B test beside it is planned by
DEFAULT_PREFERRING = 0.05  # of visitors, where nothing was measured yet
_CLICKED = "seconds_to_click"  # its denominator: visitors who clicked


@dataclass(frozen=True)
class Screening:
    """What an interleaving needs to show that B's items are clicked more often by `change`, if they are: `preferring`
    visitors who prefer one, so many `slates` of so many `visitors`; and how many an A/B test of the same would need."""

    change: float
    preferring: int
    visitors: int
    slates: int
    days: int | None
    is_measured: bool
    ab_visitors: int
    ab_days: int | None


@dataclass(frozen=True)
class PreferenceDay:
    """How it stood after the visitors of a day."""

    day: date
    visitors: int
    clicks: Preference


@dataclass(frozen=True)
class Preferences:
    """All that the page and the API say of an interleaving. `days` are by the day of the first slate; `items`: {credit:
    (of A's team, of B's)} that were chosen."""

    experiment: Experiment
    visitors: int
    slates: int
    clicks: Preference
    purchases: Preference
    items: dict[str, tuple[int, int]]
    days: list[PreferenceDay]
    days_left: int | None

    @property
    def verdict(self) -> Verdict:
        """In the reader's language."""
        return preference_verdict(
            self.clicks,
            self.purchases,
            visitors=self.visitors,
            is_full=self.visitors >= self.experiment.planned_visitors,
            is_running=self.experiment.state == Experiment.State.RUNNING,
            days_left=self.days_left,
        )


def screening_for(placement: Placement, *, change: float | None = None, traffic_share: float = 1.0) -> Screening:
    """By the placement's last two weeks: how many visitors click, and how many slates they see. At least so many: a
    visitor who clicks as many items of each team prefers none."""
    wanted = change or DEFAULT_CHANGE
    passing = visitor_count(placement)
    found = moments_of(placement, [DECIDING, _CLICKED], passing)
    shown, clicked = found[DECIDING], found[_CLICKED]
    beside = plan_from(placement, METRICS[DECIDING], passing, shown, traffic_share=traffic_share, change=wanted)
    is_measured = clicked.sum_x > 0
    share = clicked.sum_x / clicked.n if is_measured else DEFAULT_PREFERRING
    slates_each = shown.sum_x / shown.n if shown.n else 1.0
    preferring = preferences_needed(wanted)
    visitors = min(max(math.ceil(preferring / share), MIN_PLANNED_VISITORS), MAX_PLANNED_VISITORS)
    days = days_needed(per_arm=visitors, arms=1, visitors_per_day=beside.visitors_per_day)
    return Screening(
        wanted,
        math.ceil(preferring),
        visitors,
        math.ceil(visitors * slates_each),
        None if days is None else max(days, LEAST_DAYS),
        is_measured,
        beside.aim.visitors,
        beside.aim.days,
    )


def preferences_of(experiment: Experiment) -> Preferences:
    """From the sums of the last refresh."""
    rows = list(InterleavedDay.objects.filter(experiment=experiment).order_by("day"))
    by_credit = {credit: [row for row in rows if row.credit == credit] for credit in InterleavedDay.Credit.values}
    clicks = by_credit[InterleavedDay.Credit.CLICKS]
    planned = _planned_preferences(experiment)
    visitors = sum(row.visitors for row in clicks)
    return Preferences(
        experiment,
        visitors,
        sum(row.slates for row in clicks),
        _preference(clicks, planned),
        _preference(by_credit[InterleavedDay.Credit.PURCHASES], planned),
        {credit: (sum(row.items_a for row in days), sum(row.items_b for row in days))
         for credit, days in by_credit.items()},
        _course(clicks, planned),
        days_left_of(experiment, clicks),
    )  # fmt: skip


def _preference(rows: Iterable[InterleavedDay], planned: float) -> Preference:
    days = list(rows)
    return preference(sum(row.for_a for row in days), sum(row.for_b for row in days), planned=planned)


def _course(rows: list[InterleavedDay], planned: float) -> list[PreferenceDay]:
    of_a, of_b = (list(accumulate(getattr(row, name) for row in rows)) for name in ("for_a", "for_b"))
    return [
        PreferenceDay(row.day, row.visitors, preference(a, b, planned=planned))
        for row, a, b in zip(rows, of_a, of_b, strict=True)
    ]


def _planned_preferences(experiment: Experiment) -> float:
    """What the interval is tuned for: fixed with the plan, not by what was seen."""
    return max(experiment.planned_visitors * DEFAULT_PREFERRING, 1.0)
