"""The trade-off page: how accurate each model is, against how different its lists are and how much of the catalog they
show. One HTML file that needs no network."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from string import Template
from typing import Any

from recommender.errors import InputError

ACCURACY = "ndcg"
DISTANCE, COVERAGE = "intra_list_distance", "coverage"
_COLOURS = ("#1f6f5c", "#b4541f", "#3a5fa8", "#8a3f80", "#6b6b1f", "#a02c3c", "#2a7f9e", "#5c5c5c")
_PAGE = Template(
    """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title</title>
<style>
:root { color-scheme: light; }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; color: #1c1c1a; }
h1 { font-size: 1.5rem; line-height: 1.25; } h2 { font-size: 1.1rem; margin: 2rem 0 .25rem; } p { max-width: 46rem; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .35rem .9rem .35rem 0; text-align: right; border-bottom: 1px solid #d8d6cf; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; } caption { text-align: left; padding-bottom: .5rem; }
small { color: #55534c; }
</style></head><body>
<h1>$answer</h1>
<p>$setting</p>
$charts
<h2>The same as numbers</h2>
<div class="scroll">$table</div>
<p><small>$notes</small></p>
</body></html>
"""
)


@dataclass(frozen=True)
class Point:
    """A model on the two charts; an interval is (value, value) where there is none."""

    name: str
    accuracy: float
    accuracy_interval: tuple[float, float]
    distance: float | None
    distance_interval: tuple[float, float]
    coverage: float


def points_of(document: Mapping[str, Any], k: int) -> list[Point]:
    """The models of an evaluation, most accurate first. Raises InputError where the measures are missing."""
    points = [
        _point(name, values, document.get("intervals", {}).get(name, {}), k) for name, values in _models(document)
    ]
    return sorted(points, key=lambda point: (-point.accuracy, point.name))


def _models(document: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    models = document.get("models")
    if not isinstance(models, Mapping) or not any(models.values()):
        raise InputError("this evaluation asked nobody: there is nothing to draw")
    return [(str(name), values) for name, values in models.items() if values]


def _point(name: str, values: Mapping[str, float], intervals: Mapping[str, Sequence[float]], k: int) -> Point:
    def interval(measure: str) -> tuple[float, float]:
        low, high = intervals.get(f"{measure}@{k}", [values.get(f"{measure}@{k}", 0.0)] * 2)
        return (float(low), float(high))

    missing = [measure for measure in (ACCURACY, COVERAGE) if f"{measure}@{k}" not in values]
    if missing:
        raise InputError(f"{name}: has no {missing[0]}@{k}")
    distance = values.get(f"{DISTANCE}@{k}")
    accuracy, coverage = values[f"{ACCURACY}@{k}"], values[f"{COVERAGE}@{k}"]
    return Point(name, accuracy, interval(ACCURACY), distance, interval(DISTANCE), coverage)


def unbeaten(points: Sequence[Point]) -> list[str]:
    """Models that no other beats or equals in accuracy, distance and coverage at once, while beating them in one."""

    def of(point: Point) -> tuple[float, float, float]:
        return (point.accuracy, point.distance or 0.0, point.coverage)

    def beats(other: Point, point: Point) -> bool:
        pairs = list(zip(of(other), of(point), strict=True))
        return all(theirs >= own for theirs, own in pairs) and any(theirs > own for theirs, own in pairs)

    return [point.name for point in points if not any(beats(other, point) for other in points)]


def tradeoff_page(document: Mapping[str, Any], *, k: int) -> str:
    """The page of an evaluation (of `evaluate --json`, or an artifact's evaluation.json) at a cutoff."""
    from plotly.offline import get_plotlyjs

    points = points_of(document, k)
    best, front = points[0], unbeaten(points)
    answer = f"{best.name} is the most accurate of {len(points)} models: NDCG@{k} {_with_interval(best)}"
    setting = (
        f"Protocol {document.get('protocol', 'unknown')}: {document.get('visitors', 0):,} visitors were asked, all "
        f"items were ranked, seen items {document.get('seen_items', 'excluded')}. No other model is at least as "
        f"accurate, as diverse and as broad as: {', '.join(front)} (filled marks)."
    )
    charts = [
        _section(points, front, k, DISTANCE, "Accuracy against diversity"),
        _section(points, front, k, COVERAGE, "Accuracy against coverage"),
    ]
    library = f"<script>{get_plotlyjs()}</script>"
    return _PAGE.substitute(
        title=escape(f"Trade-off of {len(points)} models"),
        answer=escape(answer),
        setting=escape(setting),
        charts=library + "".join(charts),
        table=_table(points, k),
        notes=escape(_notes(document)),
    )


def _with_interval(point: Point) -> str:
    low, high = point.accuracy_interval
    return f"{point.accuracy:.4f} (95% between {low:.4f} and {high:.4f})"


def _notes(document: Mapping[str, Any]) -> str:
    alike = {"attributes": "their attributes", "visitors": "who chose them"}.get(str(document.get("alike_by")), "")
    return (
        "Bars are 95% intervals of the mean over visitors (bootstrap). Models whose bars overlap may differ by chance. "
        "Coverage belongs to all lists together and has no interval. The vertical axis begins at zero; the horizontal "
        "ones show the whole range from 0 to 1." + (f" Items are alike by {alike}." if alike else "")
    )


def _section(points: Sequence[Point], front: Sequence[str], k: int, measure: str, heading: str) -> str:
    drawn = [point for point in points if measure == COVERAGE or point.distance is not None]
    if not drawn:
        return ""
    figure = _figure(drawn, front, k, measure)
    html = figure.to_html(full_html=False, include_plotlyjs=False, config={"displayModeBar": False})
    return f'<h2>{heading}</h2><div role="img" aria-label="{escape(_spoken(drawn, k, measure))}">{html}</div>'


def _figure(points: Sequence[Point], front: Sequence[str], k: int, measure: str) -> Any:
    import plotly.graph_objects as go

    figure = go.Figure()
    for place, point in enumerate(points):
        colour = _COLOURS[place % len(_COLOURS)]
        low, high = point.accuracy_interval
        x = point.coverage if measure == COVERAGE else point.distance or 0.0
        trace = go.Scatter(
            x=[x],
            y=[point.accuracy],
            mode="markers+text",
            text=[f"  {point.name}  "],
            textposition=_label_place(place, x),
            name=point.name,
            marker={"size": 11, "color": colour, "symbol": "circle" if point.name in front else "circle-open"},
            error_y=_bars(point.accuracy, low, high, colour),
            error_x=None if measure == COVERAGE else _bars(x, *point.distance_interval, colour),
        )
        figure.add_trace(trace)
    title = (
        f"coverage@{k}: share of the items that any list shows"
        if measure == COVERAGE
        else f"intra-list distance@{k}: mean 1 − cosine of two items of a list"
    )
    figure.update_xaxes(title=title, range=[0, 1.02], zeroline=True, gridcolor="#e4e2db")
    most = max(point.accuracy_interval[1] for point in points)
    figure.update_yaxes(title=f"NDCG@{k} (0 to 1)", range=[0, (most or 1) * 1.12], gridcolor="#e4e2db")
    margin = {"l": 70, "r": 20, "t": 10, "b": 60}
    figure.update_layout(showlegend=False, height=460, margin=margin, plot_bgcolor="#fff", font={"size": 13})
    return figure


def _label_place(place: int, x: float) -> str:
    """Beside the mark, on alternating sides, for neighbours by accuracy are often close; never past the edge."""
    if x > 0.8:
        return "top left" if place % 2 == 0 else "bottom left"
    return "middle right" if place % 2 == 0 or x < 0.15 else "middle left"


def _bars(value: float, low: float, high: float, colour: str) -> dict[str, Any]:
    ends = {"array": [max(high - value, 0)], "arrayminus": [max(value - low, 0)]}
    return {"type": "data", "symmetric": False, "color": colour, "thickness": 1.5, "width": 5, **ends}


def _spoken(points: Sequence[Point], k: int, measure: str) -> str:
    name = "coverage" if measure == COVERAGE else "intra-list distance"
    values = (
        f"{point.name}: NDCG {point.accuracy:.4f}, {name} "
        f"{point.coverage if measure == COVERAGE else point.distance or 0.0:.3f}"
        for point in points
    )
    return f"NDCG@{k} against {name}. {'; '.join(values)}."


def _table(points: Sequence[Point], k: int) -> str:
    heads = ("model", f"NDCG@{k}", "95% interval", f"distance@{k}", "95% interval", f"coverage@{k}")
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in heads)
    rows = "".join(f"<tr>{_cells(point)}</tr>" for point in points)
    return f"<table><caption>Most accurate first</caption><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _cells(point: Point) -> str:
    distance = ("–", "–")
    if point.distance is not None:
        distance = (f"{point.distance:.3f}", "{:.3f} to {:.3f}".format(*point.distance_interval))
    accuracy = (f"{point.accuracy:.4f}", "{:.4f} to {:.4f}".format(*point.accuracy_interval))
    cells = (*accuracy, *distance, f"{point.coverage:.1%}")
    return f'<th scope="row">{escape(point.name)}</th>' + "".join(f"<td>{cell}</td>" for cell in cells)
