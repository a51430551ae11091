"""What experiments measure: one definition each, read by the SQL, the statistics and the pages."""

from dataclasses import dataclass
from typing import Literal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from dashboard.core import formats
from recommender.statistics import Kind

Text = str | Promise


@dataclass(frozen=True)
class Metric:
    """A metric per visitor. y is its numerator, x its denominator (ratio) or covariate (mean_cuped).

    `unit` and `scale` say how a value is shown; `gain` and `loss` are what a merchant says of a rise and of a fall,
    with %(change)s: one that has none explains, and never decides.
    """

    key: str
    label: Text
    kind: Kind
    unit: Literal["share", "money", "count", "ms", "time"]
    scale: int = 1
    gain: Text = ""
    loss: Text = ""
    higher_is_better: bool = True

    @property
    def may_decide(self) -> bool:
        return bool(self.gain)

    @property
    def is_ratio(self) -> bool:
        return self.kind in ("ratio", "ratio_cuped")

    def shown(self, value: float | None, currency: str) -> str:
        """A variant's value as it stands in a table."""
        if value is None:
            return formats.UNKNOWN
        if self.unit == "money":
            return formats.money(value, currency)
        if self.unit == "share":
            return formats.percent(value, 1)
        if self.unit == "ms":
            return f"{formats.number(value, 1)} ms"
        if self.unit == "time":
            return formats.duration(value)
        return formats.number(value * self.scale, 1)


@dataclass(frozen=True)
class Guardrail(Metric):
    """A metric that must not get worse by more than `limit`, relative: a rise is harm, unless `higher_is_better`.

    `where`: the metrics that it stands beside where they decide; none: all. Sums of a day are kept by `key`, so one
    that is a metric as well has nothing of its own to count.
    """

    limit: float = 0.05
    higher_is_better: bool = False
    where: frozenset[str] = frozenset()

    def stands_beside(self, deciding: str) -> bool:
        return not self.where or deciding in self.where

    @property
    def worst_change(self) -> float:
        """The relative change that is just tolerated, with its sign."""
        return -self.limit if self.higher_is_better else self.limit


_ALL = [
    Metric(
        "add_to_cart_rate",
        _("Visitors who add to cart"),
        "mean_cuped",
        "share",
        gain=_("%(change)s more visitors add to cart"),
        loss=_("%(change)s fewer visitors add to cart"),
    ),
    Metric(
        "click_through",
        _("Clicks per 1,000 slates"),
        "ratio_cuped",
        "count",
        1000,
        gain=_("slates get %(change)s more clicks"),
        loss=_("slates get %(change)s fewer clicks"),
    ),
    Metric(
        "conversion_rate",
        _("Visitors who buy"),
        "mean_cuped",
        "share",
        gain=_("%(change)s more visitors buy"),
        loss=_("%(change)s fewer visitors buy"),
    ),
    Metric(
        "orders_per_visitor",
        _("Orders per 100 visitors"),
        "mean_cuped",
        "count",
        100,
        gain=_("visitors order %(change)s more often"),
        loss=_("visitors order %(change)s less often"),
    ),
    Metric(
        "revenue_per_visitor",
        _("Revenue per visitor"),
        "mean_cuped",
        "money",
        gain=_("visitors spend %(change)s more"),
        loss=_("visitors spend %(change)s less"),
    ),
    Metric("average_order", _("Value of an order"), "ratio_cuped", "money"),
    Metric("items_per_order", _("Items per order"), "ratio_cuped", "count"),
    Metric(
        "items_discovered",
        _("Items found per 1,000 visitors"),
        "mean_cuped",
        "count",
        1000,
        gain=_("visitors find %(change)s more items that are new to them"),
        loss=_("visitors find %(change)s fewer items that are new to them"),
    ),
    Metric("items_shown", _("Different items shown to a visitor"), "mean_cuped", "count"),
    Metric("seconds_to_click", _("Time to the first click"), "ratio", "time", higher_is_better=False),
]
_GUARDS = [
    Guardrail("refund_rate", _("Refunds per order"), "ratio", "share", limit=0.1),
    Guardrail("out_of_stock_clicks", _("Clicks on items out of stock"), "ratio", "share", limit=0.1),
    Guardrail("slate_latency", _("Time to make a slate"), "ratio", "ms", limit=0.2),
    Guardrail("fallback_share", _("Slates from a simpler list"), "ratio", "share", limit=0.1),
    # Who shows nothing but new things finds new things: what it costs of the old ones is guarded.
    Guardrail(
        "click_through",
        _("Clicks per 1,000 slates"),
        "ratio_cuped",
        "count",
        1000,
        limit=0.1,
        higher_is_better=True,
        where=frozenset({"items_discovered"}),
    ),
]
METRICS = {metric.key: metric for metric in _ALL}
DECIDING = {metric.key: metric for metric in _ALL if metric.may_decide}
GUARDRAILS = {guard.key: guard for guard in _GUARDS}
DEFAULT_PRIMARY = "add_to_cart_rate"

#: The stages of a slate after it was served, as moments: y is how many of a visitor's slates came so far, x how many
#: were served to him.
FUNNEL = {
    "slates_rendered": _("Rendered"),
    "slates_clicked": _("Clicked"),
    "slates_carted": _("Led to a cart"),
    "slates_bought": _("Led to a purchase"),
}

# Kept as moments too, for what a page says of the data itself: y is 1 for such a visitor.
SIMULATED = "simulated_visitors"
CHANGED_SIDES = "changed_sides"
