"""The one place that asks what time it is. Storage is UTC; the shop's zone is for the screen."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)


def now() -> datetime:
    return datetime.now(UTC)


def today_in(zone: str) -> date:
    """The shop's calendar day."""
    return now().astimezone(ZoneInfo(zone)).date()


def latest_days(zone: str, count: int) -> list[date]:
    """The zone's last `count` days, oldest first, today last."""
    today = today_in(zone)
    return [today - timedelta(days=back) for back in reversed(range(count))]


def day_bounds(day: date, zone: str) -> tuple[datetime, datetime]:
    """Start and end (exclusive) of a calendar day of the zone, in UTC."""
    start = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone))
    after = day + timedelta(days=1)
    end = datetime(after.year, after.month, after.day, tzinfo=ZoneInfo(zone))
    return start.astimezone(UTC), end.astimezone(UTC)
