"""When simulated visits happen: more in the evening than at night, fewer on Saturdays, and some shoppers come back.

The past weeks and the live traffic go by the same calendar, so that nothing jumps where one ends and the other begins.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

VISITS_A_DAY = 925
# share of a day's visits in each hour of the shop's clock, and how busy each day of the week is, Monday first
HOURLY = np.array([1, 1, 1, 1, 1, 1, 2, 3, 4, 5, 6, 6, 7, 6, 5, 5, 5, 6, 7, 8, 8, 7, 4, 2], dtype=float)
HOURLY /= HOURLY.sum()
WEEKDAYS = np.array([1.06, 1.06, 1.04, 1.04, 1.0, 0.85, 0.95])
RETURN_CHANCE = 0.3
MEAN_GAP_DAYS = 3.0
WARM_UP_DAYS = 10  # so that the first day already has its share of those who come back
VISITS_A_VISITOR = 1 / (1 - RETURN_CHANCE)


@dataclass(frozen=True, order=True)
class PlannedVisit:
    """`number` is the shopper's."""

    starts_at: datetime
    number: int


def visits_a_second(moment: datetime, zone: str, visits_a_day: float = VISITS_A_DAY) -> float:
    """How many visits are to be expected."""
    local = moment.astimezone(ZoneInfo(zone))
    return float(visits_a_day * WEEKDAYS[local.weekday()] * HOURLY[local.hour] / 3600)


def planned_visits(
    *, days: int, now: datetime, zone: str, seed: int, visits_a_day: float = VISITS_A_DAY
) -> list[PlannedVisit]:
    """All visits of the past `days` days in order of time; the last ends well before `now`."""
    rng = np.random.default_rng([seed, 3])
    since, latest = now - timedelta(days=days), now - timedelta(hours=1)
    first_day = (since - timedelta(days=WARM_UP_DAYS)).astimezone(ZoneInfo(zone)).date()
    visits, number = [], 0
    for place in range(days + WARM_UP_DAYS + 1):
        day = first_day + timedelta(days=place)
        for _ in range(rng.poisson(visits_a_day * WEEKDAYS[day.weekday()] / VISITS_A_VISITOR)):
            moments = _moments_of_one(day, zone, rng)
            visits += [PlannedVisit(moment, number) for moment in moments if since <= moment < latest]
            number += 1
    return sorted(visits)


def _moments_of_one(day: object, zone: str, rng: np.random.Generator) -> list[datetime]:
    moments = [_moment_of_day(day, zone, rng)]
    while rng.random() < RETURN_CHANCE:
        later = moments[-1] + timedelta(days=float(rng.exponential(MEAN_GAP_DAYS)) + 0.1)
        moments.append(_moment_of_day(later.astimezone(ZoneInfo(zone)).date(), zone, rng, after=moments[-1]))
    return moments


def _moment_of_day(day: object, zone: str, rng: np.random.Generator, after: datetime | None = None) -> datetime:
    """A moment of the day by its busy hours; two hours after `after` where that is not yet over."""
    hour = int(rng.choice(24, p=HOURLY))
    start = datetime.fromisoformat(f"{day}T{hour:02d}:00:00").replace(tzinfo=ZoneInfo(zone))
    moment = start + timedelta(seconds=int(rng.integers(3600)))
    return moment if after is None else max(moment, after + timedelta(hours=2))


def waves(visits: Sequence[PlannedVisit], size: int) -> list[list[list[PlannedVisit]]]:
    """The visits in order, cut where a wave is full; in a wave those of one shopper stand together, in order."""
    cut = []
    for start in range(0, len(visits), size):
        of_shopper: dict[int, list[PlannedVisit]] = {}
        for planned in visits[start : start + size]:
            of_shopper.setdefault(planned.number, []).append(planned)
        cut.append([*of_shopper.values()])
    return cut
