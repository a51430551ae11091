"""The deciding metric day by day: visitors and their split, the answer as it stood, and the one of the planned end."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from dashboard.experiments.estimates import Interval, estimate, moments_of
from dashboard.experiments.metrics import Metric
from dashboard.experiments.models import DailyMoment
from recommender.statistics import Moments, srm_p


@dataclass(frozen=True)
class Answer:
    """A variant against A; None where there is not enough data."""

    lift: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Day:
    """The answer as it stood after a cohort day, and that day's new visitors by variant.

    `lift`, `low` and `high` are of the leading variant; `answers` of each but A. `split_p`: how likely by chance alone
    all visitors until then were split so unevenly.
    """

    day: date
    visitors: dict[str, int]
    lift: float | None
    low: float | None
    high: float | None
    answers: dict[str, Answer] = field(default_factory=dict)
    split_p: float | None = None


@dataclass(frozen=True)
class PlannedEnd:
    """What a test of one look says of each variant, on the day by which all planned visitors had come, and no other."""

    day: date
    intervals: dict[str, Interval]
    lifts: dict[str, float]


def time_course(
    rows: Iterable[DailyMoment],
    metric: Metric,
    *,
    weights: Mapping[str, float],
    leading: str,
    planned_visitors: int,
    alpha: float,
) -> list[Day]:
    """Cumulative by cohort day; 1 ms for each variant and day. `weights`: the planned split."""
    course, so_far = [], {key: Moments() for key in weights}
    for day, arms in _by_day(rows).items():
        for key in weights:
            so_far[key] += arms.get(key, Moments())
        answers = {
            key: _answer(metric, so_far["A"], so_far[key], planned_visitors, alpha) for key in weights if key != "A"
        }
        lead = answers.get(leading, Answer(None, None, None))
        visitors = {key: arms[key].n for key in weights if key in arms}
        split = srm_p([so_far[key].n for key in weights], list(weights.values()))
        course.append(Day(day, visitors, lead.lift, lead.low, lead.high, answers, split))
    return course


def planned_end(
    rows: Iterable[DailyMoment], metric: Metric, *, keys: Iterable[str], planned_visitors: int, alpha: float
) -> PlannedEnd | None:
    """None before all planned visitors have come: an interval for one look must not be looked at earlier."""
    keys, so_far = list(keys), {key: Moments() for key in keys}
    for day, arms in _by_day(rows).items():
        for key in keys:
            so_far[key] += arms.get(key, Moments())
        if sum(moments.n for moments in so_far.values()) >= planned_visitors:
            found = {
                key: estimate(
                    metric, so_far["A"], so_far[key], planned_visitors=planned_visitors, alpha=alpha, with_bayes=False
                ).comparison
                for key in keys
                if key != "A"
            }
            known = {key: entry for key, entry in found.items() if entry.ci is not None and entry.lift is not None}
            return PlannedEnd(
                day,
                {key: (max(entry.ci[0], -1.0), entry.ci[1]) for key, entry in known.items() if entry.ci},
                {key: entry.lift or 0.0 for key, entry in known.items()},
            )
    return None


def _by_day(rows: Iterable[DailyMoment]) -> dict[date, dict[str, Moments]]:
    found: dict[date, dict[str, Moments]] = {}
    for row in sorted(rows, key=lambda row: row.day):
        found.setdefault(row.day, {})[row.variant] = moments_of([row])
    return found


def _answer(metric: Metric, control: Moments, treatment: Moments, planned_visitors: int, alpha: float) -> Answer:
    entry = estimate(metric, control, treatment, planned_visitors=planned_visitors, alpha=alpha, with_bayes=False)
    low, high = entry.interval or (None, None)
    return Answer(entry.lift, low, high)
