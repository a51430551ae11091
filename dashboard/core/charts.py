"""Charts as plain data: Plotly traces whose colours are tokens ("token:accent"), drawn by static/forage/charts.js.

`scatter` and `bar` traces, and contours of the map of interests. `{% figure fig %}` renders a figure with its caption,
its sentence for screen readers and its numbers as a table.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from dashboard.core import formats

Trace = dict[str, Any]
Values = Sequence[Any]

LOW_AXIS = 4  # the highest value of an axis whose every whole number has a mark
_BANDS = {"accent": "token:band", "control": "token:bandControl", "explore": "token:bandExplore"}
ELLIPSE_STEPS = 60
SEGMENT_COLOURS = 24


@dataclass(frozen=True)
class Table:
    """The numbers of a figure, as display text. The first column names the row; the others stand right-aligned."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Figure:
    """A chart of a page. `key` is unique on its page; `label` is the sentence that stands for the picture.

    `height` is one of sm, md, lg, xl; `narrow` overrides `layout` and `data` below 480 px of width.
    `zooms`: a part of it can be looked at, by buttons or by drawing a frame. A point whose `customdata` is an address
    leads there. `file_name`: it may be kept as a picture under this name, of ASCII letters, digits and dashes.
    """

    key: str
    label: str
    data: Sequence[Trace]
    layout: dict[str, Any] = field(default_factory=dict)
    caption: str = ""
    table: Table | None = None
    height: str = "md"
    narrow: dict[str, Any] = field(default_factory=dict)
    zooms: bool = False
    file_name: str = ""

    @property
    def script_id(self) -> str:
        return f"fig-{self.key}"

    @property
    def payload(self) -> dict[str, Any]:
        """What travels to the browser as JSON."""
        payload: dict[str, Any] = {"data": list(self.data), "layout": self.layout}
        payload |= {"narrow": self.narrow} if self.narrow else {}
        return {**payload, "zooms": True} if self.zooms else payload


def token(name: str) -> str:
    """A colour of the theme: accent, explore, control, positive, negative, ink, line, cat1 … cat24, …"""
    return f"token:{name}"


def category_token(number: int) -> str:
    """The colour of a segment's number."""
    return token(f"cat{segment_colour(number)}")


def segment_colour(number: int) -> int:
    """Which of the 24 colours a segment's number has. Segments that are shown together have different ones
    (`recommender.interests.numbers.COLOURS`)."""
    return (number - 1) % SEGMENT_COLOURS + 1


def segment_token(number: int) -> str:
    """The name of that colour, as traces take it."""
    return f"cat{segment_colour(number)}"


def plain(text: str) -> str:
    """A text that is only ever text: Plotly reads tags in what it shows."""
    return text.replace("<", "‹").replace(">", "›")


def line(
    x: Values, y: Values, *, name: str, color: str = "accent", dash: str = "", area: bool = False, hover: str = ""
) -> Trace:
    """A line; `dash="dot"` means "before"; `area` fills down to zero. `hover` is Plotly's template without the name."""
    stroke: dict[str, Any] = {"color": token(color)}
    if dash:
        stroke |= {"dash": dash, "width": 1.75}
    trace: Trace = {"type": "scatter", "mode": "lines", "x": list(x), "y": list(y), "name": name, "line": stroke}
    if area:
        trace |= {"fill": "tozeroy", "fillcolor": _BANDS.get(color, _BANDS["control"])}
    return trace | _hover(hover, name)


def band(x: Values, low: Values, high: Values, *, color: str = "accent") -> Trace:
    """The range of plausible values around a line."""
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [*x, *reversed(x)],
        "y": [*high, *reversed(low)],
        "fill": "toself",
        "fillcolor": _BANDS.get(color, _BANDS["control"]),
        "line": {"width": 0},
        "hoverinfo": "skip",
        "showlegend": False,
    }


def points(
    x: Values,
    y: Values,
    *,
    name: str,
    color: str = "accent",
    size: float = 9,
    hollow: bool = False,
    opacity: float = 1,
    hover: str = "",
) -> Trace:
    """Dots; hollow ones mean "could be chance" or "for comparison"."""
    marker: dict[str, Any] = {"color": token(color), "size": size, "opacity": opacity}
    if hollow:
        marker |= {"symbol": "circle-open", "line": {"width": 2, "color": token(color)}}
    elif opacity < 1:
        marker |= {"line": {"width": 0}}
    trace: Trace = {"type": "scatter", "mode": "markers", "x": list(x), "y": list(y), "name": name, "marker": marker}
    return trace | _hover(hover, name)


