"""Charts of movement: where visitors went in a month, and how many each segment had in each."""

from django.utils.translation import gettext as _

from dashboard.core import charts, formats
from dashboard.segments.movement import Flow, Movement

LABEL_MAX_LENGTH = 60  # the two sides of the diagram must not meet


def flow_figure(shown: Movement) -> charts.Figure:
    """A Sankey diagram: segments before the month on the left, at its end on the right."""
    sources = sorted({_source_number(flow) for flow in shown.flows})
    targets = sorted({flow.target.number for flow in shown.flows})
    names = {flow.target.number: flow.target.name for flow in shown.flows}
    names |= {flow.source.number: flow.source.name for flow in shown.flows if flow.source} | {0: _("Newcomers")}
    place = {("from", number): index for index, number in enumerate(sources)}
    place |= {("to", number): len(sources) + index for index, number in enumerate(targets)}
    numbers = [*sources, *targets]
    node = {
        "label": [_label(number, names[number]) for number in numbers],
        "color": [_colour(number) for number in numbers],
        "pad": 14,
        "thickness": 14,
        "line": {"width": 0},
        "hovertemplate": "%{label}: %{value:,}<extra></extra>",
    }
    short = [str(number) if number else _("Newcomers") for number in numbers]
    return charts.Figure(
        key="flows",
        label=_("Streams of visitors between segments in %(month)s; the table has the same figures.")
        % {"month": formats.month(shown.month)},
        caption=_(
            "Left: where visitors belonged before the month. Right: at its end. Only visitors who did something in it."
        ),
        data=[
            {
                "type": "sankey",
                "node": node,
                "link": {
                    "source": [place["from", _source_number(flow)] for flow in shown.flows],
                    "target": [place["to", flow.target.number] for flow in shown.flows],
                    "value": [flow.visitors for flow in shown.flows],
                    "color": [
                        charts.token("accentSoft") if flow.is_move else charts.token("line") for flow in shown.flows
                    ],
                    "hovertemplate": "%{source.label} → %{target.label}: %{value:,}<extra></extra>",
                },
            }
        ],
        layout={"margin": {"l": 8, "r": 8, "t": 8, "b": 8}, "font": {"size": 12}},
        narrow={"data": {0: {"node": {**node, "label": short}}}},
        height="lg",
        table=charts.Table(
            [_("Before"), _("At the end"), _("Visitors")],
            [
                [flow.source.name if flow.source else _("Newcomers"), flow.target.name, formats.number(flow.visitors)]
                for flow in shown.flows
            ],
        ),
    )


def size_figure(shown: Movement) -> charts.Figure:
    """Visitors of each segment who did something, month by month."""
    x = [month.isoformat() for month in shown.months]
    rows = [
        [segment.name, *(formats.number(value) if value else "–" for value in values)]
        for segment, values in shown.sizes
    ]
    return charts.Figure(
        key="sizes",
        label=_("Visitors of each segment who did something, by month; the table has the same figures."),
        data=[
            charts.line(
                x,
                values,
                name=_label(segment.number, segment.name),
                color=charts.segment_token(segment.number),
                hover="%{x|%b %Y}: %{y:,}",
            )
            | {"mode": "lines+markers"}
            for segment, values in shown.sizes
        ],
        layout={
            "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
            "xaxis": charts.date_axis(tickvals=x, ticktext=[formats.short_month(month) for month in shown.months]),
            "yaxis": {"rangemode": "tozero", "tickformat": ",d"},
            "showlegend": True,
            "legend": {"orientation": "h", "x": 0, "xanchor": "left", "y": -0.16, "yanchor": "top"},
        },
        narrow={"data": {place: {"name": str(segment.number)} for place, (segment, _values) in enumerate(shown.sizes)}},
        height="xl",
        table=charts.Table([_("Segment"), *(formats.month(month) for month in shown.months)], rows),
    )


def _source_number(flow: Flow) -> int:
    return flow.source.number if flow.source else 0


def _colour(number: int) -> str:
    return charts.category_token(number) if number else charts.token("control")


def _label(number: int, name: str) -> str:
    """“3 Garden & tools”, as on the map; newcomers have no number."""
    cut = name if len(name) <= LABEL_MAX_LENGTH else name[: LABEL_MAX_LENGTH - 1] + "…"
    return charts.plain(f"{number} {cut}" if number else cut)
