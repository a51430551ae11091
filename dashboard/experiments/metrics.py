"""What experiments measure: one definition each, read by the SQL, the statistics and the pages."""

from dataclasses import dataclass
from typing import Literal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Kind = Literal["proportion", "mean", "ratio", "mean_cuped"]


@dataclass(frozen=True)
class Metric:
    """A metric per visitor. y is its numerator, x its denominator (ratio) or covariate (mean_cuped).

    `noun` completes “8.4% more …”; `scale` and `unit` say how a value is shown ("share", "money", "count", "ms").
    """

    key: str
    label: Promise | str
    noun: Promise | str
    kind: Kind
    unit: Literal["share", "money", "count", "ms"]
    scale: int = 1


@dataclass(frozen=True)
class Guardrail(Metric):
    """A metric that must not rise by more than `limit` (relative); rising is worse."""

    limit: float = 0.05


METRICS = {
    metric.key: metric
    for metric in [
        Metric("add_to_cart_rate", _("Visitors who add to cart"), _("visitors who add to cart"), "proportion", "share"),
        Metric("click_through", _("Clicks per 1,000 slates"), _("clicks per slate"), "ratio", "count", 1000),
        Metric("orders_per_visitor", _("Orders per 100 visitors"), _("orders per visitor"), "mean_cuped", "count", 100),
        Metric("revenue_per_visitor", _("Revenue per visitor"), _("revenue per visitor"), "mean_cuped", "money"),
        Metric(
            "items_discovered", _("Items found per 1,000 visitors"), _("items found per visitor"), "mean", "count", 1000
        ),
    ]
}

GUARDRAILS = {
    guard.key: guard
    for guard in [
        Guardrail("refund_rate", _("Refunds per order"), _("refunds per order"), "ratio", "share"),
        Guardrail(
            "out_of_stock_clicks",
            _("Clicks on items out of stock"),
            _("clicks on items out of stock"),
            "ratio",
            "share",
        ),
        Guardrail("slate_latency", _("Time to make a slate"), _("time to make a slate"), "ratio", "ms", limit=0.2),
        Guardrail(
            "fallback_share",
            _("Slates that fell back to a simpler list"),
            _("slates that fell back"),
            "ratio",
            "share",
            limit=0.2,
        ),
    ]
}

DEFAULT_PRIMARY = "add_to_cart_rate"

# Kept as moments too, for what a page says of the data itself: y is 1 for such a visitor.
SIMULATED = "simulated_visitors"
CHANGED_SIDES = "changed_sides"
