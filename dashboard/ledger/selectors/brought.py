"""What came back: what items that graduated earned since, beyond what usual slots of the same placements earn."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Sum

from dashboard.accounts.models import Shop
from dashboard.events.selectors import Period
from dashboard.ledger.models import Finding, ItemDay
from dashboard.ledger.selectors.tried import whose_rows
from dashboard.ledger.sums import NOTHING, Amount


@dataclass(frozen=True)
class Brought:
    """In slots that were not tried, from the day after an item graduated on."""

    clicks: Amount = NOTHING
    money: Amount = NOTHING

    def __add__(self, other: "Brought") -> "Brought":
        return Brought(self.clicks + other.clicks, self.money + other.money)


def brought_by_day(shop: Shop, period: Period, placement: str = "") -> dict[date, Brought]:
    """{day: what it brought}; days without any are left out. Clicks are counted as rare ones (Poisson)."""
    whose = whose_rows(shop)
    since = dict(Finding.objects.filter(**whose, kind=Finding.Kind.GRADUATED).values_list("item_id", "day"))
    rows = ItemDay.objects.filter(**whose, day__range=(period.start, period.end))
    if placement:
        rows = rows.filter(placement=placement)
    usual = _usual(rows)
    found: dict[date, Brought] = defaultdict(Brought)
    for row in rows.filter(item_id__in=list(since)):
        if row.day > since[row.item_id]:
            found[row.day] += _beyond(row, *usual[row.placement])
    return dict(found)


def total_brought(parts: Sequence[Brought]) -> Brought:
    return sum(parts, Brought())


def _usual(rows: Any) -> dict[str, tuple[float, float]]:
    """{placement: clicks and money of a slot}."""
    sums = rows.values("placement").annotate(slots=Sum("shown"), clicked=Sum("clicks"), earned=Sum("money"))
    return {row["placement"]: (row["clicked"] / row["slots"], row["earned"] / row["slots"]) for row in sums}


def _beyond(row: ItemDay, rate: float, money: float) -> Brought:
    slots, clicks = row.shown - row.tried, row.clicks - row.tried_clicks
    return Brought(
        Amount(clicks - slots * rate, float(clicks)),
        Amount(row.money - row.tried_money - slots * money, row.untried_squares),
    )
