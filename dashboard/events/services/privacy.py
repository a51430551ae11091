"""Forgetting a visitor."""

from collections.abc import Iterable

from django.db import transaction
from django.db.models import Q

from dashboard.accounts.models import AuditEntry, Shop
from dashboard.core import clock
from dashboard.events.models import (
    BotVisitor,
    ErasedVisitor,
    EventKey,
    Exposure,
    Impression,
    Interaction,
    VisitorAlias,
)
from dashboard.events.selectors.privacy import earlier_ids
from dashboard.events.services.bots import DISMISSED


@transaction.atomic
def erase_visitor(*, shop: Shop, visitor_id: str) -> dict[str, int]:
    """Delete all behaviour of a visitor and say how many rows went, by kind.

    The ids of the visitor's events stay claimed without their payload, so that a late resend cannot bring anything
    back: it is refused as a conflict, whatever key it comes with. What merchants decided about the visitor stays in the
    audit trail without the id.
    The id, and those that were merged into it, are remembered until no file of an artifact holds them.
    """
    mine = {"shop": shop, "visitor_id": visitor_id}
    event_ids = set(Interaction.objects.filter(**mine).values_list("event_id", flat=True))
    event_ids |= set(Impression.objects.filter(**mine).values_list("event_id", flat=True))
    EventKey.objects.filter(shop=shop, event_id__in=event_ids).update(payload_hash=b"erased", low_trust_at=None)
    AuditEntry.objects.filter(shop=shop, action=DISMISSED, subject=visitor_id).update(subject="")
    remember_erased(shop=shop, visitor_ids=[visitor_id, *earlier_ids(shop, visitor_id)])
    aliases = VisitorAlias.objects.filter(Q(visitor_id=visitor_id) | Q(known_as=visitor_id), shop=shop)
    return {
        "interactions": Interaction.objects.filter(**mine).delete()[0],
        "impressions": Impression.objects.filter(**mine).delete()[0],
        "exposures": Exposure.objects.filter(**mine).delete()[0],
        "bot_marks": BotVisitor.objects.filter(**mine).delete()[0],
        "other_ids": aliases.delete()[0],
    }


def remember_erased(*, shop: Shop, visitor_ids: Iterable[str]) -> None:
    """Have these ids taken out of the files of artifacts (training's part)."""
    now = clock.now()
    ErasedVisitor.objects.bulk_create(
        ErasedVisitor(shop=shop, visitor_id=visitor_id, erased_at=now) for visitor_id in visitor_ids
    )


def forget_erased(*, shop: Shop, keys: Iterable[int]) -> None:
    """No file holds these (`selectors.erased_visitors`) any more."""
    ErasedVisitor.objects.filter(shop=shop, pk__in=list(keys)).delete()
