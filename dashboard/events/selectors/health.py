"""Is data arriving, and is it sound?"""

import json
from collections import Counter
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import redis
from django.db import connection
from django.db.models import QuerySet

from dashboard.catalog.selectors import last_change
from dashboard.core import clock, valkey
from dashboard.core.kept import kept
from dashboard.events.models import Interaction
from dashboard.events.services.counters import COUNTS_KEY, waiting_counts
from dashboard.events.services.rejections import KEPT_EXAMPLES, counter_key, examples_key

UNKNOWN_ITEMS_DAYS = 30
UNKNOWN_ITEMS_SECONDS = 300  # counting a month of 40,000 interactions a day takes half a second


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


def unknown_items(shop_id: int) -> UnknownItems:
    """Items of the last days' interactions that the catalog lacks: how many there are, and the most frequent ones.

    What visitors did may be five minutes old, the catalog is that of now.
    """
    key = f"unknown-items:{shop_id}:{last_change(shop_id)}"
    items, lines, named = kept(key, UNKNOWN_ITEMS_SECONDS, lambda: _unknown_items(shop_id))
    return UnknownItems(items, lines, [UnknownItem(*entry) for entry in named])


def _unknown_items(shop_id: int, limit: int = 20, days: int = UNKNOWN_ITEMS_DAYS) -> tuple[int, int, list[Any]]:
    with connection.cursor() as cursor:
        cursor.execute(_UNKNOWN, [shop_id, clock.now() - timedelta(days=days), limit])
        rows = cursor.fetchall()
    items, lines = (rows[0][3], int(rows[0][4])) if rows else (0, 0)
    return items, lines, [row[:3] for row in rows]


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
