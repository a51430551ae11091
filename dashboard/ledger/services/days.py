"""Days that are over, summed: once when they end, once more when their last purchases are known, and whenever something
of them changes later. Can be repeated at will."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta

from django.db import transaction

from dashboard.accounts.models import Shop
from dashboard.core import clock
from dashboard.events.selectors.outcomes import ATTRIBUTION_HOURS
from dashboard.ledger.models import ClosedDay, ItemDay, LedgerDay
from dashboard.ledger.selectors.due import days_of_visitors, due_days, placements_of
from dashboard.ledger.services.costs import costs_of
from dashboard.ledger.services.findings import judge_items
from dashboard.ledger.services.interests import interests_found
from dashboard.ledger.services.reach import reach_on
from dashboard.ledger.services.slates import DaySlates, Slate, slates_of_day
from dashboard.ledger.services.turns import one_at_a_time

ITEM_DAYS_KEPT = 180  # days for which it is known what every single item was given
_LAST_INSTANT = timedelta(microseconds=1)


def sum_closed_days(*, shop: Shop, now: datetime | None = None) -> int:
    """Sum the days that are over and not summed, or changed since; then tell what became of the items. Returns how many
    days were summed."""
    now = now or clock.now()
    due = due_days(shop, now, settled=timedelta(hours=ATTRIBUTION_HOURS))
    ClosedDay.objects.filter(shop=shop, day__in=due).update(is_stale=True)  # should this end halfway, they stay due
    for day in due:
        _sum_day(shop, day, now)
    if due:
        judge_items(shop=shop, since=due[0])
        oldest = clock.local_day(now, shop.timezone) - timedelta(days=ITEM_DAYS_KEPT)
        ItemDay.objects.filter(shop=shop, day__lt=oldest).delete()
    return len(due)


def mark_days_of(*, shop: Shop, visitor_ids: Iterable[str]) -> None:
    """Days on which these visitors were shown slates are summed again: call it before their slates are erased."""
    days = days_of_visitors(shop, list(visitor_ids))
    ClosedDay.objects.filter(shop=shop, day__in=days).update(is_stale=True)


@transaction.atomic
def _sum_day(shop: Shop, day: date, now: datetime) -> None:
    one_at_a_time(shop)
    LedgerDay.objects.filter(shop=shop, day=day).delete()
    ItemDay.objects.filter(shop=shop, day=day).delete()
    since, end = clock.day_bounds(day, shop.timezone)
    for placement, simulated in placements_of(shop, since, end):
        found = slates_of_day(shop, placement, since=since, until=end - _LAST_INSTANT, simulated=simulated)
        if found.slates:
            key = _Key(shop.pk, day, placement, simulated)
            _store(shop, key, found)
    items, reached = reach_on(shop, day)
    values = {"items": items, "reached": reached, "summed_at": now, "is_stale": False}
    ClosedDay.objects.update_or_create(shop=shop, day=day, defaults=values)


@dataclass(frozen=True)
class _Key:
    shop_id: int
    day: date
    placement: str
    simulated: bool


def _store(shop: Shop, key: _Key, found: DaySlates) -> None:
    costs, slots = costs_of(found), [slot for slate in found.slates for slot in slate.slots]
    LedgerDay.objects.create(
        **asdict(key),
        slates=len(found.slates),
        visitors=len({slate.unit for slate in found.slates}),
        slots=len(slots),
        clicks=sum(slot.is_clicked for slot in slots),
        tried=sum(slot.is_tried for slot in slots),
        tried_clicks=sum(slot.is_tried and slot.is_clicked for slot in slots),
        untold=found.untold,
        cost_clicks=costs.clicks.value,
        cost_clicks_variance=costs.clicks.variance,
        cost_money=costs.money.value,
        cost_money_variance=costs.money.variance,
        effective=costs.effective,
        interests=interests_found(shop, found.slates),
    )
    sums = _items(found.slates).items()
    ItemDay.objects.bulk_create(
        (ItemDay(**asdict(key), item_id=item_id, **asdict(given)) for item_id, given in sums), batch_size=1_000
    )


@dataclass
class _Given:
    """Fields of `ItemDay`."""

    shown: int = 0
    clicks: int = 0
    money: float = 0.0
    tried: int = 0
    tried_clicks: int = 0
    tried_money: float = 0.0
    untried_squares: float = 0.0


def _items(slates: Sequence[Slate]) -> dict[str, _Given]:
    sums: dict[str, _Given] = defaultdict(_Given)
    for slot in (slot for slate in slates for slot in slate.slots):
        given = sums[slot.item_id]
        given.shown += 1
        given.clicks += slot.is_clicked
        given.money += slot.money
        given.tried += slot.is_tried
        given.tried_clicks += slot.is_tried and slot.is_clicked
        given.tried_money += slot.money if slot.is_tried else 0.0
        given.untried_squares += 0.0 if slot.is_tried else slot.money**2
    return sums
