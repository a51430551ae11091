"""When simulated visits happen: more in the evening than at night, and some shoppers come back after days."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

# share of a day's visits in each hour of the shop's clock
HOURLY = np.array([1, 1, 1, 1, 1, 1, 2, 3, 4, 5, 6, 6, 7, 6, 5, 5, 5, 6, 7, 8, 8, 7, 4, 2], dtype=float)
RETURN_CHANCE = 0.3
MEAN_GAP_DAYS = 3.0


@dataclass(frozen=True, order=True)
class PlannedVisit:
    """`number` is the shopper's."""

    starts_at: datetime
    number: int


def planned_visits(*, visitors: int, days: int, now: datetime, zone: str, seed: int) -> list[PlannedVisit]:
    """All visits of the past `days` days in order of time; the last ends well before `now`."""
    rng = np.random.default_rng([seed, 3])
    first_day = (now.astimezone(ZoneInfo(zone)) - timedelta(days=days)).date()
    latest = now - timedelta(hours=1)
    visits = []
    for number in range(visitors):
        moment = _moment_of_day(first_day + timedelta(days=int(rng.integers(days + 1))), zone, rng)
        moment = max(moment, now - timedelta(days=days) + timedelta(minutes=int(rng.integers(1, 600))))
        while moment < latest:
            visits.append(PlannedVisit(moment, number))
            if rng.random() >= RETURN_CHANCE:
                break
            moment += timedelta(days=float(rng.exponential(MEAN_GAP_DAYS)) + 0.1)
    return sorted(visits)


def _moment_of_day(day: object, zone: str, rng: np.random.Generator) -> datetime:
    hour = int(rng.choice(24, p=HOURLY / HOURLY.sum()))
    start = datetime.fromisoformat(f"{day}T{hour:02d}:00:00").replace(tzinfo=ZoneInfo(zone))
    return start + timedelta(seconds=int(rng.integers(3600)))


def waves(visits: list[PlannedVisit], size: int) -> list[list[PlannedVisit]]:
    """The visits in order, cut where a wave is full or would hold a shopper twice."""
    cut: list[list[PlannedVisit]] = []
    inside: set[int] = set()
    for planned in visits:
        if not cut or len(cut[-1]) >= size or planned.number in inside:
            cut.append([])
            inside = set()
        cut[-1].append(planned)
        inside.add(planned.number)
    return cut
