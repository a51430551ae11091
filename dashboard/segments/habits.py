"""What members of a segment buy for, when they come and how widely they look: of those whom the map draws at random."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import connection

from dashboard.accounts.models import Shop
from dashboard.events.selectors import privacy_of
from dashboard.segments.models import MapPoint
from dashboard.segments.selectors import PublishedSegment

TYPICAL_SHOWN = 8
HOURS, WEEKDAYS = 24, 7

_BOUGHT = """
    SELECT count(*) FILTER (WHERE orders > 0), coalesce(sum(orders), 0), coalesce(sum(spent), 0),
        coalesce(sum(lines), 0), coalesce(sum(returned), 0),
        percentile_cont(0.5) WITHIN GROUP (ORDER BY days::float / (orders - 1)) FILTER (WHERE orders > 1)
    FROM (
        SELECT visitor_id,
            count(DISTINCT coalesce(nullif(order_id, ''), event_id)) FILTER (WHERE type = 'purchase') AS orders,
            count(*) FILTER (WHERE type = 'purchase') AS lines,
            count(*) FILTER (WHERE type = 'refund') AS returned,
            sum(value) FILTER (WHERE type = 'purchase' AND currency IN ('', %(currency)s)) AS spent,
            extract(epoch FROM max(timestamp) FILTER (WHERE type = 'purchase')
                - min(timestamp) FILTER (WHERE type = 'purchase')) / 86400 AS days
        FROM events_interaction
        WHERE shop_id = %(shop)s AND visitor_id = ANY(%(ids)s) AND type IN ('purchase', 'refund') AND NOT low_trust
        GROUP BY visitor_id
    ) AS buyer
"""
_WHEN = """
    SELECT extract(isodow FROM timestamp AT TIME ZONE %(zone)s)::int,
        extract(hour FROM timestamp AT TIME ZONE %(zone)s)::int, count(*)
    FROM events_interaction WHERE shop_id = %(shop)s AND visitor_id = ANY(%(ids)s) GROUP BY 1, 2
"""
_BREADTH = """
    SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY kinds) FROM (
        SELECT i.visitor_id, count(DISTINCT item.categories[1]) AS kinds
        FROM events_interaction i JOIN catalog_item item ON item.shop_id = i.shop_id AND item.item_id = i.item_id
        WHERE i.shop_id = %(shop)s AND i.visitor_id = ANY(%(ids)s) AND cardinality(item.categories) > 0
        GROUP BY i.visitor_id
    ) AS looked
"""


@dataclass(frozen=True)
class Habits:
    """Of `asked` members. Money in the shop's currency; `days_between` is the median of those who bought more than
    once; `categories` the median number that a member looked into. None: nothing is known of it."""

    asked: int
    buyers: int
    orders: int
    spent: Decimal
    returned_share: float | None
    days_between: float | None
    categories: float | None
    by_weekday: list[float]
    by_hour: list[float]

    @property
    def conversion(self) -> float:
        return self.buyers / self.asked

    @property
    def spent_each(self) -> Decimal:
        return self.spent / self.asked

    @property
    def basket(self) -> Decimal | None:
        return self.spent / self.orders if self.orders else None


def habits(shop: Shop, artifact_id: int, number: int) -> Habits | None:
    """Of the members whom the map draws; None where these are fewer than may be told of."""
    ids = list(_drawn(shop, artifact_id, number).values_list("visitor_id", flat=True))
    if not ids or len(ids) < privacy_of(shop.pk).smallest_group:
        return None
    given = {"shop": shop.pk, "ids": ids, "currency": shop.currency, "zone": shop.timezone}
    ((buyers, orders, spent, lines, returned, days),) = _asked(_BOUGHT, given)
    ((categories,),) = _asked(_BREADTH, given)
    when = _asked(_WHEN, given)
    return Habits(
        asked=len(ids),
        buyers=buyers,
        orders=int(orders),
        spent=spent,
        returned_share=float(returned / lines) if lines else None,
        days_between=days,
        categories=categories,
        by_weekday=_shares([(day - 1, count) for day, _hour, count in when], WEEKDAYS),
        by_hour=_shares([(hour, count) for _day, hour, count in when], HOURS),
    )


def typical_members(shop: Shop, artifact_id: int, segment: PublishedSegment) -> list[MapPoint]:
    """Drawn members who stand nearest to the centre of their segment on the map."""
    x, y = segment.center
    drawn = _drawn(shop, artifact_id, segment.number)
    return sorted(drawn, key=lambda point: (point.x - x) ** 2 + (point.y - y) ** 2)[:TYPICAL_SHOWN]


def _drawn(shop: Shop, artifact_id: int, number: int) -> Any:
    return MapPoint.objects.filter(shop=shop, artifact_id=artifact_id, number=number).order_by("visitor_id")


def _asked(query: str, given: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, given)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


def _shares(counts: list[tuple[int, int]], places: int) -> list[float]:
    """Of all that was done, how much fell in each place."""
    sums = [sum(count for place, count in counts if place == wanted) for wanted in range(places)]
    return [count / max(sum(sums), 1) for count in sums]
