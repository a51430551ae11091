"""Who is marked as a program."""

from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from dashboard.events.models import BotVisitor

_PERSON = (
    "NOT EXISTS (SELECT FROM events_botvisitor bot WHERE bot.shop_id = {table}.shop_id "
    "AND bot.visitor_id = {table}.visitor_id AND bot.dismissed_at IS NULL "
    "AND {table}.{came} BETWEEN coalesce(bot.since, '-infinity') AND coalesce(bot.until, 'infinity'))"
)


def is_person(table: str, came: str) -> str:
    """The condition in SQL by which rows of `table` are those of people; `came`: its column that we filled in."""
    return _PERSON.format(table=table, came=came)


def bots(shop_id: int) -> QuerySet[BotVisitor]:
    """Those whom training and experiments leave out, the newest first."""
    return BotVisitor.objects.filter(shop_id=shop_id, dismissed_at__isnull=True).order_by("-found_at", "visitor_id")


def bot_counts(shop_id: int) -> dict[str, int]:
    """How many visitors are marked, by reason: {"agent", "rate"}."""
    rows = bots(shop_id).order_by().values_list("reason").annotate(Count("pk"))
    return {"agent": 0, "rate": 0, **dict(rows)}


def without_bots(rows: QuerySet[Any]) -> QuerySet[Any]:
    """The rows of people; of a table with `shop`, `visitor_id` and `received_at`."""
    came = OuterRef("received_at")
    marked = BotVisitor.objects.filter(
        Q(since=None) | Q(since__lte=came),
        Q(until=None) | Q(until__gte=came),
        shop_id=OuterRef("shop_id"),
        visitor_id=OuterRef("visitor_id"),
        dismissed_at__isnull=True,
    )
    return rows.exclude(Exists(marked))


def marked_since(shop_id: int, since: datetime) -> bool:
    """Whether visitors were found to be programs since a moment, or vouched for."""
    marks = BotVisitor.objects.filter(Q(found_at__gt=since) | Q(dismissed_at__gt=since), shop_id=shop_id)
    return marks.exists()
