"""Charts of segments: the map of interests and a segment's categories against the shop's."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dashboard.core import charts, formats
from dashboard.segments.labels import Label, spread
from dashboard.segments.selectors import PublishedSegment, SegmentMap

CORE_SIGMAS = 1.0
NEARLY_ALL_SIGMAS = 1.9  # holds 84% of a two-dimensional normal distribution
LABEL_MAX_LENGTH = 28
CATEGORIES_SHOWN = 9


def map_figure(shown: SegmentMap) -> charts.Figure:
    """Visitors as points, each segment as two rings with its number and name above."""
    data: list[charts.Trace] = []
    for segment in shown.segments:
        data += _points(segment, [(x, y) for x, y, number in shown.points if number == segment.number])
    for segment in shown.segments:
        data += [_ring(segment, NEARLY_ALL_SIGMAS, dotted=True), _ring(segment, CORE_SIGMAS)]
    return charts.Figure(
        key="map",
        label=_map_label(shown),
        caption=_(
            "A point is a visitor; near points like similar items. The solid ring holds the core of a segment, "
            "the dotted one nearly all of it. Directions and distances have no unit."
        ),
        data=data,
        layout={
            "margin": {"l": 0, "r": 0, "t": 28, "b": 0},
            "xaxis": charts.plain_axis(),
            "yaxis": charts.plain_axis(scaleanchor="x", scaleratio=1),
            "annotations": _map_names(shown.segments, full=True),
        },
        narrow={"layout": {"annotations": _map_names(shown.segments, full=False)}},
        height="xl",
    )


def _points(segment: PublishedSegment, places: Sequence[tuple[float, float]]) -> list[charts.Trace]:
    if not places:
        return []
    x, y = zip(*places, strict=True)
    return [charts.points(x, y, name=segment.name, color=_colour(segment), size=4.5, opacity=0.5)]


def _ring(segment: PublishedSegment, sigmas: float, *, dotted: bool = False) -> charts.Trace:
    return charts.ellipse(segment.center, segment.covariance, sigmas=sigmas, color=_colour(segment), dotted=dotted)


def _colour(segment: PublishedSegment) -> str:
    return charts.category_token(segment.number).removeprefix("token:")


def _map_names(segments: Sequence[PublishedSegment], *, full: bool) -> list[dict[str, Any]]:
    if not segments:
        return []
    texts = [_map_text(segment) if full else str(segment.number) for segment in segments]
    tops = [segment.center[1] + _reach(segment) for segment in segments]
    height = max(tops) - min(segment.center[1] - _reach(segment) for segment in segments)
    wanted = [Label(segment.center[0], y, len(text)) for segment, y, text in zip(segments, tops, texts, strict=True)]
    places = spread(wanted, height)
    return [_map_name(*row) for row in zip(segments, texts, places, strict=True)]


def _reach(segment: PublishedSegment) -> float:
    """How far the outer ring goes up from its centre."""
    return float(NEARLY_ALL_SIGMAS * segment.covariance[1][1] ** 0.5)


def _map_text(segment: PublishedSegment) -> str:
    name = segment.name if len(segment.name) <= LABEL_MAX_LENGTH else segment.name[: LABEL_MAX_LENGTH - 1] + "…"
    return f"{segment.number} {_plain(name)}"


def _map_name(segment: PublishedSegment, text: str, y: float) -> dict[str, Any]:
    return {
        "x": segment.center[0],
        "y": y,
        "text": text,
        "showarrow": False,
        "yanchor": "bottom",
        "font": {"color": charts.token("ink"), "size": 12, "weight": 600},
        "bgcolor": charts.token("surface"),
        "bordercolor": charts.category_token(segment.number),
        "borderwidth": 1.5,
        "borderpad": 3,
    }


def _plain(text: str) -> str:
    # Plotly reads tags in text; a name is only ever text.
    return text.replace("<", "‹").replace(">", "›")


def _map_label(shown: SegmentMap) -> str:
    text = ngettext(
        "Map of %(points)s visitors in %(count)d segment. The list beside the map holds the same segments.",
        "Map of %(points)s visitors in %(count)d segments. The list beside the map holds the same segments.",
        len(shown.segments),
    )
    return text % {"points": formats.number(len(shown.points)), "count": len(shown.segments)}


def category_figure(segment: PublishedSegment) -> charts.Figure | None:
    """The segment's share of each category (filled) against all visitors' (hollow); None without categories."""
    rows = [row for row in segment.top_categories if row.get("lift")][:CATEGORIES_SHOWN]
    if not rows:
        return None
    names = [_plain(str(row["category"])) for row in reversed(rows)]
    theirs = [float(row["share"]) for row in reversed(rows)]
    everyones = [float(row["share"]) / float(row["lift"]) for row in reversed(rows)]
    hover = "%{y}: %{x:.0%}"
    return charts.Figure(
        key="categories",
        height="sm" if len(rows) <= 4 else "md",
        label=_("Dot chart: share of interactions by category for %(name)s and for all visitors. %(first)s")
        % {"name": segment.name, "first": _first_row(rows[0])},
        caption=_("Filled: %(name)s. Hollow: all visitors.") % {"name": segment.name},
        data=[
            _bridges(names, theirs, everyones),
            charts.points(everyones, names, name=_("All visitors"), color="control", hollow=True, hover=hover),
            charts.points(theirs, names, name=segment.name, color=_colour(segment), size=11, hover=hover),
        ],
        layout={
            "margin": {"l": 8, "r": 16, "t": 8, "b": 8},
            "xaxis": charts.percent_axis(showgrid=True, zeroline=True, showline=False, ticks=""),
            "yaxis": {"showgrid": False, "rangemode": "normal"},
        },
        table=charts.Table(
            [_("Category"), segment.name, _("All visitors"), _("Times as much")],
            [_table_row(row) for row in rows],
        ),
    )


def _bridges(names: list[str], theirs: list[float], everyones: list[float]) -> charts.Trace:
    x: list[float | None] = []
    y: list[str | None] = []
    for name, one, other in zip(names, theirs, everyones, strict=True):
        x += [one, other, None]
        y += [name, name, None]
    return {
        "type": "scatter",
        "mode": "lines",
        "x": x,
        "y": y,
        "line": {"color": charts.token("lineStrong"), "width": 2},
        "hoverinfo": "skip",
    }


def _first_row(row: dict[str, Any]) -> str:
    return _("%(category)s is %(share)s against %(usual)s.") % {
        "category": row["category"],
        "share": formats.percent(row["share"]),
        "usual": formats.percent(row["share"] / row["lift"]),
    }


def _table_row(row: dict[str, Any]) -> list[str]:
    share, lift = float(row["share"]), float(row["lift"])
    return [str(row["category"]), formats.percent(share), formats.percent(share / lift), formats.times(lift)]
