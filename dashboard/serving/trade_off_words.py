"""The trade-off of a knob as a chart, with its numbers."""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from dashboard.core import formats
from dashboard.core.charts import Figure, Table, band, line, percent_axis, points
from dashboard.core.knob_words import KNOB_WORDS, KnobWords
from dashboard.serving.trade_off import Point, TradeOff

_CONFIDENCE = 1.96
Range = tuple[float, float]


def trade_off_figure(found: TradeOff) -> Figure | None:
    """Expected relevance kept against what the knob is for; None where nobody's candidates tell it."""
    words = KNOB_WORDS[found.knob]
    told = [(point, point.metric) for point in found.curve if point.metric is not None]
    if not told:
        return None
    x, kept = [metric for _point, metric in told], [point.kept for point, _metric in told]
    low, high = zip(*(_kept_range(point) for point, _metric in told), strict=True)
    shown = "%{x:.0%}" if words.is_share else "%{x:.2f}"
    hover = shown + "<br>" + _("%{y:.1%} of expected relevance kept")
    axis = {"title": {"text": str(words.axis)}}
    return Figure(
        key="trade-off",
        label=_("Expected relevance kept, against: %(axis)s.") % {"axis": words.axis},
        caption=_(
            "Mean of %(count)s visitors who came lately, with its range. Further down, less expected relevance is "
            "left. The filled point is published, the ring is what stands on this page."
        )
        % {"count": formats.number(found.visitors)},
        data=[
            band(x, low, high),
            line(x, kept, name=_("all values of the knob"), hover=hover),
            *_dot(found.published, _("published"), hover, hollow=False),
            *_dot(found.proposed, _("proposed"), hover, hollow=True),
        ],
        layout={
            "xaxis": percent_axis(**axis) if words.is_share else {"nticks": 5, **axis},
            "yaxis": percent_axis(rangemode="normal", title={"text": _("expected relevance kept")}),
            "margin": {"l": 8, "r": 16, "t": 12, "b": 8},
        },
        table=_table(found, words),
    )


def _dot(point: Point, name: str, hover: str, *, hollow: bool) -> list[dict[str, object]]:
    if point.metric is None:
        return []
    return [points([point.metric], [point.kept], name=name, size=17 if hollow else 11, hollow=hollow, hover=hover)]


def _table(found: TradeOff, words: KnobWords) -> Table:
    columns = [words.label, str(words.axis), _("Plausible range"), _("Relevance kept"), _("Plausible range")]
    rows = [_row(formats.number(point.level, 2), point, words) for point in found.curve]
    rows += [_row(_("published"), found.published, words), _row(_("proposed"), found.proposed, words)]
    return Table(columns, rows)


def _row(name: str, point: Point, words: KnobWords) -> Sequence[str]:
    if point.metric is None:
        return [name, formats.UNKNOWN, "", formats.percent(point.kept, 1), _percents(_kept_range(point))]
    half = _CONFIDENCE * point.metric_error
    around = max(point.metric - half, 0.0), point.metric + half
    metric = formats.percent(point.metric, 1) if words.is_share else formats.number(point.metric, 2)
    metric_range = _percents(around) if words.is_share else _numbers(around)
    return [name, metric, metric_range, formats.percent(point.kept, 1), _percents(_kept_range(point))]


def _kept_range(point: Point) -> Range:
    half = _CONFIDENCE * point.kept_error
    return max(point.kept - half, 0.0), min(point.kept + half, 1.0)


def _percents(ends: Range) -> str:
    low, high = (formats.percent(end, 1) for end in ends)
    return _("%(low)s to %(high)s") % {"low": low, "high": high}


def _numbers(ends: Range) -> str:
    low, high = (formats.number(end, 2) for end in ends)
    return _("%(low)s to %(high)s") % {"low": low, "high": high}
