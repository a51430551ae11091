"""What a shop sends of its visitors, and forgetting and joining them."""

from collections.abc import Collection
from typing import Any

from django.db import transaction

from dashboard.accounts.models import Shop
from dashboard.audiences.attributes import MAX_ATTRIBUTES, checked_attributes
from dashboard.audiences.models import AudienceChange, AudienceMember, Visitor
from dashboard.audiences.services.counting import count_visitor
from dashboard.audiences.services.following import alone_with, leave_all
from dashboard.core import clock, errors
from dashboard.core.external import identifier
from dashboard.core.verdicts import Rejection


def set_attributes(*, shop: Shop, visitor_id: str, attributes: dict[str, Any]) -> Visitor:
    """Keep these attributes of a visitor in place of those that were there. Raises `Invalid` by field."""
    try:
        identifier("visitor_id", visitor_id)
    except Rejection as reason:
        raise errors.Invalid(reason.message, fields={"visitor_id": reason.message}) from None
    values = {"attributes": checked_attributes(attributes), "attributes_at": clock.now()}
    visitor, _created = Visitor.objects.update_or_create(shop_id=shop.pk, visitor_id=visitor_id, defaults=values)
    return visitor


@transaction.atomic
def forget_visitor(*, shop: Shop, visitor_ids: Collection[str]) -> dict[str, int]:
    """Erase what is kept of a visitor under these ids, what waits to be told of it too. Returns how many rows went, by
    kind."""
    alone_with(shop)
    members, changes = (
        model._default_manager.filter(shop=shop, visitor_id__in=visitor_ids).delete()[0]
        for model in (AudienceMember, AudienceChange)
    )
    attributes = Visitor.objects.filter(shop=shop, visitor_id__in=visitor_ids).delete()[0]
    return {"attributes": attributes, "audiences": members + changes}


@transaction.atomic
def merge_visitor(*, shop: Shop, visitor_id: str, into: str) -> None:
    """Give a visitor's attributes to the id that it is merged into, where that one has none of the name; sum it
    anew, and have the old id leave its audiences. Call it after its interactions were moved."""
    alone_with(shop)
    rows = {
        row.visitor_id: row
        for row in Visitor.objects.select_for_update()
        .filter(shop=shop, visitor_id__in=[visitor_id, into])
        .order_by("visitor_id")
    }
    old, kept = rows.get(visitor_id), rows.get(into)
    if old is not None and old.attributes:
        both = (kept.attributes if kept else {}).copy()
        for name, value in old.attributes.items():
            if len(both) < MAX_ATTRIBUTES:
                both.setdefault(name, value)
        moment = max(row.attributes_at for row in rows.values() if row.attributes_at)
        Visitor.objects.update_or_create(
            shop_id=shop.pk, visitor_id=into, defaults={"attributes": both, "attributes_at": moment}
        )
    leave_all(shop=shop, visitor_id=visitor_id, cause=AudienceChange.Cause.MERGE)
    Visitor.objects.filter(shop=shop, visitor_id=visitor_id).delete()
    count_visitor(shop=shop, visitor_id=into)
