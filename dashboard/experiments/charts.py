"""The charts of an experiment."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from dashboard.core import formats
from dashboard.core.charts import Figure, Table, band, date_axis, end_label, interval, line, plain, points, token
from dashboard.experiments.estimates import Estimate, Interval
from dashboard.experiments.mark_words import by_day, captions, label_of
from dashboard.experiments.ranges import is_open, range_words
from dashboard.experiments.selectors import Mark, Results
from dashboard.experiments.selectors.course import Answer, Day
from dashboard.experiments.traffic_charts import colour_of

MOST_SHOWN_PERCENT = 100.0  # a first day's interval of ±400% would flatten everything else
MOST_STRETCHED = 3.0  # how many times as far the axis of days reaches, to hold a line that began far out


def change_by_metric(results: Results) -> Figure:
    """One row a metric of the leading variant, the deciding one on top: dot, always-valid interval, change at the
    right."""
    known = [entry for entry in results.estimates if entry.interval is not None]
    rows = list(reversed(known))
    data: list[dict[str, Any]] = [_interval_of(entry) for entry in rows]
    data += [_dot(entry) for entry in rows]
    edge = _edge(_percents(entry) for entry in rows)
    lifts = [_in_percent(entry.lift) for entry in rows]
    edge = max([edge, *map(abs, lifts)])  # every dot stands on the axis
    axis = {
        "range": [_left(edge, lifts) * 1.1, edge * 1.75],
        "ticksuffix": "%",
        "showgrid": True,
        "zeroline": True,
        "zerolinewidth": 1.5,
        "showline": False,
        "ticks": "",
        "nticks": 7,
        "title": {
            "text": _("change in variant %(variant)s against control A, with always-valid 95%% interval")
            % {"variant": results.leading}
        },
    }
    names = [plain(str(entry.metric.label)) for entry in rows]
    rows_axis = {"showgrid": False, "ticklabelstandoff": 8, "range": [-0.6, len(rows) - 0.4]}
    short = {"tickmode": "array", "tickvals": names, "ticktext": [_broken(name) for name in names]}
    return Figure(
        key="lift",
        label=_("Interval chart of the change in each metric; the same numbers stand in the table below."),
        data=data,
        layout={"margin": {"l": 8, "r": 8, "t": 8, "b": 8}, "xaxis": axis, "yaxis": rows_axis,
                "annotations": [_written(entry) for entry in rows]},
        caption=_("Filled dots are clear of zero. Hollow dots could still be chance."),
        narrow={"layout": {"yaxis": {**rows_axis, **short, "tickfont": {"size": 11}},
                           "xaxis": {**axis, "nticks": 4, "title": {"text": _("change")}}}},
    )  # fmt: skip


def answer_over_time(results: Results, marks: Sequence[Mark] = ()) -> Figure:
    """The deciding metric as it stood after each cohort day: the leading variant with its always-valid band, others as
    lines; `marks` of what else changed for everyone in the experiment."""
    days = [day for day in results.days if day.lift is not None]
    x = [day.day.isoformat() for day in days]
    lift, low, high = ([_in_percent(value) for value in values] for values in _columns(days))
    edge = _edge_of_days(lift, low, high)
    drawn = [value if abs(value) <= edge else None for value in lift]
    data = [
        band(x, low, high),
        *_others(results, days, x, edge),
        {
            **line(x, drawn, name=""),
            "customdata": [range_words(_interval_on(day)) for day in days],
            "hovertemplate": "%{x|%-d %b}: %{y:+.1f}% (%{customdata})<extra></extra>",
        },
    ]
    layout: dict[str, Any] = {
        "margin": {"l": 8, "r": 76, "t": 20, "b": 8},
        "xaxis": date_axis(range=[x[0], x[-1]] if len(x) > 1 else None),
        "yaxis": {"range": [_left(edge, drawn) * 1.05, edge * 1.05], "rangemode": "normal", "ticksuffix": "%",
                  "zeroline": True, "zerolinewidth": 1.5, "zerolinecolor": token("ink"), "nticks": 6},
    }  # fmt: skip
    marked = by_day([mark for mark in marks if x and x[0] <= mark.day.isoformat() <= x[-1]])
    layout["shapes"] = [_mark_line(day) for day in marked]
    if x:
        layout["annotations"] = [
            end_label(x[-1], lift[-1], formats.signed_percent(days[-1].lift)),
            *(_mark_label(day, named) for day, named in marked.items()),
        ]
    return Figure(
        key="time",
        label=_("Line with a narrowing band: the change after each day, with its always-valid 95% interval."),
        data=data,
        layout=layout,
        caption=" ".join([_time_caption(results.primary, _clear_since(days)), *_far_caption(drawn), *captions(marks)]),
        table=_time_table(results, days, by_day(marks)),
    )


def _others(results: Results, days: list[Day], x: list[str], edge: float) -> list[dict[str, Any]]:
    """The variants that do not lead."""
    found = []
    for versus in results.versus[1:]:
        values = [_in_percent(day.answers[versus.variant].lift) for day in days]
        shown = [value if abs(value) <= edge else None for value in values]
        hover = f"{versus.variant}, %{{x|%-d %b}}: %{{y:+.1f}}%"
        found.append(line(x, shown, name="", color=colour_of(results, versus.variant), dash="dot", hover=hover))
    return found


def _time_table(results: Results, days: list[Day], marked: Mapping[date, list[Mark]]) -> Table:
    """Of every variant: its change and range of plausible values."""
    keys = sorted(versus.variant for versus in results.versus)
    columns = [_("Day")]
    for key in keys:
        prefix = f"{key}: " if len(keys) > 1 else ""
        columns += [f"{prefix}{_('Change')}", f"{prefix}{_('Between')}"]
    rows = []
    for day in days:
        answers = [day.answers.get(key, Answer(day.lift, day.low, day.high)) for key in keys]
        cells = [text for found in answers for text in (formats.signed_percent(found.lift), _range(found))]
        rows.append([formats.short_date(day.day), *cells, label_of(marked.get(day.day, []))])
    return Table([*columns, _("Meanwhile")], rows)


def _range(found: Answer | Day) -> str:
    told = _interval_on(found)
    return range_words(told) if told is None or is_open(told) else _between(*told)


def _interval_on(found: Answer | Day) -> Interval | None:
    return None if found.low is None or found.high is None else (found.low, found.high)


def _edge(intervals: Iterable[tuple[float, float]]) -> float:
    """How far an axis reaches from zero, in percent."""
    return min(max((abs(end) for ends in intervals for end in ends), default=10.0), MOST_SHOWN_PERCENT)


def _edge_of_days(lift: list[float], low: list[float], high: list[float]) -> float:
    """How far the axis of days reaches from zero: it holds the line whole, but for days that lie farther out still."""
    edge = max([_edge(zip(low, high, strict=True)), *map(abs, lift[-1:])])
    return max([edge, *(abs(value) for value in lift if abs(value) <= MOST_STRETCHED * edge)])


def _left(edge: float, shown: Iterable[float | None]) -> float:
    """Where an axis begins that ends at `edge`: hardly any metric can fall by more than 100%."""
    return min([-min(edge, 100.0), *(value for value in shown if value is not None)])


def _percents(entry: Estimate) -> tuple[float, float]:
    low, high = entry.interval or (0.0, 0.0)
    return _in_percent(low), _in_percent(high)


def _in_percent(value: float | None) -> float:
    return round(100 * (value or 0.0), 2)


def _colour(entry: Estimate) -> str:
    return entry.tone


def _interval_of(entry: Estimate) -> dict[str, Any]:
    low, high = _percents(entry)
    return interval(low, high, plain(str(entry.metric.label)), color=_colour(entry), width=6)


def _dot(entry: Estimate) -> dict[str, Any]:
    trace = points(
        [_in_percent(entry.lift)],
        [plain(str(entry.metric.label))],
        name="",
        color=_colour(entry),
        size=11,
        hollow=entry.conclusion == "unclear",
    )
    hover = "%{y}<br>%{x:+.1f}% (%{customdata})<extra></extra>"
    trace.pop("hoverinfo")
    return {**trace, "customdata": [range_words(entry.interval)], "hovertemplate": hover}


def _written(entry: Estimate) -> dict[str, Any]:
    return {
        "x": 1,
        "xref": "paper",
        "xanchor": "right",
        "y": plain(str(entry.metric.label)),
        "text": formats.signed_percent(entry.lift),
        "showarrow": False,
        "bgcolor": token("surface"),
        "font": {"size": 13, "color": token(_colour(entry)), "weight": 600},
    }


def _broken(name: str) -> str:
    """A long label in two lines, for narrow charts."""
    words = name.split()
    half = (len(words) + 1) // 2
    return "<br>".join(part for part in (" ".join(words[:half]), " ".join(words[half:])) if part)


def _columns(days: list[Day]) -> tuple[list[float | None], list[float | None], list[float | None]]:
    return [day.lift for day in days], [day.low for day in days], [day.high for day in days]


def _clear_since(days: list[Day]) -> Day | None:
    """The first day of the last unbroken stretch on which the interval left zero out."""
    since = None
    for day in days:
        clear = day.low is not None and day.high is not None and (day.low > 0 or day.high < 0)
        since = (since or day) if clear else None
    return since


def _time_caption(primary: Estimate, clear_since: Day | None) -> str:
    if clear_since is None:
        return _("Change in “%(metric)s”, day by day, with the always-valid interval. Zero is still inside.") % {
            "metric": primary.metric.label
        }
    return _("Change in “%(metric)s”, day by day, with the always-valid interval. Clear of zero since %(day)s.") % {
        "metric": primary.metric.label,
        "day": formats.short_date(clear_since.day),
    }


def _far_caption(drawn: list[float | None]) -> list[str]:
    return [_("Days that lie beyond the chart stand in its table.")] if None in drawn else []


def _mark_line(day: date) -> dict[str, Any]:
    stroke = {"color": token("ink-muted"), "width": 1.5, "dash": "dash"}
    return {
        "type": "line",
        "x0": day.isoformat(),
        "x1": day.isoformat(),
        "yref": "paper",
        "y0": 0,
        "y1": 1,
        "line": stroke,
    }


def _mark_label(day: date, marks: list[Mark]) -> dict[str, Any]:
    return {
        "x": day.isoformat(),
        "y": 1,
        "yref": "paper",
        "yanchor": "bottom",
        "text": label_of(marks),
        "showarrow": False,
        "font": {"size": 11, "color": token("ink-muted")},
    }


def _between(low: float, high: float) -> str:
    return _("%(low)s and %(high)s") % {"low": formats.signed_percent(low), "high": formats.signed_percent(high)}
