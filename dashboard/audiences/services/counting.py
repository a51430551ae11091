"""The figures of visitors, summed from their interactions: those that changed every minute, all of them every night."""

from datetime import datetime, timedelta

from django.db import connection, transaction

from dashboard.accounts.models import Shop
from dashboard.audiences.facts import SESSION_PAUSE
from dashboard.audiences.models import Counting, Visitor
from dashboard.core import clock
from dashboard.events.selectors import is_person

LATE = timedelta(minutes=5)  # a row is received before its transaction commits, and others of the minute before

_SUM = f"""
    INSERT INTO audiences_visitor AS visitor (shop_id, visitor_id, attributes, first_seen_at, last_seen_at,
        last_purchase_at, visits, interactions, purchases, spent, counted_until)
    SELECT %(shop)s, visitor_id, '{{{{}}}}', min(timestamp), max(timestamp),
        max(timestamp) FILTER (WHERE type = 'purchase'),
        count(*) FILTER (WHERE pause IS NULL OR pause > {SESSION_PAUSE}), count(*),
        count(DISTINCT order_key) FILTER (WHERE type = 'purchase'),
        coalesce(sum(money) FILTER (WHERE type = 'purchase'), 0), %(until)s
    FROM (
        SELECT visitor_id, timestamp, type, coalesce(nullif(order_id, ''), event_id) AS order_key,
            CASE WHEN currency IN ('', %(currency)s) THEN coalesce(value, 0) ELSE 0 END AS money,
            timestamp - lag(timestamp) OVER (PARTITION BY visitor_id ORDER BY timestamp) AS pause
        FROM events_interaction AS behaviour
        WHERE shop_id = %(shop)s AND timestamp <= %(until)s AND {is_person("behaviour", "received_at")} {{whose}}
    ) AS visit
    GROUP BY visitor_id
    ON CONFLICT (shop_id, visitor_id) DO UPDATE SET first_seen_at = excluded.first_seen_at,
        last_seen_at = excluded.last_seen_at, last_purchase_at = excluded.last_purchase_at,
        visits = excluded.visits, interactions = excluded.interactions, purchases = excluded.purchases,
        spent = excluded.spent, counted_until = excluded.counted_until
"""  # noqa: S608  words of this module
_OF_CHANGED = """AND visitor_id IN (
    SELECT visitor_id FROM events_interaction WHERE shop_id = %(shop)s AND received_at > %(since)s)"""
_OF_ONE = "AND visitor_id = %(visitor)s"
# Figures of whom no interaction is left: what is old is forgotten here too.
_EMPTY = """
    UPDATE audiences_visitor SET first_seen_at = NULL, last_seen_at = NULL, last_purchase_at = NULL, visits = 0,
        interactions = 0, purchases = 0, spent = 0, counted_until = NULL
    WHERE shop_id = %(shop)s AND counted_until < %(until)s
"""


@transaction.atomic
def count_visitors(*, shop: Shop, now: datetime | None = None) -> int:
    """Sum the visitors of whom something arrived since the last time. Returns how many; all of them the first time."""
    now = now or clock.now()
    counting = Counting.objects.select_for_update().filter(shop=shop).first()
    if counting is None:
        return count_all_visitors(shop=shop, now=now)
    counted = _sum(shop, now, _OF_CHANGED, since=counting.counted_at - LATE)
    counting.counted_at = now
    counting.save(update_fields=["counted_at"])
    return counted


@transaction.atomic
def count_all_visitors(*, shop: Shop, now: datetime | None = None, kept_since: datetime | None = None) -> int:
    """Sum every visitor anew; who has neither behaviour nor attributes goes. Returns how many have behaviour.

    `kept_since`: attributes that the shop sent before it, of somebody who did nothing after, go too.
    """
    now = now or clock.now()
    counted = _sum(shop, now, "")
    with connection.cursor() as cursor:
        cursor.execute(_EMPTY, {"shop": shop.pk, "until": now})
    silent = Visitor.objects.filter(shop=shop, interactions=0)
    silent.filter(attributes={}).delete()
    if kept_since is not None:
        silent.filter(attributes_at__lt=kept_since).delete()
    Counting.objects.update_or_create(shop=shop, defaults={"counted_at": now})
    return counted


def count_visitor(*, shop: Shop, visitor_id: str) -> None:
    """Sum one visitor anew, after ids were joined."""
    _sum(shop, clock.now(), _OF_ONE, visitor=visitor_id)


def _sum(shop: Shop, until: datetime, whose: str, **more: str | datetime) -> int:
    parameters: dict[str, int | str | datetime] = {"shop": shop.pk, "currency": shop.currency, "until": until, **more}
    with connection.cursor() as cursor:
        cursor.execute(_SUM.format(whose=whose), parameters)
        return int(cursor.rowcount)
