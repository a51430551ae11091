"""What the page of a segment tells beside the segment itself."""

from dataclasses import dataclass

from dashboard.accounts.models import Shop
from dashboard.catalog.models import Item
from dashboard.segments.models import SegmentMembership
from dashboard.segments.selectors import PublishedSegment, VisitorMembership, active_segments, segment_members

CLEAR_PROBABILITY = 0.8
MEMBERS_SHOWN = 12
ITEMS_SHOWN = 10
OTHERS_SHOWN = 4
SAMPLE_MEMBERS = 2_000  # of which the average interest in other segments is taken


@dataclass(frozen=True)
class TopItem:
    """An item that sets the segment apart. `item` is None where the catalog no longer has it."""

    item_id: str
    item: Item | None
    share: float
    lift: float


@dataclass(frozen=True)
class SegmentDetails:
    """`others`: segments that members also lean to, with their average probability."""

    top_items: list[TopItem]
    largest_lift: float
    clear_share: float | None
    members: list[VisitorMembership]
    others: list[tuple[PublishedSegment, float]]


def segment_details(shop: Shop, segment: PublishedSegment, artifact_id: int) -> SegmentDetails:
    top_items = _top_items(shop, segment)
    return SegmentDetails(
        top_items=top_items,
        largest_lift=max((row.lift for row in top_items), default=1.0),
        clear_share=_clear_share(shop, artifact_id, segment.number),
        members=segment_members(shop, segment.number, limit=MEMBERS_SHOWN).members,
        others=_others(shop, artifact_id, segment.number),
    )


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


def _clear_share(shop: Shop, artifact_id: int, number: int) -> float | None:
    rows = SegmentMembership.objects.filter(shop=shop, artifact_id=artifact_id, number=number)
    total = rows.count()
    return rows.filter(probability__gte=CLEAR_PROBABILITY).count() / total if total else None


def _others(shop: Shop, artifact_id: int, number: int) -> list[tuple[PublishedSegment, float]]:
    rows = SegmentMembership.objects.filter(shop=shop, artifact_id=artifact_id, number=number)
    sample = list(rows.order_by("-probability", "visitor_id").values_list("probabilities", flat=True)[:SAMPLE_MEMBERS])
    means = [
        (other, sum(float(p.get(str(other.number), 0)) for p in sample) / len(sample))
        for other in active_segments(shop)
        if sample and other.number != number
    ]
    return sorted((row for row in means if row[1] > 0), key=lambda row: -row[1])[:OTHERS_SHOWN]
