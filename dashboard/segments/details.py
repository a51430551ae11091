"""What the page of a segment tells of the model: what sets it apart, and who belongs to it."""

from dataclasses import dataclass

from dashboard.accounts.models import Shop
from dashboard.catalog.models import Item
from dashboard.segments.models import MapPoint, SegmentMembership
from dashboard.segments.selectors import PublishedSegment, VisitorMembership, segment_members

MEMBERS_SHOWN = 8
TYPICAL_SHOWN = 8
ITEMS_SHOWN = 10


@dataclass(frozen=True)
class TopItem:
    """An item that sets the segment apart. `item` is None where the catalog no longer has it."""

    item_id: str
    item: Item | None
    share: float
    lift: float


@dataclass(frozen=True)
class SegmentDetails:
    """`typical`: drawn members who stand nearest to the centre of the segment on the map."""

    top_items: list[TopItem]
    members: list[VisitorMembership]
    typical: list[MapPoint]


def segment_details(shop: Shop, segment: PublishedSegment, artifact_id: int) -> SegmentDetails:
    return SegmentDetails(
        top_items=_top_items(shop, segment),
        members=segment_members(shop, segment.number, limit=MEMBERS_SHOWN).members,
        typical=typical_members(shop, artifact_id, segment),
    )


def typical_members(shop: Shop, artifact_id: int, segment: PublishedSegment) -> list[MapPoint]:
    x, y = segment.center
    drawn = MapPoint.objects.filter(shop=shop, artifact_id=artifact_id, number=segment.number).order_by("visitor_id")
    return sorted(drawn, key=lambda point: (point.x - x) ** 2 + (point.y - y) ** 2)[:TYPICAL_SHOWN]


def between_share(shop: Shop, artifact_id: int) -> float | None:
    """Share of visitors whose likeliest segment has less than half of the probability."""
    rows = SegmentMembership.objects.filter(shop=shop, artifact_id=artifact_id)
    total = rows.count()
    return rows.filter(probability__lt=0.5).count() / total if total else None


def first_titles(shop: Shop, segments: list[PublishedSegment]) -> dict[int, list[str]]:
    """The titles of the two items that set each segment apart most, by the segment's number."""
    wanted = {s.number: [row["item_id"] for row in s.top_items[:2]] for s in segments}
    titles = dict(
        Item.objects.filter(shop=shop, item_id__in=[i for ids in wanted.values() for i in ids]).values_list(
            "item_id", "title"
        )
    )
    return {number: [titles.get(item_id) or item_id for item_id in ids] for number, ids in wanted.items()}


def _top_items(shop: Shop, segment: PublishedSegment) -> list[TopItem]:
    rows = segment.top_items[:ITEMS_SHOWN]
    items = {item.item_id: item for item in Item.objects.filter(shop=shop, item_id__in=[r["item_id"] for r in rows])}
    return [TopItem(r["item_id"], items.get(r["item_id"]), float(r["share"]), float(r["lift"])) for r in rows]
