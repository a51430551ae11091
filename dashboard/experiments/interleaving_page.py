"""What the page of two policies that make slates together shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from dashboard.core import formats
from dashboard.core.charts import Figure, Table, band, date_axis, end_label, line, percent_axis, token
from dashboard.experiments import selectors
from dashboard.experiments.models import Experiment
from dashboard.experiments.pages import named_figures
from dashboard.experiments.selectors.interleaving import PreferenceDay
from recommender.slate import KNOB_NAMES
from recommender.statistics import Preference


@dataclass(frozen=True)
class CreditRow:
    """What was chosen by clicks, or bought: items of each team, and visitors who chose more of one."""

    name: str
    items: tuple[int, int]
    found: Preference


def interleaving_page(experiment: Experiment) -> dict[str, Any]:
    """Beside what the page of any experiment shows."""
    found = selectors.preferences_of(experiment)
    shown: dict[str, Any] = {
        "results": found,
        "credits": [
            CreditRow(_("Clicked"), found.items["clicks"], found.clicks),
            CreditRow(_("Bought after a click"), found.items["purchases"], found.purchases),
        ],
        "planned": experiment.planned_visitors,
        "test_url": _test_url(experiment),
    }
    drawn = [day for day in found.days if day.clicks.share is not None]
    return shown | (named_figures(experiment, {"share_figure": share_by_day(drawn)}) if drawn else {})


def share_by_day(days: Sequence[PreferenceDay]) -> Figure:
    """The share of those who prefer B, as it stood after each day, with its always-valid interval."""
    x = [day.day.isoformat() for day in days]
    shares = [day.clicks.share or 0.0 for day in days]
    low, high = ([day.clicks.ci[end] for day in days] for end in (0, 1))
    half = {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": 0.5, "y1": 0.5,
            "line": {"color": token("ink"), "width": 1.5}}  # fmt: skip
    rows = [
        [
            formats.short_date(day.day),
            formats.number(day.visitors),
            formats.number(day.clicks.for_a),
            formats.number(day.clicks.for_b),
            formats.percent(day.clicks.share, 1),
            _range(day.clicks),
        ]
        for day in days
    ]
    return Figure(
        key="preference",
        label=_("Line with a narrowing band: the share of visitors who prefer B, with its always-valid interval."),
        data=[band(x, low, high), line(x, shares, name="", hover="%{x|%-d %b}: %{y:.1%}")],
        layout={
            "margin": {"l": 8, "r": 76, "t": 8, "b": 8},
            "xaxis": date_axis(range=[x[0], x[-1]] if len(x) > 1 else None),
            "yaxis": {**percent_axis(), "range": [0, 1]},
            "shapes": [half],
            "annotations": [end_label(x[-1], shares[-1], formats.percent(shares[-1], 1))],
        },
        caption=_("Share of the visitors who chose that clicked more items of B. At one half nobody prefers either."),
        table=Table(
            [_("Day"), _("Visitors"), _("For A so far"), _("For B so far"), _("Share for B"), _("Between")], rows
        ),
    )


def _range(found: Preference) -> str:
    low, high = (formats.percent(end, 1) for end in found.ci)
    return _("%(low)s and %(high)s") % {"low": low, "high": high}


def _test_url(experiment: Experiment) -> str:
    """The form of an A/B test of the same B."""
    knobs = experiment.variants.get(key="B").policy.knobs
    moved = {name: knobs[name] for name in KNOB_NAMES if name in knobs}
    asked = urlencode({"placement": experiment.placement.slug, **moved})
    return f"{reverse('experiments:new', args=[experiment.shop.slug])}?{asked}"
