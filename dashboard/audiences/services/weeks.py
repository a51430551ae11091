"""What weeks changed of audiences and segments: summed every hour while a week lasts, and once when it is over."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection, transaction

from dashboard.accounts.models import Shop
from dashboard.audiences.models import Following, GroupWeek
from dashboard.core import clock
from dashboard.segments.selectors import active_segments, moves_between, shown_artifact_id

KEPT_WEEKS = 53
WEEK = timedelta(days=7)
Kind = GroupWeek.Kind
Moves = Mapping[int, tuple[int, int]]

# Of a visitor who went to and fro only the whole counts: out and in again is nothing.
_MOVES = """
    SELECT audience_id, count(*) FILTER (WHERE was_out AND is_in), count(*) FILTER (WHERE NOT was_out AND NOT is_in)
    FROM (
        SELECT audience_id, visitor_id, (array_agg(has_entered ORDER BY id))[1] AS was_out,
            (array_agg(has_entered ORDER BY id DESC))[1] AS is_in
        FROM audiences_audiencechange WHERE shop_id = %(shop)s AND at >= %(since)s AND at < %(until)s
        GROUP BY audience_id, visitor_id
    ) AS moved
    GROUP BY audience_id
"""
_REVENUE = """
    SELECT member.{key}, sum(bought.value) FROM events_interaction AS bought
    JOIN {members} AS member ON member.shop_id = bought.shop_id AND member.visitor_id = bought.visitor_id {which}
    WHERE bought.shop_id = %(shop)s AND bought.type = 'purchase' AND bought.currency IN ('', %(currency)s)
        AND bought.timestamp >= %(since)s AND bought.timestamp < %(until)s
    GROUP BY member.{key}
"""
_OF_AUDIENCES = _REVENUE.format(key="audience_id", members="audiences_audiencemember", which="")
_OF_SEGMENTS = _REVENUE.format(
    key="number", members="segments_segmentmembership", which="AND member.artifact_id = %(artifact)s"
)


def sum_weeks(*, shop: Shop, now: datetime | None = None) -> None:
    """Sum the week that goes on, and the one before where it went on when it was summed last. Safe to run twice."""
    now = now or clock.now()
    today = clock.local_day(now, shop.timezone)
    this_week = today - timedelta(days=today.weekday())
    before = GroupWeek.objects.filter(shop=shop, week=this_week - WEEK)
    ended_at = clock.day_bounds(this_week, shop.timezone)[0]
    if before.filter(summed_at__lt=ended_at).exists():
        _sum(shop, this_week - WEEK, now, is_over=True)
    _sum(shop, this_week, now, is_over=False)
    GroupWeek.objects.filter(shop=shop, week__lt=this_week - KEPT_WEEKS * WEEK).delete()


@transaction.atomic
def _sum(shop: Shop, week: date, now: datetime, *, is_over: bool) -> None:
    """Of a week that is over the visitors stay as they were when it was summed last."""
    since, until = clock.day_bounds(week, shop.timezone)[0], clock.day_bounds(week + WEEK, shop.timezone)[0]
    sizes: dict[str, dict[int, int | None]] = {
        Kind.AUDIENCE: {
            row.audience_id: None if row.is_hidden else row.visitors
            for row in Following.objects.filter(shop=shop, audience__archived_at=None)
        },
        Kind.SEGMENT: {segment.number: segment.visitors for segment in active_segments(shop)},
    }
    moves: dict[str, Moves] = {
        Kind.AUDIENCE: _audience_moves(shop, since, until),
        Kind.SEGMENT: moves_between(shop, since, until),
    }
    revenue: dict[str, dict[int, Decimal]] = {
        Kind.AUDIENCE: _revenue(shop, _OF_AUDIENCES, since, until),
        Kind.SEGMENT: _revenue(shop, _OF_SEGMENTS, since, until),
    }
    rows = [
        GroupWeek(
            shop=shop,
            week=week,
            kind=kind,
            number=number,
            visitors=visitors,
            entered=moves[kind].get(number, (0, 0))[0],
            left=moves[kind].get(number, (0, 0))[1],
            revenue=revenue[kind].get(number) or Decimal(0),
            summed_at=now,
        )
        for kind, groups in sizes.items()
        for number, visitors in groups.items()
    ]
    columns = ["entered", "left", "revenue", "summed_at", *([] if is_over else ["visitors"])]
    GroupWeek.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["shop", "week", "kind", "number"], update_fields=columns
    )


def _audience_moves(shop: Shop, since: datetime, until: datetime) -> Moves:
    with connection.cursor() as cursor:
        cursor.execute(_MOVES, {"shop": shop.pk, "since": since, "until": until})
        return {audience_id: (entered, left) for audience_id, entered, left in cursor.fetchall()}


def _revenue(shop: Shop, query: str, since: datetime, until: datetime) -> dict[int, Decimal]:
    given: dict[str, Any] = {"shop": shop.pk, "currency": shop.currency, "since": since, "until": until}
    with connection.cursor() as cursor:
        cursor.execute(query, {**given, "artifact": shown_artifact_id(shop)})
        return dict(cursor.fetchall())