def bars(
    names: Values, values: Values, *, name: str, color: str = "accent", horizontal: bool = True, hover: str = ""
) -> Trace:
    """Bars from zero; horizontal by default, because names are long."""
    x, y = (values, names) if horizontal else (names, values)
    trace: Trace = {
        "type": "bar",
        "orientation": "h" if horizontal else "v",
        "x": list(x),
        "y": list(y),
        "name": name,
        "marker": {"color": token(color)},
    }
    return trace | _hover(hover, name)


def interval(low: float, high: float, at: Any, *, color: str = "accent", width: int = 10) -> Trace:
    """The 95% interval of one estimate as a thick translucent bar on a horizontal axis, at the row `at`."""
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [low, high],
        "y": [at, at],
        "line": {"color": token(color), "width": width},
        "opacity": 0.3,
        "hoverinfo": "skip",
    }


def ellipse(
    center: Sequence[float],
    covariance: Sequence[Sequence[float]],
    *,
    sigmas: float = 1.0,
    color: str = "accent",
    dotted: bool = False,
) -> Trace:
    """The line of equal probability of a two-dimensional normal distribution, `sigmas` standard deviations out."""
    x, y = zip(*_ellipse_points(center, covariance, sigmas), strict=True)
    stroke: dict[str, Any] = {"color": token(color), "width": 1 if dotted else 2}
    if dotted:
        stroke["dash"] = "dot"
    return {"type": "scatter", "mode": "lines", "x": x, "y": y, "line": stroke, "hoverinfo": "skip"}


def _ellipse_points(
    center: Sequence[float], covariance: Sequence[Sequence[float]], sigmas: float
) -> list[tuple[float, float]]:
    # Cholesky factor of the covariance turns the unit circle into the ellipse.
    (a, b), (_, d) = covariance
    l11 = math.sqrt(max(a, 1e-12))
    l21 = b / l11
    l22 = math.sqrt(max(d - l21 * l21, 1e-12))
    angles = [2 * math.pi * step / ELLIPSE_STEPS for step in range(ELLIPSE_STEPS + 1)]
    return [
        (
            round(center[0] + sigmas * l11 * math.cos(t), 4),
            round(center[1] + sigmas * (l21 * math.cos(t) + l22 * math.sin(t)), 4),
        )
        for t in angles
    ]


def end_label(x: Any, y: Any, text: str, *, color: str = "accent", strong: bool = True) -> dict[str, Any]:
    """Names a line at its end, instead of a legend."""
    font: dict[str, Any] = {"color": token(color), "size": 12}
    if strong:
        font["weight"] = 600
    return {"x": x, "y": y, "text": text, "showarrow": False, "xanchor": "left", "xshift": 8, "font": font}


def date_axis(**options: Any) -> dict[str, Any]:
    """A time axis with days written as the reader's language does."""
    language = formats.current_locale().language
    return {"type": "date", "tickformat": "%-m月%-d日" if language == "zh" else "%-d %b", "nticks": 6, **options}


def money_axis(currency: str, highest: float, **options: Any) -> dict[str, Any]:
    """An axis of whole money: on a low one Plotly would put halves, and round them to the same mark twice."""
    low = {"range": [0, LOW_AXIS], "dtick": 1} if highest <= LOW_AXIS else {}
    return {
        "tickprefix": formats.currency_symbol(currency),
        "tickformat": ",.0f",
        "rangemode": "tozero",
        "nticks": 5,
        **low,
        **options,
    }


def percent_axis(**options: Any) -> dict[str, Any]:
    """For values that are shares of one."""
    return {"tickformat": ".0%", "rangemode": "tozero", "nticks": 5, **options}


def plain_axis(**options: Any) -> dict[str, Any]:
    """For maps: directions have no unit."""
    return {"visible": False, "rangemode": "normal", "zeroline": False, **options}


def _hover(template: str, name: str) -> dict[str, Any]:
    return {"hovertemplate": f"{template}<extra>{name}</extra>"} if template else {"hoverinfo": "skip"}
