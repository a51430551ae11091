"""Marking visitors that are programs. Their events are kept; training and experiments leave them out."""

from collections.abc import Iterable
from datetime import datetime, timedelta
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

SESSION = timedelta(minutes=30)  # a program asked for slates before it sent the first event that tells of it
RECENT = timedelta(days=30)  # as far back as a publishable key may write

# Something is known of the visitor that its mark does not cover: it counts, and no claim of low trust changes that.
_COUNTS = """EXISTS (
    SELECT FROM {table} did WHERE did.shop_id = %(shop)s AND did.visitor_id = {visitor} AND {which}
        AND NOT did.received_at BETWEEN coalesce({mark}.since, 'infinity') AND coalesce({mark}.until, '-infinity'))"""
_RECENT = "did.timestamp > %(recent)s"

# Ordered, so that two requests with the same visitors wait for each other and never deadlock.
_MARK_AGENTS = f"""
    INSERT INTO events_botvisitor (shop_id, visitor_id, reason, detail, found_at, since, until)
    SELECT %(shop)s, sent.visitor_id, 'agent', %(agent)s, %(now)s, %(since)s, %(now)s
    FROM unnest(%(visitors)s::text[]) AS sent (visitor_id)
    LEFT JOIN events_botvisitor known ON known.shop_id = %(shop)s AND known.visitor_id = sent.visitor_id
    WHERE NOT {_COUNTS.format(table="events_interaction", visitor="sent.visitor_id", which=_RECENT, mark="known")}
      AND NOT {_COUNTS.format(table="events_impression", visitor="sent.visitor_id", which=_RECENT, mark="known")}
    ORDER BY sent.visitor_id
    ON CONFLICT (shop_id, visitor_id) DO UPDATE SET until = greatest(events_botvisitor.until, excluded.until)
    WHERE events_botvisitor.until IS NOT NULL
"""  # noqa: S608  constants of this module

# Only what came soon after it happened: an imported history may have nothing but dates.
# Where the shop's backend sent all of it the mark is for good. Else it ends now, to be moved on while the speed lasts,
# and is for visitors of whom nothing else is known: neither behaviour of before nor anything that the backend says.
_TOO_FAST = f"""
    WITH seen AS (
        SELECT visitor_id, max(views) AS views FROM (
            SELECT visitor_id, views, sum(views) OVER (PARTITION BY visitor_id ORDER BY minute
                RANGE BETWEEN interval '59 minutes' PRECEDING AND CURRENT ROW) AS hour
            FROM (SELECT visitor_id, date_trunc('minute', timestamp) AS minute, count(DISTINCT event_id) AS views
                  FROM events_interaction
                  WHERE shop_id = %(shop)s AND timestamp > %(since)s AND received_at - timestamp < interval '1 hour'
                    AND type IN ('view_item', 'select_item', 'search') AND NOT simulated
                  GROUP BY 1, 2) AS minutes) AS hours
        GROUP BY visitor_id HAVING max(views) > %(minute)s OR max(hour) > %(hour)s
    ), judged AS (
        SELECT seen.*, trust.*, known.until AS until, known.pk IS NOT NULL AS is_marked
        FROM seen
        LEFT JOIN (SELECT id AS pk, visitor_id, since, until FROM events_botvisitor WHERE shop_id = %(shop)s) known
            USING (visitor_id)
        CROSS JOIN LATERAL (
            SELECT bool_or(claim.low_trust_at IS NULL) AS some_sure, bool_and(claim.low_trust_at IS NULL) AS all_sure
            FROM events_interaction did JOIN events_eventkey claim USING (shop_id, event_id)
            WHERE did.shop_id = %(shop)s AND did.visitor_id = seen.visitor_id AND did.timestamp > %(since)s) trust
        WHERE trust.all_sure OR NOT trust.some_sure AND NOT {
    _COUNTS.format(
        table="events_interaction", visitor="seen.visitor_id", which="did.received_at < %(since)s", mark="known"
    )
}
    ), written AS (
        INSERT INTO events_botvisitor (shop_id, visitor_id, reason, detail, found_at, since, until)
        SELECT %(shop)s, visitor_id, 'rate', views::text, %(now)s,
            CASE WHEN NOT all_sure THEN %(since)s END, CASE WHEN NOT all_sure THEN %(now)s END
        FROM judged ORDER BY visitor_id
        ON CONFLICT (shop_id, visitor_id) DO UPDATE SET until = excluded.until,
            since = CASE WHEN excluded.until IS NOT NULL THEN events_botvisitor.since END
        WHERE events_botvisitor.until IS NOT NULL
        RETURNING visitor_id
    )
    SELECT count(*) FROM written JOIN judged USING (visitor_id) WHERE NOT is_marked
"""  # noqa: S608  constants of this module

