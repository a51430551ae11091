"""The charts of the ledger."""

from itertools import accumulate

from django.utils.translation import gettext as _

from dashboard.core import charts, formats
from dashboard.ledger.selectors import Ledger
from dashboard.ledger.selectors.brought import Brought

_MARGIN = {"l": 8, "r": 120, "t": 8, "b": 8}
_NARROW = {"layout": {"margin": {"l": 8, "r": 12, "t": 8, "b": 8}, "annotations": []}}


def balance_figure(found: Ledger) -> charts.Figure:
    """What exploring cost and what came back, in money, added up from the first day of the period on."""
    currency, days = found.shop.currency, [day.isoformat() for day in found.days]
    costs = list(accumulate(sums.cost_money for sums in found.days.values()))
    brought = list(accumulate(found.brought_by_day.get(day, Brought()).money for day in found.days))
    cost_name, brought_name = _("Cost"), _("Brought back")
    hover = f"%{{x|{charts.date_axis()['tickformat']}}}: {formats.currency_symbol(currency)}%{{y:,.0f}}"
    names = {
        "cost": formats.whole_money(costs[-1].value, currency),
        "brought": formats.whole_money(brought[-1].value, currency),
    }
    return charts.Figure(
        key="balance",
        label=_("Line chart of money, added up day by day: exploring cost %(cost)s, and brought %(brought)s back.")
        % names,
        caption=_("Money, added up day by day; the bands are the ranges of plausible values."),
        data=[
            charts.band(days, [cost.low for cost in costs], [cost.high for cost in costs], color="control"),
            charts.band(days, [part.low for part in brought], [part.high for part in brought], color="explore"),
            charts.line(days, [cost.value for cost in costs], name=cost_name, color="control", hover=hover),
            charts.line(days, [part.value for part in brought], name=brought_name, color="explore", hover=hover),
        ],
        layout={
            "hovermode": "x unified",
            "margin": _MARGIN,
            "xaxis": charts.date_axis(range=[days[0], days[-1]]),
            "yaxis": charts.money_axis(currency, charts.LOW_AXIS + 1.0, rangemode="normal"),
            "annotations": [
                charts.end_label(days[-1], costs[-1].value, cost_name, color="inkMuted", strong=False),
                charts.end_label(days[-1], brought[-1].value, brought_name, color="explore"),
            ],
        },
        narrow=_NARROW,
        table=_day_table(found),
    )


def _day_table(found: Ledger) -> charts.Table:
    currency = found.shop.currency
    columns = [_("Day"), _("Slots tried"), _("Cost in clicks"), _("Cost in money"), _("Brought back")]
    rows = [
        [
            formats.short_date(day),
            formats.number(sums.tried),
            formats.number(sums.cost_clicks.value, 1),
            formats.whole_money(sums.cost_money.value, currency),
            formats.whole_money(found.brought_by_day.get(day, Brought()).money.value, currency),
        ]
        for day, sums in reversed(found.days.items())
    ]
    return charts.Table(columns, rows)


def reach_figure(found: Ledger) -> charts.Figure:
    """The share of the catalog that visitors find at all, day by day."""
    days = [row.day.isoformat() for row in found.reach]
    shares = [row.reached / row.items for row in found.reach]
    name = _("Found")
    return charts.Figure(
        key="reach",
        label=_("Line chart of the share of the catalog that is found: %(before)s at first, %(now)s at last.")
        % {"before": formats.percent(shares[0]), "now": formats.percent(shares[-1])},
        data=[charts.line(days, shares, name=name, area=True, hover="%{y:.1%}")],
        layout={
            "margin": {"l": 8, "r": 12, "t": 8, "b": 8},
            "xaxis": charts.date_axis(range=[days[0], days[-1]]),
            "yaxis": charts.percent_axis(),
        },
        height="sm",
        table=charts.Table(
            [_("Day"), _("Items"), _("Found")],
            [
                [formats.short_date(row.day), formats.number(row.items), formats.number(row.reached)]
                for row in reversed(found.reach)
            ],
        ),
    )
