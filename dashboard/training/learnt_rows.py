"""Which interactions of a shop a run learns from, and which it leaves out."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from dashboard.accounts.models import Shop
from dashboard.catalog.models import Item
from dashboard.events.models import EventType, Interaction
from dashboard.events.selectors import without_bots


@dataclass(frozen=True)
class Bounds:
    """What of a shop's interactions a run learns from: with simulated shoppers or without, and until when they had
    arrived."""

    counts_simulated: bool = True
    until: datetime | None = None


def within(shop: Shop, bounds: Bounds) -> QuerySet[Interaction]:
    """Those that a run with these bounds learns from, as far as they are still there."""
    rows = counted(shop, bounds.counts_simulated)
    return rows if bounds.until is None else rows.filter(received_at__lte=bounds.until)


def counted(shop: Shop, counts_simulated: bool) -> QuerySet[Interaction]:
    """The interactions that a run learns from.

    Lists that were shown and searches say nothing of an item; purchases that a browser claimed (low trust) could be
    made up; bots are no shoppers; erased visitors have no rows; what is no merchandise tells of nobody's taste.
    """
    booked = Item.objects.filter(shop=shop, is_merchandise=False).values("item_id")
    rows = without_bots(Interaction.objects.filter(shop=shop)).exclude(item_id="").exclude(item_id__in=booked)
    rows = rows.exclude(type="purchase", low_trust=True)
    rows = rows.exclude(type__in=[EventType.VIEW_ITEM_LIST, EventType.SEARCH])
    return rows if counts_simulated else rows.filter(simulated=False)


def left_out(*, shop: Shop, counts_simulated: bool = True) -> dict[str, int]:
    """Rows that a snapshot leaves out, by reason: what a shop asks for that finds nothing to learn from."""
    named = Interaction.objects.filter(shop=shop).exclude(item_id="")
    people = without_bots(named)
    return {
        "bot_interactions": named.count() - people.count(),
        "unproven_purchases": people.filter(type="purchase", low_trust=True).count(),
        "no_interest": people.filter(type__in=[EventType.VIEW_ITEM_LIST, EventType.SEARCH]).count(),
        "simulated_interactions": 0 if counts_simulated else people.filter(simulated=True).count(),
    }
