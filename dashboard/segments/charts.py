"""What a model says of a segment's categories: shown until its figures are summed (`profile_charts.py`)."""

from typing import Any

from django.utils.translation import gettext as _

from dashboard.core import charts, formats
from dashboard.segments.selectors import PublishedSegment

CATEGORIES_SHOWN = 9


def category_figure(segment: PublishedSegment) -> charts.Figure | None:
    """The segment's share of each category (filled) against all visitors' (hollow); None without categories."""
    rows = [row for row in segment.top_categories if row.get("lift")][:CATEGORIES_SHOWN]
    if not rows:
        return None
    names = [charts.plain(str(row["category"])) for row in reversed(rows)]
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
            bridges(names, theirs, everyones),
            charts.points(everyones, names, name=_("All visitors"), color="control", hollow=True, hover=hover),
            charts.points(
                theirs, names, name=segment.name, color=charts.segment_token(segment.number), size=11, hover=hover
            ),
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


def bridges(names: list[str], theirs: list[float], everyones: list[float]) -> charts.Trace:
    """A line from each of theirs to everyone's."""
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
