"""Forgetting a visitor."""

from django.db import transaction
from django.db.models import Q

from dashboard.accounts.models import AuditEntry, Shop
from dashboard.events.models import BotVisitor, EventKey, Exposure, Impression, Interaction, VisitorAlias
from dashboard.events.services.bots import DISMISSED


@transaction.atomic
def erase_visitor(*, shop: Shop, visitor_id: str) -> dict[str, int]:
    """Delete all behaviour of a visitor and say how many rows went, by kind.

    The ids of the visitor's events stay claimed without their payload, so that a late resend cannot bring anything
    back: it is refused as a conflict. What merchants decided about the visitor stays in the audit trail without the id.
    """
    mine = {"shop": shop, "visitor_id": visitor_id}
    event_ids = set(Interaction.objects.filter(**mine).values_list("event_id", flat=True))
    event_ids |= set(Impression.objects.filter(**mine).values_list("event_id", flat=True))
    EventKey.objects.filter(shop=shop, event_id__in=event_ids).update(payload_hash=b"erased")
    AuditEntry.objects.filter(shop=shop, action=DISMISSED, subject=visitor_id).update(subject="")
    aliases = VisitorAlias.objects.filter(Q(visitor_id=visitor_id) | Q(known_as=visitor_id), shop=shop)
    return {
        "interactions": Interaction.objects.filter(**mine).delete()[0],
        "impressions": Impression.objects.filter(**mine).delete()[0],
        "exposures": Exposure.objects.filter(**mine).delete()[0],
        "bot_marks": BotVisitor.objects.filter(**mine).delete()[0],
        "other_ids": aliases.delete()[0],
    }
