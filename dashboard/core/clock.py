"""The one place that asks what time it is. Storage is UTC; the shop's zone is for the screen."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)
FIRST_MOMENT, LAST_MOMENT = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


_standing_at: ContextVar[datetime | None] = ContextVar("forage_clock", default=None)


def now() -> datetime:
    return _standing_at.get() or datetime.now(UTC)


@contextmanager
def standing_at(moment: datetime) -> Iterator[None]:
    """Inside, it is that moment: for a past that is made up."""
    token = _standing_at.set(moment)
    try:
        yield
    finally:
        _standing_at.reset(token)


def today_in(zone: str) -> date:
    """The shop's calendar day."""
    return local_day(now(), zone)


def local_day(moment: datetime, zone: str) -> date:
    """The zone's calendar day at a moment."""
    return moment.astimezone(ZoneInfo(zone)).date()


def latest_days(zone: str, count: int) -> list[date]:
    """The zone's last `count` days, oldest first, today last."""
    today = today_in(zone)
    return [today - timedelta(days=back) for back in reversed(range(count))]


def day_bounds(day: date, zone: str) -> tuple[datetime, datetime]:
    """Start and end (exclusive) of a calendar day of the zone, in UTC."""
    return _midnight(day, zone), LAST_MOMENT if day == date.max else _midnight(day + DAY, zone)


def _midnight(day: date, zone: str) -> datetime:
    """At the ends of the calendar there is none in UTC; whoever asks for such a day gets the end itself."""
    try:
        return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    except OverflowError:
        return FIRST_MOMENT if day.year == date.min.year else LAST_MOMENT
