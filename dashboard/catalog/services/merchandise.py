"""What is said of items that may be no merchandise: by the recogniser, and by the merchant, who has the last word."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import Q

from dashboard.accounts.models import Shop, User
from dashboard.accounts.services import record_audit
from dashboard.catalog import selectors
from dashboard.catalog.models import Item
from dashboard.catalog.services.items import lock_catalog
from dashboard.core import clock


@transaction.atomic
def note_merchandise(*, shop: Shop, notes: Mapping[str, tuple[bool, dict[str, Any]]]) -> int:
    """Keep what was recognised: {item: (whether it is sure, what shows it)}; what was noted before and is in doubt no
    more is merchandise again. What a merchant has said stays. Returns how many items are left out by it."""
    lock_catalog(shop)
    rows = Item.objects.filter(shop=shop).exclude(merchandise__in=selectors.SAID)
    noted = list(rows.filter(Q(item_id__in=list(notes)) | ~Q(merchandise="")))
    for item in noted:
        is_sure, signs = notes.get(item.item_id, (None, {}))
        item.merchandise = {True: Item.Merchandise.FOUND, False: Item.Merchandise.DOUBTFUL, None: ""}[is_sure]
        item.is_merchandise, item.merchandise_signs = is_sure is not True, signs
    Item.objects.bulk_update(noted, ["merchandise", "is_merchandise", "merchandise_signs"], batch_size=1_000)
    return sum(not item.is_merchandise for item in noted)


@transaction.atomic
def say_merchandise(*, shop: Shop, item_id: str, is_merchandise: bool, said_by: User) -> None:
    """A merchant's word, which holds at once and for good: slates now, models and segments from the next training.
    Raises `NotFound`."""
    lock_catalog(shop)
    item = selectors.item(shop.pk, item_id)
    before = item.is_merchandise
    item.merchandise = Item.Merchandise.SOLD if is_merchandise else Item.Merchandise.BOOKED
    item.is_merchandise, item.updated_at = is_merchandise, clock.now()
    item.save(update_fields=["merchandise", "is_merchandise", "updated_at"])
    record_audit(
        shop=shop,
        actor=said_by,
        action="item.merchandise_said",
        subject=item.title or item.item_id,
        changes={"is_merchandise": [before, is_merchandise]},
    )
