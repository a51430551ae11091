"""What exploration found: of the items it gave a chance, which earn their place.

An item's click rate in tried slots is compared with that of all slots of the same placements: what stands on Home is
clicked less than what goes with a product. Of days that are over, as the ledger has them.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Sum

from dashboard.accounts.models import Shop
from dashboard.catalog.models import Item
from dashboard.events.selectors import Period, last_days, shop_days
from dashboard.ledger.judging import Shown, Verdict, verdict
from dashboard.ledger.models import ItemDay

SHOWN, BACK_SHOWN = 6, 2  # rows, and how many of them are kept for what went back, however much earns its place


@dataclass(frozen=True)
class Tried:
    """An item that exploration showed, how often it did, and what came of it."""

    item_id: str
    shown: int
    clicks: int
    verdict: Verdict

    @property
    def rate(self) -> float:
        return self.clicks / self.shown


@dataclass(frozen=True)
class Found:
    """What exploration tried: counts by verdict, and the items that tell most with their catalog entries."""

    tried: int
    earns: int
    early: int
    back: int
    usual_rate: float
    rows: list[tuple[Tried, Item]]


def counts_simulated(shop: Shop) -> bool:
    """Whether simulated shoppers are part of all figures: only while no real visitor has ever seen a slate."""
    today = last_days(shop, 1).end
    return shop_days(shop, today, today).counts_simulated


def whose_rows(shop: Shop) -> dict[str, Any]:
    """The rows that count: of everybody while all are simulated, else of real visitors."""
    return {"shop": shop} if counts_simulated(shop) else {"shop": shop, "simulated": False}


def exploration_found(shop: Shop, period: Period, placement: str = "") -> Found:
    """`placement` empty: at all of them together."""
    tried, usual = _tried(shop, period.start, period.end, placement)
    counts = Counter(row.verdict for row in tried)
    shown = telling(tried)
    items = {i.item_id: i for i in Item.objects.filter(shop=shop, item_id__in=[row.item_id for row in shown])}
    rows = [(row, items[row.item_id]) for row in shown if row.item_id in items]
    return Found(len(tried), counts["earns"], counts["early"], counts["back"], usual, rows)


def telling(tried: list[Tried]) -> list[Tried]:
    """What earns its place, what went back, and where neither fills the rows what is not decided; most shown first."""
    by_verdict: dict[Verdict, list[Tried]] = {"earns": [], "back": [], "early": []}
    for row in sorted(tried, key=lambda row: (-row.shown, row.item_id)):
        by_verdict[row.verdict].append(row)
    back = by_verdict["back"][: max(BACK_SHOWN, SHOWN - len(by_verdict["earns"]))]
    decided = [*by_verdict["earns"][: SHOWN - len(back)], *back]
    return [*decided, *by_verdict["early"]][:SHOWN]


def _tried(shop: Shop, first: date, last: date, wanted: str) -> tuple[list[Tried], float]:
    rows = ItemDay.objects.filter(**whose_rows(shop), day__range=(first, last))
    if wanted:
        rows = rows.filter(placement=wanted)
    sums = rows.values_list("placement", "item_id").annotate(*map(Sum, ("shown", "clicks", "tried", "tried_clicks")))
    counted = [(placement, item_id, Shown(*counts)) for placement, item_id, *counts in sums]
    of_placement: dict[str, Shown] = defaultdict(Shown)
    of_item: dict[str, Shown] = defaultdict(Shown)
    expected: dict[str, float] = defaultdict(float)
    for placement, item_id, shown in counted:
        of_placement[placement] += shown
        of_item[item_id] += shown
    for placement, item_id, shown in counted:
        expected[item_id] += shown.tried * of_placement[placement].rate
    tried = [
        Tried(
            item_id,
            shown.tried,
            shown.tried_clicks,
            verdict(shown.tried_clicks, shown.tried, expected[item_id] / shown.tried),
        )
        for item_id, shown in of_item.items()
        if shown.is_owed_to_exploration
    ]
    return tried, sum(of_placement.values(), Shown()).rate


def _verdict_of(shown: Shown, expected_clicks: float) -> Verdict:
    return verdict(shown.tried_clicks, shown.tried, expected_clicks / shown.tried)
