"""The ledger of a period: what exploring took, what it cost, what came back. All of stored rows."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

from django.db.models import Q
from django.utils.functional import cached_property

from dashboard.accounts.models import Shop
from dashboard.catalog.models import Item
from dashboard.events.selectors import Period, last_days
from dashboard.ledger.models import ClosedDay, Finding, LedgerDay
from dashboard.ledger.selectors.brought import Brought, brought_by_day, total_brought
from dashboard.ledger.selectors.due import is_shown_first_today, unsummed_days
from dashboard.ledger.selectors.tried import Found, counts_simulated, exploration_found, whose_rows
from dashboard.ledger.sums import Amount, LedgerSum
from dashboard.policies.models import Placement

PERIODS = (7, 28, 90)
MOST_FINDINGS = 50


@dataclass(frozen=True)
class Told:
    """A finding with the item's catalog entry, where it is still there."""

    finding: Finding
    item: Item | None

    @property
    def has_graduated(self) -> bool:
        return self.finding.kind == Finding.Kind.GRADUATED

    @property
    def rate(self) -> float:
        return self.finding.clicks / self.finding.shown

    @property
    def usual_rate(self) -> float:
        return self.finding.expected / self.finding.shown


@dataclass(frozen=True)
class PlacementRow:
    """A placement of the period."""

    slug: str
    name: str
    total: LedgerSum


class Ledger:
    """A shop's ledger; `placement` empty: all of them together."""

    def __init__(self, shop: Shop, period: Period, placement: str = "") -> None:
        self.shop, self.period, self.placement = shop, period, placement

    @cached_property
    def _rows(self) -> dict[str, dict[date, LedgerSum]]:
        rows = LedgerDay.objects.filter(**whose_rows(self.shop), day__range=(self.period.start, self.period.end))
        found: dict[str, dict[date, LedgerSum]] = defaultdict(lambda: defaultdict(LedgerSum))
        for row in rows:
            if self.placement in ("", row.placement):
                found[row.placement][row.day] += LedgerSum.of(row)
        return found

    @cached_property
    def days(self) -> dict[date, LedgerSum]:
        """Those that have a slate, oldest first."""
        together: dict[date, LedgerSum] = defaultdict(LedgerSum)
        for own in self._rows.values():
            for day, sums in own.items():
                together[day] += sums
        return dict(sorted(together.items()))

    @cached_property
    def total(self) -> LedgerSum:
        return sum(self.days.values(), LedgerSum())

    @cached_property
    def placements(self) -> list[PlacementRow]:
        """The dearest in slots first."""
        names = dict(Placement.objects.filter(shop=self.shop).values_list("slug", "name"))
        rows = [
            PlacementRow(slug, names.get(slug, slug), sum(own.values(), LedgerSum()))
            for slug, own in self._rows.items()
        ]
        return sorted(rows, key=lambda row: (-row.total.tried, row.slug))

    @cached_property
    def brought_by_day(self) -> dict[date, Brought]:
        return brought_by_day(self.shop, self.period, self.placement)

    @cached_property
    def brought(self) -> Brought:
        return total_brought(list(self.brought_by_day.values()))

    @property
    def balance(self) -> Amount | None:
        """In money; None while the cost cannot be told."""
        return self.brought.money - self.total.cost_money if self.total.tells_cost else None

    @cached_property
    def findings(self) -> list[Told]:
        """The newest first; of the whole shop, whatever the placement."""
        rows = Finding.objects.filter(**whose_rows(self.shop), day__range=(self.period.start, self.period.end))
        found = list(rows.order_by("-day", "item_id")[:MOST_FINDINGS])
        items = {i.item_id: i for i in Item.objects.filter(shop=self.shop, item_id__in=[row.item_id for row in found])}
        return [Told(row, items.get(row.item_id)) for row in found]

    @cached_property
    def graduated(self) -> int:
        return self._counted(Finding.Kind.GRADUATED)

    @cached_property
    def rejected(self) -> int:
        return self._counted(Finding.Kind.REJECTED)

    def _counted(self, kind: str) -> int:
        in_period = Q(day__range=(self.period.start, self.period.end), kind=kind)
        return Finding.objects.filter(in_period, **whose_rows(self.shop)).count()

    @cached_property
    def found(self) -> Found:
        """Of the items that were tried, which earn their place by now: the figures of the overview."""
        return exploration_found(self.shop, self.period, self.placement)

    @cached_property
    def reach(self) -> list[ClosedDay]:
        """The part of the catalog that is found, day by day."""
        rows = ClosedDay.objects.filter(shop=self.shop, day__range=(self.period.start, self.period.end), items__gt=0)
        return list(rows.order_by("day"))

    @cached_property
    def closed_until(self) -> date | None:
        """The last day that was summed."""
        return ClosedDay.objects.filter(shop=self.shop).order_by("-day").values_list("day", flat=True).first()

    @cached_property
    def unsummed(self) -> list[date]:
        """Days of the period that are over and not accounted yet."""
        return unsummed_days(self.shop, self.period.start, self.period.end)

    @cached_property
    def begins_today(self) -> bool:
        """Whether no day with slates is over yet, and one began."""
        return not self.total.slates and is_shown_first_today(self.shop)

    @cached_property
    def is_simulated(self) -> bool:
        return counts_simulated(self.shop)


def ledger_of(shop: Shop, days: int, placement: str = "") -> Ledger:
    """Of the last `days` days, those that are over; a number that is none of PERIODS counts as 28."""
    return Ledger(shop, last_days(shop, days if days in PERIODS else PERIODS[1]), placement)


def ledger_placements(shop: Shop) -> list[tuple[str, str]]:
    """(slug, name) of the shop's placements."""
    return list(Placement.objects.filter(shop=shop).order_by("pk").values_list("slug", "name"))
