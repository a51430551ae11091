"""Monthly flows between segments: summed when an artifact is shown first, and less by whoever is erased."""

from django.db import connection
from django.db.models import F

from dashboard.accounts.models import Shop
from dashboard.segments.models import MonthFlow, SegmentMembership

_FLOWS = """
    INSERT INTO segments_monthflow (shop_id, artifact_id, month, source, target, visitors)
    SELECT m.shop_id, m.artifact_id, (m.moves ->> at)::int, (m.moves ->> (at + 1))::int, (m.moves ->> (at + 2))::int,
        count(*)
    FROM segments_segmentmembership m, generate_series(0, jsonb_array_length(m.moves) - 3, 3) AS at
    WHERE m.shop_id = %(shop)s AND m.artifact_id = %(artifact)s
    GROUP BY 1, 2, 3, 4, 5
"""


def sum_flows(shop: Shop, artifact_id: int) -> None:
    """From the members as they are stored. What was summed before is replaced."""
    MonthFlow.objects.filter(shop=shop, artifact_id=artifact_id).delete()
    with connection.cursor() as cursor:
        cursor.execute(_FLOWS, {"shop": shop.pk, "artifact": artifact_id})


def forget_visitor(shop: Shop, visitor_id: str) -> None:
    """Takes a visitor out of every flow, before the memberships are erased that tell which these are."""
    mine = SegmentMembership.objects.filter(shop=shop, visitor_id=visitor_id)
    for artifact_id, moves in mine.values_list("artifact_id", "moves"):
        for month, source, target in zip(moves[::3], moves[1::3], moves[2::3], strict=True):
            flow = MonthFlow.objects.filter(shop=shop, artifact_id=artifact_id, month=month, source=source)
            flow.filter(target=target, visitors__gt=0).update(visitors=F("visitors") - 1)
