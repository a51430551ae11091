"""The chart of the map of interests: density, visitors, segments and landmarks, coloured by what is asked."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from math import log1p
from typing import Any, Literal

import numpy as np
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dashboard.accounts.models import Shop
from dashboard.core import charts, formats
from dashboard.segments.labels import Box, Label, placed, toward
from dashboard.segments.map_selectors import Landmark, Point, SegmentMap, Square
from dashboard.segments.selectors import PublishedSegment

CORE_SIGMAS = 1.0
NEARLY_ALL_SIGMAS = 1.9  # holds 84% of a two-dimensional normal distribution
LABEL_MAX_LENGTH, LINE_MAX_LENGTH = 40, 18  # of a name, and from where on it takes two lines
NARROW_PIXELS = (300, 440)  # of the plot on a phone, where numbers stand for names
DIMMED = 0.12  # opacity of what is not asked for

By = Literal["interest", "value", "novelty"]
COLOURINGS: tuple[By, ...] = ("interest", "value", "novelty")


@dataclass(frozen=True)
class Look:
    """How the map is coloured: by one of COLOURINGS, or by who is in `members`; `focus`: the one segment that is not
    dimmed."""

    by: By = "interest"
    members: frozenset[str] | None = None
    members_name: str = ""
    focus: int | None = None


def map_figure(shop: Shop, shown: SegmentMap, look: Look = Look()) -> charts.Figure:
    """Each segment as two rings with its number and name beside; visitors as points that lead to their page."""
    segments = shown.segments
    data = [_density(shown)] if len(shown.squares) > 1 else []
    data += _visitors(shop, shown, look)
    for segment in segments:
        data += [_ring(segment, look, NEARLY_ALL_SIGMAS, dotted=True), _ring(segment, look, CORE_SIGMAS)]
    data += [_landmarks(shown.landmarks)] if shown.landmarks else []
    names = _names(shown, full=True)
    data += [_room_for(names)] if names else []
    return charts.Figure(
        key="map",
        label=_label(shown),
        caption=_caption(shown, look),
        data=data,
        layout={
            "margin": {"l": 0, "r": 0, "t": 28, "b": 0},
            "xaxis": charts.plain_axis(),
            "yaxis": charts.plain_axis(scaleanchor="x", scaleratio=1),
            "annotations": [_name(*row) for row in names],
        },
        narrow=_narrow(shown, len(data) - 1 if names else None),
        height="xl",
        table=_table(shown),
        zooms=True,
    )


def _caption(shown: SegmentMap, look: Look) -> str:
    told = _(
        "A point is a visitor; near points like similar items. The solid ring holds the core of a segment, the dotted "
        "one nearly all of it."
    )
    told += " " + _("The ground is darker where more visitors stand.") if len(shown.squares) > 1 else ""
    told += " " + _("Diamonds are items and categories.") if shown.landmarks else ""
    if look.members is not None:
        return _("Filled points are in “%(name)s”.") % {"name": look.members_name} + " " + told
    colours = {
        "interest": "",
        "value": _("The stronger a point’s colour, the more the visitor has spent."),
        "novelty": _("The stronger a point’s colour, the less known is what the visitor chooses."),
    }
    return f"{colours[look.by]} {told}".strip()


def _density(shown: SegmentMap) -> charts.Trace:
    names = {segment.number: segment.name for segment in shown.segments}
    columns = _axis([square.x for square in shown.squares], shown.square_width)
    rows = _axis([square.y for square in shown.squares], shown.square_width)
    at = {(square.x, square.y): square for square in shown.squares}
    found = [[at.get((x, y)) for x in columns] for y in rows]
    return {
        "type": "contour",
        "x": columns,
        "y": rows,
        "z": [[square.visitors if square else 0 for square in row] for row in found],
        "text": [[_square_text(square, names) if square else "" for square in row] for row in found],
        "hovertemplate": "%{text}<extra></extra>",
        "colorscale": [[0, charts.token("surface")], [1, charts.token("lineStrong")]],
        "contours": {"coloring": "fill", "showlines": False},
        "line": {"smoothing": 1},
        "ncontours": 8,
        "opacity": 0.5,
        "showscale": False,
    }


def _axis(values: Sequence[float], width: float) -> list[float]:
    """Every square from one beside the first to one beside the last: contours then close."""
    first, last = min(values), max(values)
    return [first + step * width for step in range(-1, round((last - first) / width) + 2)]


def _square_text(square: Square, names: dict[int, str]) -> str:
    told = _("%(visitors)s visitors around here, %(share)s of them in %(name)s")
    shown = {"visitors": formats.number(square.visitors), "share": formats.percent(square.share)}
    return told % (shown | {"name": charts.plain(names[square.number])})


def _visitors(shop: Shop, shown: SegmentMap, look: Look) -> list[charts.Trace]:
    if look.members is not None:
        inside = [point for point in shown.points if point.visitor_id in look.members]
        outside = [point for point in shown.points if point.visitor_id not in look.members]
        return [
            *_points(shop, shown, outside, color="control", opacity=0.25),
            *_points(shop, shown, inside, color="accent", opacity=0.9),
        ]
    if look.by != "interest":
        return _points(shop, shown, shown.points, scale=_strengths(shown.points, look.by), opacity=0.85)
    traces: list[charts.Trace] = []
    for segment in shown.segments:
        mine = [point for point in shown.points if point.number == segment.number]
        colour = charts.segment_token(segment.number)
        traces += _points(shop, shown, mine, color=colour, opacity=_opacity(segment, look, 0.55))
    return traces


def _points(
    shop: Shop,
    shown: SegmentMap,
    points: Sequence[Point],
    *,
    color: str = "accent",
    opacity: float,
    scale: list[float] | None = None,
) -> list[charts.Trace]:
    if not points:
        return []
    names = {segment.number: segment.name for segment in shown.segments}
    x, y = [round(point.x, 3) for point in points], [round(point.y, 3) for point in points]
    trace = charts.points(x, y, name="", color=color, size=5.5, opacity=opacity)
    trace["customdata"] = [reverse("serving:visitor", args=[shop.slug, point.visitor_id]) for point in points]
    trace["text"] = [_point_text(shop, point, names) for point in points]
    trace |= {"hovertemplate": "%{text}<extra></extra>", "hoverinfo": "text"}
    if scale is not None:
        colours = [[0, charts.token("line")], [1, charts.token("accent")]]
        trace["marker"] |= {"color": scale, "colorscale": colours, "cmin": 0, "cmax": 1}
    return [trace]


def _strengths(points: Sequence[Point], by: By) -> list[float]:
    """0 to 1: of what a visitor spent its logarithm, as few spend most of it."""
    values = [log1p(max(point.spent, 0)) if by == "value" else point.novelty or 0.0 for point in points]
    least = 0.0 if by == "value" else min((p.novelty for p in points if p.novelty is not None), default=0.0)
    span = max([value - least for value in values], default=0.0) or 1.0
    return [round(max(value - least, 0) / span, 3) for value in values]


def _point_text(shop: Shop, point: Point, names: dict[int, str]) -> str:
    lines = [f"<b>{charts.plain(point.visitor_id)}</b>"]
    lines.append(f"{formats.percent(point.probability)} {charts.plain(names[point.number])}")
    lines.append(_("spent %(money)s") % {"money": formats.money(point.spent, shop.currency)})
    if point.novelty is not None:
        lines.append(_("chooses what one visitor in %(count)s chooses") % {"count": formats.number(2**point.novelty)})
    return "<br>".join(lines)


def _opacity(segment: PublishedSegment, look: Look, usual: float) -> float:
    return usual if look.focus in (None, segment.number) else DIMMED


def _ring(segment: PublishedSegment, look: Look, sigmas: float, *, dotted: bool = False) -> charts.Trace:
    colour = charts.segment_token(segment.number)
    ring = charts.ellipse(segment.center, segment.covariance, sigmas=sigmas, color=colour, dotted=dotted)
    return ring | {"opacity": _opacity(segment, look, 1.0)}


def _landmarks(marks: Sequence[Landmark]) -> charts.Trace:
    trace = charts.points([mark.x for mark in marks], [mark.y for mark in marks], name="", color="ink", size=7)
    trace["marker"]["symbol"] = ["diamond" if mark.is_category else "diamond-open" for mark in marks]
    kinds = {True: _("Category"), False: _("Item")}
    trace["text"] = [f"{kinds[mark.is_category]}: {charts.plain(mark.text)}" for mark in marks]
    return trace | {"hovertemplate": "%{text}<extra></extra>"}


Named = tuple[PublishedSegment, str, Label, Box]


def _names(shown: SegmentMap, *, full: bool) -> list[Named]:
    """Each segment with its name (or its number alone) and where that stands."""
    texts = [_text(segment) if full else str(segment.number) for segment in shown.segments]
    labels = [_label_of(*row) for row in zip(shown.segments, texts, strict=True)]
    marks: list[Point | Landmark] = [*shown.points, *shown.landmarks]
    points_P2 = np.array([(mark.x, mark.y) for mark in marks], float).reshape(-1, 2)
    boxes = placed(labels, points_P2) if full else placed(labels, points_P2, plot=NARROW_PIXELS)
    return [*zip(shown.segments, texts, labels, boxes, strict=True)]


def _label_of(segment: PublishedSegment, text: str) -> Label:
    lines = text.split("<br>")
    ring = [[NEARLY_ALL_SIGMAS**2 * value for value in row] for row in segment.covariance]
    return Label(*segment.center, ring, max(map(len, lines)), len(lines))


def _text(segment: PublishedSegment) -> str:
    """Number and name, in two lines where it is long."""
    name = segment.name if len(segment.name) <= LABEL_MAX_LENGTH else segment.name[: LABEL_MAX_LENGTH - 1] + "…"
    text = f"{segment.number} {charts.plain(name)}"
    spaces = [place for place, character in enumerate(text) if character == " " and place > len(str(segment.number))]
    if len(text) <= LINE_MAX_LENGTH or not spaces:
        return text
    middle = min(spaces, key=lambda place: (abs(2 * place - len(text)), place))
    return f"{text[:middle]}<br>{text[middle + 1 :]}"


def _name(segment: PublishedSegment, text: str, label: Label, box: Box) -> dict[str, Any]:
    """A frame with a line to the ring that it names."""
    x, y = toward(label, box)
    return {
        "x": round(x, 4),
        "y": round(y, 4),
        "ax": round(box.x, 4),
        "ay": round(box.y, 4),
        "axref": "x",
        "ayref": "y",
        "text": text,
        "showarrow": True,
        "arrowhead": 0,
        "arrowwidth": 1.25,
        "arrowcolor": charts.category_token(segment.number),
        "font": {"color": charts.token("ink"), "size": 12, "weight": 600},
        "bgcolor": charts.token("surface"),
        "bordercolor": charts.category_token(segment.number),
        "borderwidth": 1.5,
        "borderpad": 3,
    }


def _narrow(shown: SegmentMap, room: int | None) -> dict[str, Any]:
    """Numbers alone on a phone, which need no room: `room` is the number of the trace that keeps some."""
    layout = {"annotations": [_name(*row) for row in _names(shown, full=False)]}
    return {"layout": layout} if room is None else {"layout": layout, "data": {room: {"x": [], "y": []}}}


def _room_for(names: Sequence[Named]) -> charts.Trace:
    """Nothing to be seen, so far out that the map has room for its names."""
    corners = [corner for *_, box in names for corner in box.corners]
    trace = charts.points([x for x, _y in corners], [y for _x, y in corners], name="", opacity=0)
    return trace | {"hoverinfo": "skip"}


def _label(shown: SegmentMap) -> str:
    text = ngettext(
        "Map of %(points)s visitors in %(count)d segment. Its table says which lie near each other.",
        "Map of %(points)s visitors in %(count)d segments. Its table says which lie near each other.",
        len(shown.segments),
    )
    return text % {"points": formats.number(len(shown.points)), "count": len(shown.segments)}


def _table(shown: SegmentMap) -> charts.Table:
    rows = [
        [
            f"{segment.number} {segment.name}",
            formats.number(segment.visitors),
            formats.percent(segment.share, 1),
            _nearest(segment, shown.segments),
            ", ".join(mark.text for mark in shown.landmarks if mark.number == segment.number),
        ]
        for segment in sorted(shown.segments, key=lambda segment: -segment.share)
    ]
    return charts.Table([_("Segment"), _("Visitors"), _("Share"), _("Nearest"), _("Landmarks")], rows)


def _nearest(segment: PublishedSegment, segments: Collection[PublishedSegment]) -> str:
    others = [other for other in segments if other.number != segment.number]
    return min(others, key=lambda other: _distance(segment, other)).name if others else "–"


def _distance(one: PublishedSegment, other: PublishedSegment) -> float:
    return sum((a - b) ** 2 for a, b in zip(one.center, other.center, strict=True))
