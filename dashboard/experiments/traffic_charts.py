"""Charts of who came, to which variant, and how far their slates came."""

from django.utils.translation import gettext as _

from dashboard.core import formats
from dashboard.core.charts import Figure, Table, bars, date_axis, percent_axis
from dashboard.experiments.selectors.results import Results

_COLOURS = ("control", "accent", "explore", "cat1", "cat2", "cat3", "cat4", "cat5")


def colour_of(results: Results, key: str) -> str:
    """The colour of a variant: A is grey, B green."""
    keys = sorted(results.weights)
    return _COLOURS[keys.index(key) % len(_COLOURS)]


def visitors_by_day(results: Results) -> Figure:
    """How many visitors came in each day, the variants on each other, with the split so far."""
    keys, x = sorted(results.weights), [day.day.isoformat() for day in results.days]
    data = [
        bars(
            x,
            [day.visitors.get(key, 0) for day in results.days],
            name=key,
            color=colour_of(results, key),
            horizontal=False,
            hover="%{x|%-d %b}: %{y}",
        )
        for key in keys
    ]
    rows = [
        [
            formats.short_date(day.day),
            *(formats.number(day.visitors.get(key, 0)) for key in keys),
            _p(day.split_p),
        ]
        for day in results.days
    ]
    return Figure(
        key="visitors",
        label=_("Bars: visitors of each day who saw the placement for the first time, by variant."),
        data=data,
        layout={"barmode": "stack", "xaxis": date_axis(), "yaxis": {"nticks": 5, "showgrid": True}},
        caption=_("Visitors by the day of their first slate; from below: %(variants)s.")
        % {"variants": _(", ").join(keys)},
        table=Table([_("Day"), *keys, _("p of the split so far")], rows),
        height="sm",
    )


def funnel_figure(results: Results) -> Figure:
    """The share of served slates that came to each stage, variants beside each other."""
    keys, stages = sorted(results.weights), results.funnel[1:]
    names = [str(stage.label) for stage in stages]
    data = [
        bars(
            names,
            [stage.shares[key] for stage in stages],
            name=key,
            color=colour_of(results, key),
            horizontal=False,
            hover="%{x}: %{y:.2%}",
        )
        for key in keys
    ]
    rows = [[str(stage.label), *(_stage_in_words(stage.slates[key], stage.shares[key]) for key in keys)]
            for stage in results.funnel]  # fmt: skip
    return Figure(
        key="funnel",
        label=_("Bars: what share of the slates came to each stage, by variant."),
        data=data,
        layout={"barmode": "group", "xaxis": {"showgrid": False}, "yaxis": percent_axis(tickformat=".1~%")},
        caption=_(
            "Of the slates that were served: rendered, clicked, and what led to a cart or a purchase of a clicked item "
            "within 24 hours. From the left: %(variants)s."
        )
        % {"variants": _(", ").join(keys)},
        table=Table([_("Stage"), *keys], rows),
        height="sm",
    )


def _stage_in_words(slates: int, share: float) -> str:
    return _("%(count)s (%(share)s)") % {"count": formats.number(slates), "share": formats.percent(share, 1)}


def _p(value: float | None) -> str:
    return formats.UNKNOWN if value is None else formats.number(value, 2 if value >= 0.01 else 6)
