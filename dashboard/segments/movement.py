"""Reads: how visitors move between the segments that a shop shows, month by month."""

from collections import Counter
from dataclasses import dataclass
from datetime import date

from dashboard.accounts.models import Shop
from dashboard.events.selectors import privacy_of
from dashboard.segments.models import MapPoint, MonthFlow, SegmentMembership
from dashboard.segments.selectors import PublishedSegment, active_segments, shown_artifact_id

NEWCOMER = 0
DRIFTERS_SHOWN = 5


@dataclass(frozen=True)
class Flow:
    """Visitors of a month who belonged to `source` before it (None: nobody knew them) and to `target` at its end."""

    source: PublishedSegment | None
    target: PublishedSegment
    visitors: int

    @property
    def is_move(self) -> bool:
        return self.source is not None and self.source.number != self.target.number


@dataclass(frozen=True)
class Trend:
    """Of one segment in a month: who came from others, who went to others, who is new, and the largest streams."""

    segment: PublishedSegment
    entered: int
    left: int
    newcomers: int
    largest_in: Flow | None
    largest_out: Flow | None

    @property
    def net(self) -> int:
        return self.entered - self.left


@dataclass(frozen=True)
class Drifter:
    """A visitor who went from one segment to another in the month."""

    visitor_id: str
    source: PublishedSegment
    target: PublishedSegment


@dataclass(frozen=True)
class Movement:
    """`flows`: largest first, none of fewer than `smallest` visitors, and nothing here counts such. `sizes`: of each
    segment the visitors who did something in each of `months`, None where they are too few to be told."""

    month: date
    months: list[date]
    smallest: int
    flows: list[Flow]
    trends: list[Trend]
    sizes: list[tuple[PublishedSegment, list[int | None]]]
    drifters: list[Drifter]

    @property
    def moved(self) -> int:
        return sum(flow.visitors for flow in self.flows if flow.is_move)

    @property
    def stayed(self) -> int:
        return sum(flow.visitors for flow in self.flows if flow.source and not flow.is_move)

    @property
    def newcomers(self) -> int:
        return sum(flow.visitors for flow in self.flows if flow.source is None)


def movement(shop: Shop, asked: str = "") -> Movement | None:
    """Of the month `asked` ("2026-11"), or the last there is; None where the published artifact tells of none."""
    artifact_id, segments = shown_artifact_id(shop), {s.number: s for s in active_segments(shop)}
    smallest = privacy_of(shop.pk).smallest_group
    told = MonthFlow.objects.filter(shop=shop, artifact_id=artifact_id or 0, visitors__gte=max(smallest, 1))
    told = told.filter(target__in=segments, source__in=[NEWCOMER, *segments])
    rows = list(told.order_by("month", "-visitors").values_list("month", "source", "target", "visitors"))
    if not rows:
        return None
    numbers = range(rows[0][0], rows[-1][0] + 1)
    month = next((number for number in numbers if _first_day(number).isoformat()[:7] == asked), numbers[-1])
    flows = [Flow(segments.get(source), segments[target], n) for at, source, target, n in rows if at == month]
    ordered = sorted(segments.values(), key=lambda segment: -segment.share)
    return Movement(
        month=_first_day(month),
        months=[_first_day(number) for number in numbers],
        smallest=smallest,
        flows=flows,
        trends=sorted((_trend(segment, flows) for segment in ordered), key=lambda trend: -trend.net),
        sizes=_sizes(ordered, rows, numbers),
        drifters=_drifters(shop, artifact_id or 0, month, flows),
    )


def _first_day(month: int) -> date:
    return date(month // 12, month % 12 + 1, 1)


def _trend(segment: PublishedSegment, flows: list[Flow]) -> Trend:
    incoming = [flow for flow in flows if flow.is_move and flow.target == segment]
    outgoing = [flow for flow in flows if flow.is_move and flow.source == segment]
    return Trend(
        segment=segment,
        entered=sum(flow.visitors for flow in incoming),
        left=sum(flow.visitors for flow in outgoing),
        newcomers=sum(flow.visitors for flow in flows if flow.source is None and flow.target == segment),
        largest_in=next(iter(incoming), None),
        largest_out=next(iter(outgoing), None),
    )


def _sizes(
    segments: list[PublishedSegment], rows: list[tuple[int, int, int, int]], months: range
) -> list[tuple[PublishedSegment, list[int | None]]]:
    active: Counter[tuple[int, int]] = Counter()
    for month, _source, target, visitors in rows:
        active[month, target] += visitors
    return [(segment, [active[month, segment.number] or None for month in months]) for segment in segments]


def _drifters(shop: Shop, artifact_id: int, month: int, flows: list[Flow]) -> list[Drifter]:
    """Some of those who moved, in streams that are told of: of the visitors whom the map draws."""
    streams = {(flow.source.number, flow.target.number): flow for flow in flows if flow.source and flow.is_move}
    drawn = MapPoint.objects.filter(shop=shop, artifact_id=artifact_id).values("visitor_id")
    rows = SegmentMembership.objects.filter(shop=shop, artifact_id=artifact_id, visitor_id__in=drawn)
    found = []
    for visitor_id, moves in rows.exclude(moves=[]).order_by("visitor_id").values_list("visitor_id", "moves"):
        for at, source, target in zip(moves[::3], moves[1::3], moves[2::3], strict=True):
            if at == month and (flow := streams.get((source, target))) and flow.source:
                found.append(Drifter(visitor_id, flow.source, flow.target))
    return found[:DRIFTERS_SHOWN]
