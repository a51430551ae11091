"""Charts of what a segment's members do, each beside what all visitors do: filled is theirs, hollow is everyone's."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from babel import dates
from django.utils.translation import gettext as _

from dashboard.core import charts, formats
from dashboard.segments.charts import CATEGORIES_SHOWN, bridges
from dashboard.segments.estimates import Estimate
from dashboard.segments.figures_sql import BROADLY
from dashboard.segments.profile import Profile
from dashboard.segments.profile_parts import Label, Moment
from dashboard.segments.wording import band

_A_MONDAY = date(2026, 11, 30)
_MARGIN = {"l": 8, "r": 16, "t": 8, "b": 8}


def value_figure(profile: Profile) -> charts.Figure | None:
    """Revenue from members, month by month; None where no month may be told."""
    told = [month for month in profile.months if month.spent is not None]
    if not told:
        return None
    currency, last = profile.shop.currency, told[-1]

    names = [formats.short_month(month.first_day) for month in profile.months]
    values = [month.spent or 0 for month in profile.months]
    return charts.Figure(
        key="value",
        height="sm",
        label=_("Bars: revenue from members by month; %(month)s: %(spent)s.")
        % {"month": formats.month(last.first_day), "spent": formats.whole_money(last.spent, currency)},
        data=[_own_bars(profile, names, values, hover="%{x}: %{y:,.0f}")],
        layout={
            "margin": _MARGIN,
            "xaxis": {"type": "category", "tickvals": names[:: max(len(names) // 4, 1)], "tickangle": 0},
            "yaxis": charts.money_axis(currency, max(values)),
        },
        table=charts.Table(
            [_("Month"), _("Revenue"), _("Share of revenue")],
            [
                [
                    formats.short_month(month.first_day),
                    formats.whole_money(month.spent, currency),
                    formats.percent(month.spent_share, 1),
                ]
                for month in reversed(profile.months)
            ],
        ),
    )


def size_figure(profile: Profile) -> charts.Figure | None:
    """How many of today's members came, month by month; None where no month may be told."""
    told = [month for month in profile.months if month.visitors]
    if not told:
        return None
    names = [formats.short_month(month.first_day) for month in profile.months]
    return charts.Figure(
        key="size",
        height="sm",
        label=_("Bars: members who came by month; %(month)s: %(visitors)s, %(share)s of all visitors.")
        % {
            "month": formats.month(told[-1].first_day),
            "visitors": formats.number(told[-1].visitors),
            "share": formats.percent(told[-1].visitor_share),
        },
        data=[_own_bars(profile, names, [month.visitors or 0 for month in profile.months], hover="%{x}: %{y:,}")],
        layout={
            "margin": _MARGIN,
            "xaxis": {"type": "category", "tickvals": names[:: max(len(names) // 4, 1)], "tickangle": 0},
            "yaxis": {"rangemode": "tozero", "tickformat": ",d", "nticks": 5},
        },
        table=charts.Table(
            [_("Month"), _("Members who came"), _("Share of visitors")],
            [
                [
                    formats.short_month(month.first_day),
                    formats.number(month.visitors),
                    formats.percent(month.visitor_share, 1),
                ]
                for month in reversed(profile.months)
            ],
        ),
    )


def category_figure(profile: Profile) -> charts.Figure | None:
    return _mix_figure(profile, "categories", _("Category"), profile.categories[:CATEGORIES_SHOWN])


def brand_figure(profile: Profile) -> charts.Figure | None:
    """None also where there is one brand, which tells nothing."""
    brands = profile.brands[:CATEGORIES_SHOWN]
    return _mix_figure(profile, "brands", _("Brand"), brands) if len(brands) > 1 else None


def price_figure(profile: Profile) -> charts.Figure | None:
    return _mix_figure(profile, "prices", _("Price"), profile.prices)


def weekday_figure(profile: Profile) -> charts.Figure | None:
    names = [_weekday(moment.place) for moment in profile.weekdays]
    return _times_figure(profile, "weekdays", _("Weekday"), profile.weekdays, names, every=1)


def hour_figure(profile: Profile) -> charts.Figure | None:
    names = [f"{moment.place}:00" for moment in profile.hours]
    return _times_figure(profile, "hours", _("Hour"), profile.hours, names, every=4)


def breadth_figure(profile: Profile) -> charts.Figure | None:
    """How many kinds stand in BROADLY items of a member."""
    breadth = profile.breadth
    if breadth is None:
        return None
    step = breadth.bins[1][0] - breadth.bins[0][0]
    names = [f"{formats.number(low, 1)}–{formats.number(low + step, 1)}" for low, _own, _usual in breadth.bins]
    return charts.Figure(
        key="breadth",
        height="sm",
        label=_(
            "Bars: how many kinds are among five items of a member; on average %(kinds)s, of any visitor %(usual)s."
        )
        % {"kinds": formats.number(breadth.kinds.value, 1), "usual": formats.number(breadth.usual, 1)},
        caption=_against(profile),
        data=[
            _own_bars(profile, names, [own or 0 for _low, own, _usual in breadth.bins], hover="%{x}: %{y:.0%}"),
            _usual_points(names, [usual for _low, _own, usual in breadth.bins]),
        ],
        layout={
            "margin": _MARGIN,
            "xaxis": {"type": "category", "tickangle": 0, "tickvals": names[::2]},
            "yaxis": charts.percent_axis(),
        },
        table=charts.Table(
            [_("Kinds among %(count)s items") % {"count": formats.number(BROADLY)}, _("Members"), _("All visitors")],
            [
                [name, formats.percent(own), formats.percent(usual)]
                for name, (_low, own, usual) in zip(names, breadth.bins, strict=True)
            ],
        ),
    )


def _mix_figure(profile: Profile, key: str, column: str, labels: Sequence[Label]) -> charts.Figure | None:
    if not labels:
        return None
    names = [_name(profile, label) for label in labels]
    shown = [charts.plain(name) for name in reversed(names)]
    own = [label.share.value for label in reversed(labels)]
    usual = [label.usual for label in reversed(labels)]
    color = charts.segment_token(profile.segment.number)
    intervals = [
        charts.interval(label.share.low, label.share.high, name, color=color)
        for label, name in zip(reversed(labels), shown, strict=True)
    ]
    hover = "%{y}: %{x:.0%}"
    return charts.Figure(
        key=key,
        height="sm" if len(labels) <= 5 else "md",
        label=_("Dot chart: %(what)s of what members choose. %(name)s is %(share)s against %(usual)s.")
        % {
            "what": column,
            "name": names[0],
            "share": formats.percent(labels[0].share.value),
            "usual": formats.percent(labels[0].usual),
        },
        caption=_against(profile),
        data=[
            *intervals,
            bridges(shown, own, usual),
            charts.points(usual, shown, name=_("All visitors"), color="control", hollow=True, hover=hover),
            charts.points(own, shown, name=charts.plain(profile.segment.name), color=color, size=11, hover=hover),
        ],
        layout=across(),
        table=charts.Table(
            [column, _("Members"), _("All visitors"), _("Times as much"), _("Plausible range")],
            [[name, *_figures(label)] for name, label in zip(names, labels, strict=True)],
        ),
    )


def _figures(label: Label) -> list[str]:
    return [
        formats.percent(label.share.value),
        formats.percent(label.usual),
        formats.times(label.times.value),
        _range(label.times),
    ]


def _range(estimate: Estimate) -> str:
    return f"{formats.times(estimate.low)}–{formats.times(estimate.high)}"


def _name(profile: Profile, label: Label) -> str:
    if label.low is None and label.high is None:
        return label.label
    return band(label, profile.shop.currency)


def _times_figure(
    profile: Profile, key: str, column: str, moments: Sequence[Moment], names: list[str], *, every: int
) -> charts.Figure | None:
    if not moments:
        return None
    most = max(range(len(moments)), key=lambda place: moments[place].share or 0)
    return charts.Figure(
        key=key,
        height="sm",
        label=_("Bars: %(what)s of what members do; most at %(most)s.") % {"what": column, "most": names[most]},
        data=[
            _own_bars(profile, names, [moment.share or 0 for moment in moments], hover="%{x}: %{y:.1%}"),
            _usual_points(names, [moment.usual for moment in moments]),
        ],
        layout={
            "margin": _MARGIN,
            "xaxis": {"type": "category", "tickvals": names[::every], "tickangle": 0},
            "yaxis": charts.percent_axis(),
        },
        table=charts.Table(
            [column, _("Members"), _("All visitors")],
            [
                [name, formats.percent(moment.share, 1), formats.percent(moment.usual, 1)]
                for name, moment in zip(names, moments, strict=True)
            ],
        ),
    )


def _own_bars(profile: Profile, names: Sequence[str], values: Sequence[float], *, hover: str) -> charts.Trace:
    name, color = charts.plain(profile.segment.name), charts.segment_token(profile.segment.number)
    return charts.bars(names, values, name=name, color=color, horizontal=False, hover=hover)


def _usual_points(names: Sequence[str], values: Sequence[float]) -> charts.Trace:
    hover = "%{x}: %{y:.1%}"
    return charts.points(names, values, name=_("All visitors"), color="control", hollow=True, size=7, hover=hover)


def _against(profile: Profile) -> str:
    return _("Filled: %(name)s. Hollow: all visitors.") % {"name": profile.segment.name}


def across() -> dict[str, Any]:
    """Shares from left to right, names from above."""
    return {
        "margin": _MARGIN,
        "xaxis": charts.percent_axis(showgrid=True, zeroline=True, showline=False, ticks=""),
        "yaxis": {"type": "category", "showgrid": False, "rangemode": "normal"},
    }


def _weekday(place: int) -> str:
    day = _A_MONDAY + timedelta(days=place - 1)
    return dates.format_date(day, "ccc", locale=formats.current_locale())
