"""A shop's days, summed: the one place from which pages take sales, slates, clicks and slots, and their time."""

import math
from collections import defaultdict
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db.models import QuerySet
from django.utils.functional import cached_property

from dashboard.accounts.models import Shop
from dashboard.core import clock
from dashboard.events.models import DailyKpi

ORDERS_FOR_A_TREND = 20  # below that chance moves a week's attributed sales by half
SLATES_FOR_A_TREND = 200
CLEAR = 1.96  # standard errors: what chance alone exceeds once in twenty times


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

    def __add__(self, other: "Day") -> "Day":
        return Day(**{name: getattr(self, name) + getattr(other, name) for name in SUMS})

    @property
    def clicks_per_thousand(self) -> float | None:
        """Clicks on 1,000 slates."""
        rate = ratio(self.clicks, self.slates)
        return None if rate is None else rate * 1000

    @property
    def explored_share(self) -> float | None:
        """Share of the slots that were given to finding out."""
        return ratio(self.explored_slots, self.slots)

    @property
    def reached_share(self) -> float | None:
        """Share of visitors that saw a slate."""
        return ratio(self.slate_visitors, self.visitors)


SUMS = tuple(entry.name for entry in fields(Day))


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


def last_days(shop: Shop, days: int) -> Period:
    return Period(days, clock.today_in(shop.timezone))


class ShopDays:
    """The days of a shop from `first` to `last`, read at once.

    Real and simulated visitors are never mixed once real ones take part: as soon as one saw a slate, what simulated
    ones did counts nowhere. Before, it is all there is, and `simulated` says how much of a sum it is.
    """

    def __init__(self, shop: Shop, first: date, last: date) -> None:
        self.shop = shop
        self._range = (first, last)

    @cached_property
    def _rows(self) -> dict[bool, dict[str, dict[date, Day]]]:
        found: dict[bool, dict[str, dict[date, Day]]] = {key: defaultdict(dict) for key in (False, True)}
        for row in DailyKpi.objects.filter(shop=self.shop, day__range=self._range).values(
            "simulated", "placement", "day", *SUMS
        ):
            found[row["simulated"]][row["placement"]][row["day"]] = Day(**{name: row[name] for name in SUMS})
        return found

    @property
    def placements(self) -> set[str]:
        """The slugs of those that any of the days has sums of."""
        return {slug for kind in self._rows.values() for slug in kind if slug}

    @cached_property
    def counts_simulated(self) -> bool:
        """Whether simulated visitors are part of the sums: only while no real one has ever seen a slate."""
        return not _whole_shop(self.shop).filter(simulated=False, slates__gt=0).exists()

    @cached_property
    def first_slate_on(self) -> date | None:
        """The day of the first slate that counts; None before it."""
        rows = _whole_shop(self.shop).filter(slates__gt=0)
        if not self.counts_simulated:
            rows = rows.filter(simulated=False)
        return rows.order_by("day").values_list("day", flat=True).first()

    @cached_property
    def summed_at(self) -> datetime | None:
        """When the newest day was summed last; about once a minute while a worker is up."""
        rows = _whole_shop(self.shop).filter(day__range=self._range).order_by("-day", "-summed_at")
        return rows.values_list("summed_at", flat=True).first()

    def day(self, day: date, placement: str = "") -> Day:
        """`placement` empty: the whole shop."""
        real = self._rows[False][placement].get(day, Day())
        return real + self._simulated_day(day, placement) if self.counts_simulated else real

    def total(self, period: Period, placement: str = "") -> Day:
        return sum((self.day(day, placement) for day in period.calendar), Day())

    def simulated(self, period: Period, placement: str = "") -> Day:
        """What of `total` simulated visitors did."""
        if not self.counts_simulated:
            return Day()
        return sum((self._simulated_day(day, placement) for day in period.calendar), Day())

    def since_first_slate(self, period: Period) -> Day:
        """The period without the days before the shop's first slate, on which recommendations could bring nothing."""
        first = self.first_slate_on
        days = [day for day in period.calendar if first is not None and day >= first]
        return sum((self.day(day) for day in days), Day())

    def _simulated_day(self, day: date, placement: str) -> Day:
        return self._rows[True][placement].get(day, Day())


def shop_days(shop: Shop, first: date, last: date) -> ShopDays:
    """Both days included."""
    return ShopDays(shop, first, last)


def _whole_shop(shop: Shop) -> QuerySet[DailyKpi]:
    return DailyKpi.objects.filter(shop=shop, placement="")


def placement_totals(shop: Shop, days: int) -> dict[str, Day]:
    """{placement slug: the sums of the last days}, the same that the overview shows of that period."""
    period = last_days(shop, days)
    found = shop_days(shop, period.start, period.end)
    return {slug: found.total(period, slug) for slug in found.placements}


def sales_change(now: Day, before: Day) -> float | None:
    """Relative change of attributed sales; None where either side has too few orders to compare."""
    if min(now.attributed_orders, before.attributed_orders) < ORDERS_FOR_A_TREND or not before.attributed_revenue:
        return None
    return float(now.attributed_revenue / before.attributed_revenue) - 1


def are_sales_clearly_changed(now: Day, before: Day) -> bool:
    """Whether attributed orders differ by more than chance: two Poisson counts, by their normal approximation."""
    total = now.attributed_orders + before.attributed_orders
    return abs(now.attributed_orders - before.attributed_orders) > CLEAR * math.sqrt(total)


def clicks_change(now: Day, before: Day) -> float | None:
    """Absolute change of clicks per 1,000 slates; None where either side has too few slates to compare."""
    if min(now.slates, before.slates) < SLATES_FOR_A_TREND:
        return None
    return (now.clicks_per_thousand or 0.0) - (before.clicks_per_thousand or 0.0)


def are_clicks_clearly_changed(now: Day, before: Day) -> bool:
    """Whether click rates differ by more than chance: two Poisson rates. A slate may be clicked more than once."""
    if not now.slates or not before.slates:
        return False
    doubt = math.sqrt(now.clicks / now.slates**2 + before.clicks / before.slates**2)
    return abs(now.clicks / now.slates - before.clicks / before.slates) > CLEAR * doubt


def ratio(part: Decimal | int, whole: Decimal | int) -> float | None:
    return float(part / whole) if whole else None