# What the backend says of a visitor, at a time that a stranger's claim would leave out.
_VOUCHED_FOR = """
    DELETE FROM events_botvisitor bot
    WHERE shop_id = %(shop)s AND dismissed_at IS NULL AND until > %(since)s AND EXISTS (
        SELECT FROM events_interaction did JOIN events_eventkey claim USING (shop_id, event_id)
        WHERE did.shop_id = %(shop)s AND did.visitor_id = bot.visitor_id AND NOT did.simulated
            AND did.received_at BETWEEN coalesce(bot.since, '-infinity') AND bot.until AND claim.low_trust_at IS NULL)
"""


def mark_agents(*, shop_id: int, visitor_ids: Iterable[str], agent: str, received_at: datetime) -> None:
    """Mark the visitors of a request whose `User-Agent` said that it is a program; `agent`: the telling word.

    Called before their events are stored. Anybody may say so of anybody, with the key that stands in the shop's pages:
    the mark covers what programs sent, and ends for good as soon as the visitor does something with a browser.
    """
    parameters: dict[str, Any] = {
        "shop": shop_id,
        "visitors": sorted(set(visitor_ids)),
        "agent": agent,
        "now": received_at,
        "since": received_at - SESSION,
        "recent": received_at - RECENT,
    }
    with connection.cursor() as cursor:
        cursor.execute(_MARK_AGENTS, parameters)


def mark_too_fast(*, shop: Shop) -> int:
    """Mark who opened more items in a minute or in sixty than a person can, of late; returns how many are new. Safe to
    repeat. Marks of visitors whom the shop's backend knows by now are taken back."""
    now = clock.now()
    parameters: dict[str, Any] = {
        "shop": shop.pk,
        "now": now,
        "since": now - timedelta(minutes=LOOK_BACK_MINUTES),
        "minute": MOST_VIEWS_A_MINUTE,
        "hour": MOST_VIEWS_AN_HOUR,
    }
    with connection.cursor() as cursor:
        cursor.execute(_VOUCHED_FOR, parameters)
        cursor.execute(_TOO_FAST, parameters)
        return int(cursor.fetchone()[0])


def vouch_for(*, shop: Shop, visitor_id: str) -> None:
    """The shop's backend knows this visitor: what anybody could have said of it is forgotten."""
    BotVisitor.objects.filter(shop=shop, visitor_id=visitor_id, dismissed_at=None, until__isnull=False).delete()


def count_again(*, shop: Shop, visitor_id: str, actor: User | None = None) -> None:
    """A merchant says that this is a person: from now on the visitor counts, whatever agent or rate. Raises
    `NotFound` for a visitor who is not marked."""
    marked = BotVisitor.objects.filter(shop=shop, visitor_id=visitor_id, dismissed_at__isnull=True)
    if not marked.update(dismissed_at=clock.now()):
        raise errors.NotFound(_("This visitor is not marked as a bot."))
    record_audit(shop=shop, actor=actor, action=DISMISSED, subject=visitor_id)
