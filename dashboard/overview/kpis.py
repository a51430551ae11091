"""The figures of the overview, out of the shop's days (events/selectors/days.py)."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from dashboard.accounts.models import Shop
from dashboard.events.selectors import (
    Day,
    Period,
    are_clicks_clearly_changed,
    are_sales_clearly_changed,
    clicks_change,
    last_days,
    ratio,
    sales_change,
    shop_days,
)
from dashboard.events.selectors.days import ORDERS_FOR_A_TREND
from dashboard.policies.models import Policy

PERIODS = (7, 28, 90)
CHART_DAYS_MIN = 28  # a week alone shows no trend


@dataclass(frozen=True)
class PlacementFigures:
    """One row of the placements table. `clicks_per_thousand_by_day` is its trend."""

    slug: str
    name: str
    knobs: dict[str, float]
    total: Day
    clicks_per_thousand_by_day: list[float]


@dataclass(frozen=True)
class Change:
    """Against the period before; `value` None where there is too little to compare with.

    `is_clear`: more than chance would do. Only then is it good or bad news.
    """

    value: float | None
    is_clear: bool

    @property
    def direction(self) -> str:
        return "" if self.value is None else "down" if self.value < 0 else "up"

    @property
    def tone(self) -> str:
        """Colour of the change: none where it may be chance."""
        if not self.is_clear or self.value is None:
            return ""
        return "negative" if self.value < 0 else "positive"


class Figures:
    """A shop's days, read once for the page."""

    def __init__(self, shop: Shop, period: Period) -> None:
        self.shop = shop
        self.period = period
        self.chart_period = Period(max(period.days, CHART_DAYS_MIN), period.end)
        first = min(self.period.before.start, self.chart_period.before.start)
        self._days = shop_days(shop, first, period.end)

    def day(self, day: date, placement: str = "") -> Day:
        return self._days.day(day, placement)

    @cached_property
    def now(self) -> Day:
        return self._days.total(self.period)

    @cached_property
    def before(self) -> Day:
        return self._days.total(self.period.before)

    @cached_property
    def simulated(self) -> Day:
        """What of `now` simulated visitors did."""
        return self._days.simulated(self.period)

    @property
    def is_all_simulated(self) -> bool:
        """Whether nobody but simulated visitors has seen a slate in the period."""
        return self.now.slates > 0 and self.simulated.slates == self.now.slates

    @property
    def summed_at(self) -> datetime | None:
        return self._days.summed_at

    @property
    def first_slate_on(self) -> date | None:
        """The shop's first slate where it lies within the period; None where slates were shown all the time."""
        first = self._days.first_slate_on
        return first if first is not None and first > self.period.start else None

    @cached_property
    def sales_share(self) -> float | None:
        """Share of sales that recommendations brought in, of the days since the first slate."""
        since = self._days.since_first_slate(self.period)
        return ratio(since.attributed_revenue, since.revenue)

    @property
    def has_a_trend(self) -> bool:
        return self.now.attributed_orders >= ORDERS_FOR_A_TREND

    @property
    def sales_change(self) -> Change:
        return Change(sales_change(self.now, self.before), are_sales_clearly_changed(self.now, self.before))

    @property
    def clicks_change(self) -> Change:
        return Change(clicks_change(self.now, self.before), are_clicks_clearly_changed(self.now, self.before))

    def trend(self, name: str) -> list[float]:
        """A figure of `Day` for each day of the period; 0 where it is not known."""
        return [float(getattr(self.day(day), name) or 0) for day in self.period.calendar]

    @property
    def sales_trend(self) -> list[float]:
        return self.trend("attributed_revenue")

    @property
    def reached_trend(self) -> list[float]:
        return self.trend("slate_visitors")

    @property
    def clicks_trend(self) -> list[float]:
        return self.trend("clicks_per_thousand")

    @property
    def explored_trend(self) -> list[float]:
        return self.trend("explored_share")

    @property
    def reached_a_day(self) -> float:
        return self.now.slate_visitors / self.period.days

    @cached_property
    def placements(self) -> list[PlacementFigures]:
        published = Policy.objects.filter(placement__shop=self.shop, is_published=True).select_related("placement")
        return [self._placement(policy) for policy in published.order_by("placement__pk")]

    def _placement(self, policy: Policy) -> PlacementFigures:
        slug = policy.placement.slug
        trend = [self.day(day, slug).clicks_per_thousand or 0.0 for day in self.period.calendar]
        total = self._days.total(self.period, slug)
        return PlacementFigures(slug, policy.placement.name, policy.knobs, total, trend)


def shop_figures(shop: Shop, days: int) -> Figures:
    """`days` is one of PERIODS; anything else becomes the first of them."""
    return Figures(shop, last_days(shop, days if days in PERIODS else PERIODS[0]))
