"""A ledger of 40 days: what the seeded slates say of the last ones, what they cost, and what came back."""

import datetime
import math
import uuid

from dashboard.core import clock

DAYS = 40
COSTS = {"home": 9.0, "product": 4.0}  # clicks a day at first; it falls, as items are known


def seed_ledger(shop):
    """After the slates and the catalog."""
    from dashboard.events.models import Impression
    from dashboard.ledger.models import LedgerDay
    from dashboard.ledger.services import sum_closed_days

    sum_closed_days(shop=shop)
    today = clock.today_in(shop.timezone)
    LedgerDay.objects.filter(shop=shop).delete()
    days = [today - datetime.timedelta(days=back) for back in range(1, DAYS + 1)]
    LedgerDay.objects.bulk_create(
        _day(shop, day, slug, cost * math.exp(-number / 25))
        for number, day in enumerate(days[::-1])
        for slug, cost in COSTS.items()
    )
    _reach(shop, days)
    _findings(shop, days)
    _launches(shop, Impression)


def _day(shop, day, slug, cost):
    from dashboard.ledger.models import LedgerDay

    slates = 420 if slug == "home" else 260
    return LedgerDay(
        shop=shop,
        day=day,
        placement=slug,
        slates=slates,
        visitors=slates // 2,
        slots=slates * 6,
        clicks=slates // 9,
        tried=slates // 3,
        tried_clicks=slates // 120,
        untold=0,
        cost_clicks=cost,
        cost_clicks_variance=30.0,
        cost_money=cost * 1.7,
        cost_money_variance=120.0,
        effective=slates / 4,
        interests=slates // 140,
    )


def _reach(shop, days):
    from dashboard.ledger.models import ClosedDay

    for number, day in enumerate(days[::-1]):
        values = {"items": 19, "reached": 8 + number // 6, "summed_at": clock.now()}
        ClosedDay.objects.update_or_create(shop=shop, day=day, defaults=values)


def _findings(shop, days):
    from dashboard.ledger.models import Finding, ItemDay

    Finding.objects.filter(shop=shop).delete()
    told = {"gar-0": ("graduated", 12, 60, 9, 3.1), "tea-0": ("graduated", 20, 48, 5, 2.4)}
    told |= {"chr-0": ("rejected", 6, 140, 1, 6.6)}
    for item_id, (kind, back, shown, clicks, expected) in told.items():
        counts = {"shown": shown, "clicks": clicks, "expected": expected}
        Finding.objects.get_or_create(shop=shop, item_id=item_id, kind=kind, defaults={"day": days[back], **counts})
    ItemDay.objects.bulk_create(
        ItemDay(
            shop=shop,
            day=day,
            placement="home",
            item_id=item_id,
            shown=40 if item_id == "gar-0" else 900,
            clicks=6 if item_id == "gar-0" else 60,
            money=14.0 if item_id == "gar-0" else 90.0,
            tried=0,
            tried_clicks=0,
            tried_money=0.0,
            untried_squares=60.0,
        )
        for day in days[7:12]
        for item_id in ("gar-0", "bag-1")
    )


def _launches(shop, impressions):
    """Some of the catalog is new."""
    from dashboard.beliefs.models import ItemBelief
    from dashboard.catalog.models import Item

    now = clock.now()
    new = {
        "gar-0": (20, 64, 9.0, 3.0),
        "tea-0": (16, 12, 0.2, 0.6),
        "bag-0": (5, 22, 1.0, 0.9),
        "can-0": (9, 70, 1.0, 12.0),
    }
    new |= {"mystery-1": (2, 0, 0.0, 0.0)}
    for item_id, (age, rendered, clicks, expected) in new.items():
        at = now - datetime.timedelta(days=age)
        Item.objects.filter(shop=shop, item_id=item_id).update(published_at=at)
        ItemBelief.objects.get_or_create(
            shop=shop,
            placement="home",
            item_id=item_id,
            defaults={"clicks": 2 * clicks, "expected": 2 * expected, "revision": 1},
        )
        impressions.objects.bulk_create(
            impressions(
                shop=shop,
                event_id=f"launch-{item_id}-{number}",
                line=0,
                visitor_id=f"visitor-{number}",
                item_id=item_id,
                recommendation_id=slate_id(item_id, number),
                placement="home",
                timestamp=now - datetime.timedelta(hours=30 + number % 7),
                received_at=now - datetime.timedelta(hours=30),
            )
            for number in range(rendered)
        )


def slate_id(item_id, number):
    """An id of its own for each, the same at every call."""

    return uuid.uuid5(uuid.NAMESPACE_URL, f"{item_id}-{number}")
