"""Reads: interests that emerge before they are a segment, as the shown artifact found them."""

from collections import Counter
from dataclasses import dataclass

from django.db.models import Count

from dashboard.accounts.models import Shop
from dashboard.catalog.models import Item
from dashboard.catalog.selectors import items_by_ids
from dashboard.events.selectors import privacy_of
from dashboard.segments.estimates import Estimate
from dashboard.segments.models import EmergingInterest, SegmentMembership
from dashboard.segments.selectors import PublishedSegment, active_segments, shown_artifact_id

ITEMS_TOLD = 6


@dataclass(frozen=True)
class Emerging:
    """Visitors who chose several of `items` in the last weeks; `ratio`: their share of recent visitors over that of the
    weeks before. `category`: what most items have in common, empty where they have nothing. `sources`: the segments
    that they belong to, largest first, none of few."""

    number: int
    items: list[Item]
    more_items: int
    category: str
    visitors: int
    ratio: Estimate
    sources: list[tuple[PublishedSegment, float]]

    @property
    def titles(self) -> list[str]:
        return [item.title or item.item_id for item in self.items]


def emerging_interests(shop: Shop) -> list[Emerging]:
    """The largest first; none of fewer visitors than may be told of."""
    artifact_id, smallest = shown_artifact_id(shop) or 0, max(privacy_of(shop.pk).smallest_group, 1)
    members = SegmentMembership.objects.filter(shop=shop, artifact_id=artifact_id, emerging__gt=0)
    counted = members.values_list("emerging", "number").annotate(visitors=Count("pk")).order_by()
    counts: dict[int, Counter[int]] = {}
    for emerging, number, visitors in counted:
        counts.setdefault(emerging, Counter())[number] = visitors
    rows = EmergingInterest.objects.filter(shop=shop, artifact_id=artifact_id).order_by("number")
    told = [row for row in rows if counts.get(row.number, Counter()).total() >= smallest]
    items = items_by_ids(shop.pk, {item_id for row in told for item_id in row.items})
    segments = {segment.number: segment for segment in active_segments(shop)} if told else {}
    found = [_told(row, counts[row.number], items, segments, smallest) for row in told]
    return sorted((each for each in found if each.items), key=lambda each: -each.visitors)


def _told(
    row: EmergingInterest,
    counts: Counter[int],
    items: dict[str, Item],
    segments: dict[int, PublishedSegment],
    smallest: int,
) -> Emerging:
    known = [items[item_id] for item_id in row.items if item_id in items and items[item_id].deleted_at is None]
    sources = [
        (segments[number], visitors / counts.total())
        for number, visitors in counts.most_common()
        if number in segments and visitors >= smallest
    ]
    return Emerging(
        number=row.number,
        items=known[:ITEMS_TOLD],
        more_items=max(len(known) - ITEMS_TOLD, 0),
        category=_common_category(known),
        visitors=counts.total(),
        ratio=Estimate(row.ratio, row.low, row.high),
        sources=sources,
    )


def _common_category(items: list[Item]) -> str:
    counts = Counter(name for item in items for name in set(item.categories))
    name, most = next(iter(counts.most_common(1)), ("", 0))
    return name if 2 * most >= len(items) and most else ""
