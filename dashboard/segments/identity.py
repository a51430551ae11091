"""Which numbers segments have had, who was in those that are gone, and where visitors went between artifacts."""

from collections.abc import Collection
from datetime import timedelta
from typing import Any

from django.db import connection

from dashboard.accounts.models import Shop
from dashboard.core import clock
from dashboard.segments.models import (
    FormerMember,
    Segment,
    SegmentChange,
    SegmentMembership,
    SegmentName,
    SegmentNumber,
)

REMEMBERED = timedelta(days=365)
FORMER_MEMBERS_MAX = 2_000  # of a segment: half of them staying is told within 3 %

_MOVES = """
    SELECT b.number, n.number, count(*) FROM segments_segmentmembership b
    JOIN segments_segmentmembership n USING (shop_id, visitor_id)
    WHERE b.shop_id = %s AND b.artifact_id = %s AND n.artifact_id = %s
    GROUP BY 1, 2 ORDER BY 1, 2
"""


def reserve_numbers(shop: Shop, numbers: Collection[int]) -> None:
    """These are given: nobody else gets them within a year. Numbers that were not shown for so long are free again,
    with the merchant's name for them and what was kept of their members."""
    now = clock.now()
    shown = SegmentNumber.objects.filter(shop=shop)
    old = list(shown.filter(last_shown_at__lt=now - REMEMBERED).values_list("number", flat=True))
    for model in (SegmentName, FormerMember, SegmentNumber):
        model._default_manager.filter(shop=shop, number__in=set(old) - set(numbers)).delete()
    SegmentNumber.objects.bulk_create(
        [SegmentNumber(shop=shop, number=number, last_shown_at=now) for number in sorted(set(numbers))],
        update_conflicts=True,
        unique_fields=["shop", "number"],
        update_fields=["last_shown_at"],
    )


def note_showing(shop: Shop, artifact_id: int, *, before: int | None) -> None:
    """An artifact's segments are shown from now on, those of `before` no longer. Shown again, as on a roll-back, it is
    still compared with what was before it the first time."""
    numbers = set(Segment.objects.filter(shop=shop, artifact_id=artifact_id).values_list("number", flat=True))
    ended: set[int] = set()
    if before is not None and before != artifact_id:
        ended = set(Segment.objects.filter(shop=shop, artifact_id=before).values_list("number", flat=True))
    reserve_numbers(shop, numbers | ended)
    _keep_members(shop, before, ended - numbers)
    FormerMember.objects.filter(shop=shop, number__in=numbers).delete()
    moves = _moves(shop, before, artifact_id) if ended else []
    SegmentChange.objects.get_or_create(
        shop=shop,
        artifact_id=artifact_id,
        defaults={"before_artifact_id": before, "first_shown_at": clock.now(), "moves": moves},
    )


def earlier_numbers(shop: Shop) -> dict[str, Any]:
    """What a training must know of artifacts before the active one: every number given, and who was in those that are
    gone. Empty for a shop that never had any."""
    reserved = {
        *SegmentNumber.objects.filter(shop=shop).values_list("number", flat=True),
        *SegmentName.objects.filter(shop=shop).values_list("number", flat=True),
    }
    members: dict[int, list[str]] = {}
    for number, visitor_id in FormerMember.objects.filter(shop=shop).values_list("number", "visitor_id"):
        members.setdefault(number, []).append(visitor_id)
    return {"reserved": sorted(reserved), "former_members": members} if reserved else {}


def artifacts_of_the_year(shop: Shop) -> list[int]:
    """Artifacts whose segments are still told of."""
    recent = SegmentChange.objects.filter(shop=shop, first_shown_at__gte=clock.now() - REMEMBERED)
    pairs = recent.values_list("artifact_id", "before_artifact_id")
    return [artifact_id for pair in pairs for artifact_id in pair if artifact_id is not None]


def forget_visitor(shop: Shop, visitor_id: str) -> int:
    """Returns in how many former segments the visitor was."""
    return FormerMember.objects.filter(shop=shop, visitor_id=visitor_id).delete()[0]


def _keep_members(shop: Shop, artifact_id: int | None, numbers: Collection[int]) -> None:
    if artifact_id is None:
        return
    for number in sorted(numbers):
        rows = SegmentMembership.objects.filter(shop=shop, artifact_id=artifact_id, number=number)
        surest = rows.order_by("-probability", "visitor_id").values_list("visitor_id", flat=True)[:FORMER_MEMBERS_MAX]
        kept = [FormerMember(shop=shop, number=number, visitor_id=visitor_id) for visitor_id in surest]
        FormerMember.objects.bulk_create(kept, ignore_conflicts=True)


def _moves(shop: Shop, before: int | None, artifact_id: int) -> list[list[int]]:
    with connection.cursor() as cursor:
        cursor.execute(_MOVES, [shop.pk, before, artifact_id])
        return [list(row) for row in cursor.fetchall()]
