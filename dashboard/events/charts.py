"""What arrives, minute by minute, as a chart."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dashboard.core import clock, formats
from dashboard.core.charts import LOW_AXIS, Figure, Table, bars
from dashboard.events.selectors import MinuteCount

SHOWN_MINUTES = 60


@dataclass(frozen=True)
class Group:
    """Types of events that are charted together; `color` of the chart, `tone` or `cat` of its key."""

    name: Any
    types: tuple[str, ...]
    color: str
    tone: str = ""
    cat: int = 0


GROUPS = (
    Group(gettext_lazy("seen in lists"), ("view_item_list",), "control", tone="muted"),
    Group(gettext_lazy("looked at or searched"), ("view_item", "select_item", "search"), "accent", tone="accent"),
    Group(gettext_lazy("cart and wishlist"), ("add_to_cart", "add_to_wishlist", "remove_from_cart"), "cat2", cat=2),
    Group(gettext_lazy("bought or returned"), ("purchase", "refund"), "cat3", cat=3),
)


def arrivals(counts: list[MinuteCount]) -> Figure:
    """Stacked bars, one a minute, of what arrived in the last hour."""
    this_minute = clock.now().replace(second=0, microsecond=0)
    minutes = [this_minute - timedelta(minutes=back) for back in range(SHOWN_MINUTES - 1, -1, -1)]
    found: dict[tuple[datetime, str], int] = {(count.minute, count.type): count.lines for count in counts}
    series = [
        (
            str(group.name),
            group.color,
            [sum(found.get((minute, kind), 0) for kind in group.types) for minute in minutes],
        )
        for group in GROUPS
    ]
    shown = [formats.clock_time(minute) for minute in minutes]
    total = sum(count.lines for count in counts)
    return Figure(
        key="arrivals",
        label=_("Events of the last hour by minute: %(total)s in all.") % {"total": formats.number(total)},
        data=[
            bars(shown, values, name=label, color=color, horizontal=False, hover="%{x}: %{y:,}")
            for label, color, values in series
        ],
        layout={
            "barmode": "stack",
            "bargap": 0.15,
            "xaxis": {"type": "category", "nticks": 7, "tickangle": 0},
            "yaxis": _count_axis(
                max(sum(heights) for heights in zip(*(values for _l, _c, values in series), strict=True))
            ),
        },
        table=Table(
            [_("Minute"), *[label for label, _color, _values in series]],
            [
                [shown[row], *[formats.number(values[row]) for _label, _color, values in series]]
                for row in range(SHOWN_MINUTES - 1, -1, -1)
                if any(values[row] for _label, _color, values in series)
            ],
        ),
        height="sm",
        narrow={"layout": {"xaxis": {"type": "category", "nticks": 4, "tickangle": 0}}},
    )


def _count_axis(highest: int) -> dict[str, Any]:
    """An axis of whole events: Plotly would put halves on a low one, and round them to the same number twice."""
    ticks: dict[str, Any] = {"dtick": 1} if highest <= LOW_AXIS else {"nticks": 4}
    return {"rangemode": "tozero", "tickformat": ",d", "title": {"text": _("a minute")}, **ticks}
