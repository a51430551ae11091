"""One visitor under two ids: anonymous before signing in, known after.

Rows are rewritten rather than translated at every read, so that serving, training and experiments see one visitor
without knowing of it. What happens under the anonymous id after the merge stays anonymous until the next one: on a
shared device it may be somebody else.
"""

from datetime import datetime, timedelta

from django.db import connection, transaction

from dashboard.accounts.models import Shop
from dashboard.core import clock, errors
from dashboard.core.external import identifier
from dashboard.core.verdicts import Rejection
from dashboard.events.models import BotVisitor, Exposure, Impression, Interaction, VisitorAlias
from dashboard.events.services.bots import vouch_for

LATE_EVENTS = timedelta(days=2)  # how long a page may keep events of before the merge to itself
_LATE = """
    UPDATE {table} AS row SET visitor_id = alias.known_as FROM events_visitoralias AS alias
    WHERE alias.shop_id = %(shop)s AND alias.merged_at > %(since)s AND row.shop_id = alias.shop_id
        AND row.visitor_id = alias.visitor_id AND row.timestamp <= alias.merged_at
"""


@transaction.atomic
def merge_visitor(*, shop: Shop, visitor_id: str, into: str) -> dict[str, int]:
    """Join all behaviour of a visitor to that of another, and say how many rows were moved, by kind.

    Safe to repeat, and in any order: chains of ids end at the last one. Raises `Invalid` for ids that cannot be, and
    `Conflict` for a visitor that is marked as a bot by what the backend itself sent, whose behaviour belongs to nobody.
    """
    for named in (visitor_id, into):
        _check(named)
    if visitor_id == into:
        raise errors.Invalid("A visitor cannot be merged into itself.", fields={"into": "Name another visitor."})
    with connection.cursor() as cursor:  # one at a time, so that chains cannot cross
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('visitors'), %s)", [shop.pk])
    vouch_for(shop=shop, visitor_id=visitor_id)
    if BotVisitor.objects.filter(shop=shop, visitor_id=visitor_id, dismissed_at=None).exists():
        raise errors.Conflict("This visitor is marked as a bot; its behaviour is joined to nobody's.")
    _remember(shop, visitor_id, into, clock.now())
    mine = {"shop": shop, "visitor_id": visitor_id}
    return {
        "interactions": Interaction.objects.filter(**mine).update(visitor_id=into),
        "impressions": Impression.objects.filter(**mine).update(visitor_id=into),
        "exposures": Exposure.objects.filter(**mine).update(visitor_id=into),
    }


def join_late_events(*, shop: Shop) -> int:
    """Move events that happened before a merge and arrived after it. Returns how many rows."""
    parameters: dict[str, int | datetime] = {"shop": shop.pk, "since": clock.now() - LATE_EVENTS}
    moved = 0
    with connection.cursor() as cursor:
        for table in (Interaction._meta.db_table, Impression._meta.db_table):
            cursor.execute(_LATE.format(table=table), parameters)
            moved += cursor.rowcount
    return moved


def _remember(shop: Shop, visitor_id: str, into: str, now: datetime) -> None:
    VisitorAlias.objects.filter(shop=shop, visitor_id=into).delete()
    VisitorAlias.objects.filter(shop=shop, known_as=visitor_id).update(known_as=into)
    VisitorAlias.objects.update_or_create(
        shop=shop, visitor_id=visitor_id, defaults={"known_as": into, "merged_at": now}
    )


def _check(visitor_id: str) -> None:
    try:
        identifier("visitor_id", visitor_id)
    except Rejection as reason:
        raise errors.Invalid(reason.message) from None
