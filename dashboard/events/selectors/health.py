"""Is data arriving, and is it sound?"""

import json
from collections import Counter
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import redis
from django.db import connection
from django.db.models import QuerySet

from dashboard.core import clock, valkey
from dashboard.events.models import Interaction
from dashboard.events.services.counters import COUNTS_KEY, waiting_counts
from dashboard.events.services.rejections import KEPT_EXAMPLES, counter_key, examples_key

UNKNOWN_ITEMS_DAYS = 30


class MinuteCount(NamedTuple):
    """How many lines of one type arrived in one minute."""

    minute: datetime
    type: str
    lines: int


class UnknownItem(NamedTuple):
    """An item id that visitors use and the catalog lacks; `since`: the first time within the days looked at."""

    item_id: str
    lines: int
    since: datetime


class UnknownItems(NamedTuple):
    """All of them counted (`items`, and their `lines` of interactions), the most frequent named."""

    items: int
    lines: int
    named: list[UnknownItem]


def arrivals_by_minute(shop_id: int, minutes: int = 60) -> list[MinuteCount]:
    """Lines received in the last minutes by type, impressions among them; minutes without any are left out.

    What was more than a day old when it came is imported history and no sign of life.
    """
    since = clock.now().replace(second=0, microsecond=0) - timedelta(minutes=minutes - 1)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT date_trunc('minute', received_at) AS minute, type, count(*) FROM events_interaction "
            "WHERE shop_id = %(shop)s AND received_at >= %(since)s AND timestamp >= %(fresh)s GROUP BY 1, 2 "
            "UNION ALL SELECT date_trunc('minute', received_at), 'view_item_list', count(*) FROM events_impression "
            "WHERE shop_id = %(shop)s AND received_at >= %(since)s AND timestamp >= %(fresh)s GROUP BY 1 ORDER BY 1, 2",
            {"shop": shop_id, "since": since, "fresh": since - clock.DAY},
        )
        return [MinuteCount(*row) for row in cursor.fetchall()]


def latest_interactions(shop_id: int, limit: int = 20) -> QuerySet[Interaction]:
    """The live stream: what happened last, newest first. Imported history is no part of it."""
    return Interaction.objects.filter(shop_id=shop_id).order_by("-timestamp", "-id")[:limit]


def last_received_at(shop_id: int) -> datetime | None:
    """When the newest event arrived; None for a shop without any."""
    newest = Interaction.objects.filter(shop_id=shop_id).order_by("-timestamp", "-id")
    return newest.values_list("received_at", flat=True).first()


_UNKNOWN = """
    SELECT i.item_id, count(*), min(i.timestamp), count(*) OVER (), sum(count(*)) OVER ()
    FROM events_interaction i
    WHERE i.shop_id = %s AND i.timestamp > %s AND i.item_id <> '' AND NOT EXISTS (
        SELECT FROM catalog_item c WHERE c.shop_id = i.shop_id AND c.item_id = i.item_id)
    GROUP BY i.item_id ORDER BY count(*) DESC, i.item_id LIMIT %s
"""


def unknown_items(shop_id: int, limit: int = 20, days: int = UNKNOWN_ITEMS_DAYS) -> UnknownItems:
    """Items of the last days' interactions that the catalog lacks: how many there are, and the most frequent ones."""
    with connection.cursor() as cursor:
        cursor.execute(_UNKNOWN, [shop_id, clock.now() - timedelta(days=days), limit])
        rows = cursor.fetchall()
    items, lines = (rows[0][3], int(rows[0][4])) if rows else (0, 0)
    return UnknownItems(items, lines, [UnknownItem(*row[:3]) for row in rows])


def rejected_counts(shop_id: int, hours: int = 24) -> dict[str, int]:
    """Refused events of the last hours by code; empty while the broker is down."""
    this_hour = int(clock.now().timestamp()) // 3600

    def read(client: redis.Redis) -> dict[str, int]:
        totals: Counter[str] = Counter()
        for hour in range(this_hour - hours + 1, this_hour + 1):
            counts: Any = client.hgetall(counter_key(shop_id, hour))
            totals.update({code.decode(): int(count) for code, count in counts.items()})
        return dict(totals.most_common())

    return valkey.ask(read, {})


def rejected_examples(shop_id: int) -> list[dict[str, Any]]:
    """The last refusals with their words: {"at", "code", "message"}, newest first."""

    def read(client: redis.Redis) -> list[dict[str, Any]]:
        entries: Any = client.lrange(examples_key(shop_id), 0, KEPT_EXAMPLES - 1)
        return [
            {**example, "at": datetime.fromisoformat(example["at"])} for example in (json.loads(e) for e in entries)
        ]

    return valkey.ask(read, [])


def event_totals() -> dict[str, int]:
    """Verdicts over all shops since the broker began: accepted, duplicates, rejected; empty while it is down."""

    def read(client: redis.Redis) -> dict[str, int]:
        counts: Any = client.hgetall(COUNTS_KEY)
        told = Counter({name.decode(): int(count) for name, count in counts.items()})
        told.update(waiting_counts())
        return dict(told)

    return valkey.ask(read, {})
