"""How many lines arrived in each of the last minutes.

A page asks every few seconds. Minutes that are over no longer change, so they are counted once and kept in the shared
cache; what is counted anew are the last ones, found by the order in which rows arrived.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from django.core.cache import cache
from django.db import connection

from dashboard.core import clock, valkey

MINUTE = timedelta(minutes=1)
OPEN_MINUTES = 2  # this one, and the one before: a batch is committed within a minute of its arrival
KEPT_SECONDS = 7200

_COUNT = """
    SELECT date_trunc('minute', received_at) AS minute, type, count(*) FROM events_interaction
    WHERE shop_id = %(shop)s AND received_at >= %(since)s AND timestamp >= %(fresh)s GROUP BY 1, 2
    UNION ALL SELECT date_trunc('minute', received_at), 'view_item_list', count(*) FROM events_impression
    WHERE shop_id = %(shop)s AND received_at >= %(since)s AND timestamp >= %(fresh)s GROUP BY 1 ORDER BY 1, 2
"""


class MinuteCount(NamedTuple):
    """How many lines of one type arrived in one minute."""

    minute: datetime
    type: str
    lines: int


def arrivals_by_minute(shop_id: int, minutes: int = 60) -> list[MinuteCount]:
    """Lines received in the last minutes by type, impressions among them; minutes without any are left out.

    What was more than a day old when it came is imported history and no sign of life.
    """
    this_minute = clock.now().replace(second=0, microsecond=0)
    first, still_open = this_minute - (minutes - 1) * MINUTE, this_minute - (OPEN_MINUTES - 1) * MINUTE
    since, kept = _kept(shop_id, first)
    counted = _counted(shop_id, since)
    found = [count for count in kept if count.minute >= first] + counted
    if since < still_open:
        over = [tuple(count) for count in found if count.minute < still_open]
        valkey.attempt(lambda: cache.set(_key(shop_id), (first, still_open, over), KEPT_SECONDS), None)
    return found


def _kept(shop_id: int, first: datetime) -> tuple[datetime, list[MinuteCount]]:
    """From which minute on to count, and what is known of those before; `first`: the first that is asked for."""
    known_from, known_until, counts = valkey.attempt(lambda: cache.get(_key(shop_id)), None) or (first, first, [])
    if known_from > first or known_until < first:
        return first, []
    return known_until, [MinuteCount(*count) for count in counts]


def _counted(shop_id: int, since: datetime) -> list[MinuteCount]:
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, {"shop": shop_id, "since": since, "fresh": since - clock.DAY})
        return [MinuteCount(*row) for row in cursor.fetchall()]


def _key(shop_id: int) -> str:
    return f"arrivals:{shop_id}"
