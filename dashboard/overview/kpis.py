"""The figures of the overview, summed from the shop's days."""

from collections import defaultdict
from dataclasses import dataclass, fields
from datetime import date, timedelta
from decimal import Decimal

from django.utils.functional import cached_property

from dashboard.accounts.models import Shop
from dashboard.core import clock
from dashboard.events.models import DailyKpi
from dashboard.policies.models import Policy

PERIODS = (7, 28, 90)
CHART_DAYS_MIN = 28  # a week alone shows no trend
ORDERS_FOR_A_TREND = 20  # below that chance moves a week's attributed sales by half


@dataclass(frozen=True)
class Day:
    """One day of the shop, or the sum of several: visitors then count once for each of their days."""

    visitors: int = 0
    interactions: int = 0
    orders: int = 0
    revenue: Decimal = Decimal(0)
    slates: int = 0
    slate_visitors: int = 0
    clicks: int = 0
    attributed_orders: int = 0
    attributed_revenue: Decimal = Decimal(0)
    slots: int = 0
    explored_slots: int = 0
    simulated_interactions: int = 0

    def __add__(self, other: "Day") -> "Day":
        return Day(**{f.name: getattr(self, f.name) + getattr(other, f.name) for f in fields(Day)})

    @property
    def revenue_share(self) -> float | None:
        """Share of sales that recommendations brought in."""
        return _ratio(self.attributed_revenue, self.revenue)

    @property
    def clicks_per_thousand(self) -> float | None:
        rate = _ratio(self.clicks, self.slates)
        return None if rate is None else rate * 1000

    @property
    def explored_share(self) -> float | None:
        return _ratio(self.explored_slots, self.slots)

    @property
    def reached_share(self) -> float | None:
        """Share of visitors that saw a slate."""
        return _ratio(self.slate_visitors, self.visitors)

    @property
    def simulated_share(self) -> float | None:
        return _ratio(self.simulated_interactions, self.interactions)


@dataclass(frozen=True)
class Period:
    """The last `days` days of the shop's calendar, today so far included."""

    days: int
    end: date

    @property
    def start(self) -> date:
        return self.end - timedelta(days=self.days - 1)

    @property
    def before(self) -> "Period":
        return Period(self.days, self.start - timedelta(days=1))

    @property
    def calendar(self) -> list[date]:
        return [self.start + timedelta(days=step) for step in range(self.days)]


@dataclass(frozen=True)
class PlacementFigures:
    """One row of the placements table. `clicks_per_thousand_by_day` is its trend."""

    slug: str
    name: str
    knobs: dict[str, float]
    total: Day
    clicks_per_thousand_by_day: list[float]


class Figures:
    """A shop's days, read once for the page."""

    def __init__(self, shop: Shop, period: Period) -> None:
        self.shop = shop
        self.period = period
        self.chart_period = Period(max(period.days, CHART_DAYS_MIN), period.end)

    @cached_property
    def _days(self) -> dict[str, dict[date, Day]]:
        first = min(self.period.before.start, self.chart_period.before.start)
        names = [f.name for f in fields(Day)]
        rows = DailyKpi.objects.filter(shop=self.shop, day__gte=first, day__lte=self.period.end)
        found: dict[str, dict[date, Day]] = defaultdict(dict)
        for row in rows.values("placement", "day", *names):
            found[row["placement"]][row["day"]] = Day(**{name: row[name] for name in names})
        return found

    def day(self, day: date, placement: str = "") -> Day:
        return self._days[placement].get(day, Day())

    def total(self, period: Period, placement: str = "") -> Day:
        return sum((self.day(day, placement) for day in period.calendar), Day())

    @cached_property
    def now(self) -> Day:
        return self.total(self.period)

    @cached_property
    def before(self) -> Day:
        return self.total(self.period.before)

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
        return PlacementFigures(slug, policy.placement.name, policy.knobs, self.total(self.period, slug), trend)


def shop_figures(shop: Shop, days: int) -> Figures:
    """`days` is one of PERIODS; anything else becomes the first of them."""
    days = days if days in PERIODS else PERIODS[0]
    return Figures(shop, Period(days, clock.today_in(shop.timezone)))


@dataclass(frozen=True)
class Changes:
    """Against the period before; None where there is nothing to compare with."""

    sales: float | None
    clicks_per_thousand: float | None


def changes(figures: Figures) -> Changes:
    now, before = figures.now, figures.before
    clicks_now, clicks_before = now.clicks_per_thousand, before.clicks_per_thousand
    return Changes(
        sales=relative_change(now.attributed_revenue, before.attributed_revenue),
        clicks_per_thousand=None if clicks_now is None or clicks_before is None else clicks_now - clicks_before,
    )


def relative_change(now: Decimal | float | None, before: Decimal | float | None) -> float | None:
    """None where there was nothing before to compare with."""
    return None if now is None or not before else float(now) / float(before) - 1


def _ratio(part: Decimal | int, whole: Decimal | int) -> float | None:
    return float(part / whole) if whole else None
