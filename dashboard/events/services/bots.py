"""Marking visitors that are programs. Their events are kept; training and experiments leave them out."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from dashboard.accounts.models import Shop, User
from dashboard.accounts.services import record_audit
from dashboard.core import clock, errors
from dashboard.events.bots import MOST_VIEWS_A_MINUTE, MOST_VIEWS_AN_HOUR
from dashboard.events.models import BotVisitor

LOOK_BACK_MINUTES = 70  # every hour that ended in the last ten minutes: the schedule asks each five
DISMISSED = "bot.dismiss"  # the one action whose audit entry names a visitor

# Only what came soon after it happened: an imported history may have nothing but dates.
_TOO_FAST = """
    INSERT INTO events_botvisitor (shop_id, visitor_id, reason, detail, found_at)
    SELECT %(shop)s, visitor_id, 'rate', max(views)::text, %(now)s
    FROM (SELECT visitor_id, views, sum(views) OVER (PARTITION BY visitor_id ORDER BY minute
              RANGE BETWEEN interval '59 minutes' PRECEDING AND CURRENT ROW) AS hour
          FROM (SELECT visitor_id, date_trunc('minute', timestamp) AS minute, count(DISTINCT event_id) AS views
                FROM events_interaction
                WHERE shop_id = %(shop)s AND timestamp > %(since)s AND received_at - timestamp < interval '1 hour'
                  AND type IN ('view_item', 'select_item', 'search') AND NOT simulated
                GROUP BY 1, 2) AS minutes) AS hours
    GROUP BY visitor_id HAVING max(views) > %(minute)s OR max(hour) > %(hour)s
    ON CONFLICT (shop_id, visitor_id) DO NOTHING
"""


def mark_agents(*, shop_id: int, visitor_ids: Iterable[str], agent: str) -> None:
    """Mark the visitors of a request whose `User-Agent` said that it is a program; `agent`: the telling word."""
    now = clock.now()
    BotVisitor.objects.bulk_create(
        [
            BotVisitor(shop_id=shop_id, visitor_id=visitor_id, reason="agent", detail=agent, found_at=now)
            for visitor_id in sorted(set(visitor_ids))
        ],
        ignore_conflicts=True,
    )


def mark_too_fast(*, shop: Shop) -> int:
    """Mark who opened more items in a minute or in sixty than a person can, of late; returns how many are new. Safe to
    repeat."""
    now = clock.now()
    parameters: dict[str, Any] = {
        "shop": shop.pk,
        "now": now,
        "since": now - timedelta(minutes=LOOK_BACK_MINUTES),
        "minute": MOST_VIEWS_A_MINUTE,
        "hour": MOST_VIEWS_AN_HOUR,
    }
    with connection.cursor() as cursor:
        cursor.execute(_TOO_FAST, parameters)
        return int(cursor.rowcount)


def count_again(*, shop: Shop, visitor_id: str, actor: User | None = None) -> None:
    """A merchant says that this is a person: from now on the visitor counts, whatever agent or rate. Raises
    `NotFound` for a visitor who is not marked."""
    marked = BotVisitor.objects.filter(shop=shop, visitor_id=visitor_id, dismissed_at__isnull=True)
    if not marked.update(dismissed_at=clock.now()):
        raise errors.NotFound(_("This visitor is not marked as a bot."))
    record_audit(shop=shop, actor=actor, action=DISMISSED, subject=visitor_id)
