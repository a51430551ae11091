"""The chart of the overview: sales from recommendations against the period before."""

from datetime import date

from django.utils.translation import gettext as _

from dashboard.core import charts, formats
from dashboard.events.selectors import Period
from dashboard.overview.kpis import Figures

WEEK = 7


def sales_figure(found: Figures) -> charts.Figure:
    """Sales a day over the chart's period, the same number of days before laid under it."""
    period, currency = found.chart_period, found.shop.currency
    days = [day.isoformat() for day in period.calendar]
    now, before = _sales(found, period), _sales(found, period.before)
    names = {"days": period.days}
    this_name, before_name = _("Last %(days)d days") % names, _("%(days)d days before") % names
    axis = charts.money_axis(currency, max([*now, *before]))
    hover = f"%{{x|{charts.date_axis()['tickformat']}}}: {axis['tickprefix']}%{{y:,.0f}}"
    labels = [charts.end_label(days[-1], now[-1], this_name)]
    if abs(now[-1] - before[-1]) > 0.08 * max([*now, *before, 1]):
        labels.append(charts.end_label(days[-1], before[-1], before_name, color="inkMuted", strong=False))
    return charts.Figure(
        key="sales",
        label=_label(found, period, now, before),
        caption=_(
            "Sales a day from recommendations; today so far. The dotted line is the %(days)d days before, "
            "laid over the same days."
        )
        % names,
        data=[
            charts.line(days, before, name=before_name, color="control", dash="dot", hover=hover),
            charts.line(days, now, name=this_name, area=True, hover=hover),
        ],
        layout={
            "hovermode": "x unified",
            "margin": {"l": 8, "r": 104, "t": 8, "b": 8},
            "xaxis": charts.date_axis(range=[days[0], days[-1]]),
            "yaxis": axis,
            "annotations": labels,
        },
        narrow={"layout": {"margin": {"l": 8, "r": 12, "t": 8, "b": 8}, "annotations": []}},
        table=_weeks(found, period, before_name),
    )


def _sales(found: Figures, period: Period) -> list[float]:
    return [float(found.day(day).attributed_revenue) for day in period.calendar]


def _label(found: Figures, period: Period, now: list[float], before: list[float]) -> str:
    currency = found.shop.currency
    return _(
        "Line chart of sales from recommendations a day: %(now)s in the last %(days)d days, %(before)s before."
    ) % {
        "now": formats.whole_money(sum(now), currency),
        "before": formats.whole_money(sum(before), currency),
        "days": period.days,
    }


def _weeks(found: Figures, period: Period, before_name: str) -> charts.Table:
    rows = []
    for start in range(period.days - WEEK, -1, -WEEK):
        week = period.calendar[start : start + WEEK]
        earlier = period.before.calendar[start : start + WEEK]
        rows.append(_week_row(found, week, earlier))
    return charts.Table([_("Week"), _("Sales"), before_name, _("Change")], rows)


def _week_row(found: Figures, week: list[date], earlier: list[date]) -> list[str]:
    now = sum(found.day(day).attributed_revenue for day in week)
    before = sum(found.day(day).attributed_revenue for day in earlier)
    change = float(now / before) - 1 if before else None
    currency = found.shop.currency
    return [
        formats.date_range(week[0], week[-1]),
        formats.whole_money(now, currency),
        formats.whole_money(before, currency),
        formats.signed_percent(change, 0),
    ]
