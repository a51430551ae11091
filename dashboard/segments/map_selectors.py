"""Reads: the map of the artifact that a shop shows, as it was prepared when that was shown first."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from math import floor, isqrt
from typing import Any

from dashboard.accounts.models import Shop
from dashboard.catalog.models import Item
from dashboard.events.selectors import privacy_of
from dashboard.segments.map_sql import CELL_WIDTH
from dashboard.segments.models import MapCell, MapPoint
from dashboard.segments.selectors import PublishedSegment, active_segments, shown_artifact_id

MOST_SQUARES = 40  # a side of the map: finer squares than a screen tells apart
FEWEST_SQUARES = 8  # coarser ones would blur segments into one
LANDMARK_ITEMS, LANDMARK_CATEGORIES = 2, 1  # of each segment: more cover each other


@dataclass(frozen=True)
class Point:
    """A visitor on the map. `novelty` in bits, None where the artifact tells none; `spent` in the shop's currency."""

    visitor_id: str
    number: int
    probability: float
    x: float
    y: float
    novelty: float | None
    spent: float


@dataclass(frozen=True)
class Square:
    """A square around (x, y): how many visitors stand there, never fewer than may be told of; most of them, `share`,
    belong to the segment `number`."""

    x: float
    y: float
    visitors: int
    number: int
    share: float


@dataclass(frozen=True)
class Landmark:
    """An item or a category where the visitors are who choose it."""

    x: float
    y: float
    text: str
    number: int
    is_category: bool


@dataclass(frozen=True)
class SegmentMap:
    """What the map draws. `squares` have `square_width`; `points` are a sample, the same at each call and mostly the
    same in the next artifact."""

    artifact_id: int
    segments: list[PublishedSegment]
    points: list[Point]
    squares: list[Square]
    square_width: float
    landmarks: list[Landmark]

    @property
    def visitors(self) -> int:
        return sum(segment.visitors for segment in self.segments)


def segment_map(shop: Shop) -> SegmentMap | None:
    """The map of the published artifact; None before there is one. Of segments of fewer visitors than the shop's
    privacy lets be told it has nothing."""
    artifact_id = shown_artifact_id(shop)
    if artifact_id is None:
        return None
    segments = active_segments(shop)
    numbers = [segment.number for segment in segments]
    squares, width = _squares(shop, artifact_id, numbers)
    return SegmentMap(
        artifact_id, segments, map_points(shop, artifact_id, numbers), squares, width, _landmarks(shop, segments)
    )


def map_points(shop: Shop, artifact_id: int, numbers: list[int]) -> list[Point]:
    rows = MapPoint.objects.filter(shop=shop, artifact_id=artifact_id, number__in=numbers).order_by("visitor_id")
    return [
        Point(row.visitor_id, row.number, row.probability, row.x, row.y, row.novelty, float(row.spent)) for row in rows
    ]


def _squares(shop: Shop, artifact_id: int, numbers: list[int]) -> tuple[list[Square], float]:
    """As small as the shop's privacy and the number of its visitors let them be, and their width; none where only
    squares too large to tell anything would be."""
    rows = MapCell.objects.filter(shop=shop, artifact_id=artifact_id, number__in=numbers)
    cells = list(rows.values_list("column", "row", "number", "visitors"))
    if not cells:
        return [], CELL_WIDTH
    smallest = privacy_of(shop.pk).smallest_group
    side = min(MOST_SQUARES, max(isqrt(sum(cell[3] for cell in cells) // max(smallest, 1)), 1))
    reach = max(max(axis) - min(axis) + 1 for axis in zip(*[cell[:2] for cell in cells], strict=True))
    if side < FEWEST_SQUARES:
        return [], CELL_WIDTH
    joined = -(-reach // side)
    found: dict[tuple[int, int], Counter[int]] = defaultdict(Counter)
    for column, row, number, visitors in cells:
        found[floor(column / joined), floor(row / joined)][number] += visitors
    width = joined * CELL_WIDTH
    told = [(place, counts) for place, counts in sorted(found.items()) if counts.total() >= smallest]
    return [_square(place, counts, width) for place, counts in told], width


def _square(place: tuple[int, int], counts: Counter[int], width: float) -> Square:
    ((number, most),) = counts.most_common(1)
    x, y = ((part + 0.5) * width for part in place)
    return Square(x, y, counts.total(), number, most / counts.total())


def _landmarks(shop: Shop, segments: list[PublishedSegment]) -> list[Landmark]:
    """What sets each segment apart, where an artifact tells its place; each item and category once."""
    rows = [(row["item_id"], row, s.number) for s in segments for row in _placed(s.top_items)[:LANDMARK_ITEMS]]
    ids = [item_id for item_id, _row, _number in rows]
    titles = dict(Item.objects.filter(shop=shop, item_id__in=ids).values_list("item_id", "title"))
    found = {
        ("item", item_id): _landmark(row, titles[item_id] or item_id, number, is_category=False)
        for item_id, row, number in rows
        if item_id in titles
    }
    for segment in segments:
        for row in _placed(segment.top_categories)[:LANDMARK_CATEGORIES]:
            mark = _landmark(row, row["category"], segment.number, is_category=True)
            found.setdefault(("category", row["category"]), mark)
    return list(found.values())


def _landmark(row: dict[str, Any], text: str, number: int, *, is_category: bool) -> Landmark:
    x, y = row["place"]
    return Landmark(float(x), float(y), text, number, is_category)


def _placed(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [row for row in rows if row.get("place")]
