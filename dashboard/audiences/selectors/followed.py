"""Audiences as they were followed last, a moment ago: in a shop of a million visitors a count takes a second each."""

from collections.abc import Iterable, Mapping
from datetime import timedelta

from django.db import connection

from dashboard.accounts.models import Shop
from dashboard.audiences.conditions import segment_numbers
from dashboard.audiences.models import Audience, AudienceMember, Following
from dashboard.audiences.selectors.audiences import CompiledAudience, ready_audiences
from dashboard.audiences.selectors.members import Size, audience_size, member_page
from dashboard.audiences.visitor_sql import IS_PERSON
from dashboard.core import clock
from dashboard.events.selectors import privacy_of
from dashboard.segments.selectors import shown_artifact_id

FRESH = timedelta(minutes=5)  # they are followed every minute
_KNOWN = f"SELECT count(*) FROM audiences_visitor AS visitor WHERE visitor.shop_id = %s AND {IS_PERSON}"  # noqa: S608


def latest_sizes(shop: Shop, audiences: Iterable[Audience]) -> dict[int, Size]:
    """How many are in each: as it was followed last, counted now where that was not by this condition and lately."""
    ready, rows = ready_audiences(shop.pk), list(audiences)
    followed, smallest = _followed(shop, ready), privacy_of(shop.pk).smallest_group
    known = _known(shop) if followed.keys() & {row.pk for row in rows} else 0
    return {
        row.pk: _size(followed[row.pk], known, smallest)
        if row.pk in followed
        else audience_size(shop, ready[row.pk].condition)
        for row in rows
    }


def latest_members(shop: Shop, audience: Audience, limit: int) -> list[str]:
    """Ids of visitors who are in it, in their order. Ask whether they may be listed first."""
    ready = ready_audiences(shop.pk)
    if audience.pk in _followed(shop, ready):
        rows = AudienceMember.objects.filter(shop=shop, audience=audience).order_by("visitor_id")
        return list(rows.values_list("visitor_id", flat=True)[:limit])
    return member_page(shop, ready[audience.pk].condition, after="", limit=limit)


def _followed(shop: Shop, ready: Mapping[int, CompiledAudience]) -> dict[int, int]:
    """{audience: visitors} of those that were followed lately, as they are now."""
    lately = Following.objects.filter(shop=shop, followed_at__gte=clock.now() - FRESH)
    artifact_id = shown_artifact_id(shop)
    return {
        row.audience_id: row.visitors
        for row in lately
        if row.audience_id in ready and _is_the_same(row, ready[row.audience_id], artifact_id)
    }


def _is_the_same(row: Following, audience: CompiledAudience, artifact_id: int | None) -> bool:
    condition = audience.condition
    if row.revision != audience.revision or row.is_barred != bool(condition.barred):
        return False
    return row.artifact_id == artifact_id or not segment_numbers(condition.expression)


def _size(visitors: int, known: int, smallest: int) -> Size:
    return Size(None if 0 < visitors < smallest else visitors, known, smallest)


def _known(shop: Shop) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_KNOWN, [shop.pk])
        return int(cursor.fetchone()[0])
