"""What a merchant corrects of an item: it counts in place of what the feed says, until it is taken back.

`Item.corrections` is `{field: what the shop's feed or API says}` of each corrected field; the field itself holds the
merchant's word, so that whatever reads the catalog (serving, search, training) reads the correction.
"""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from dashboard.accounts.audit_words import differences
from dashboard.accounts.models import Shop, User
from dashboard.accounts.services import record_audit
from dashboard.catalog.models import Item
from dashboard.catalog.payload import ItemChange, changes_of
from dashboard.catalog.services.items import lock_catalog
from dashboard.core import errors
from dashboard.core.structs import converted
from dashboard.core.verdicts import Rejection

CORRECTABLE = ("title", "categories")
MAX_AT_ONCE = 200


@transaction.atomic
def correct_items(*, shop: Shop, wanted: Mapping[str, Mapping[str, Any]], by: User) -> int:
    """`wanted`: {item_id: {field: value}} of `CORRECTABLE` fields. All are taken or none. Returns how many changed.

    A value that the feed says itself takes the correction back. Raises `Invalid` with the reason by item, `NotFound`
    where an item is gone.
    """
    if len(wanted) > MAX_AT_ONCE:
        raise errors.Invalid(_("At most %(most)s items.") % {"most": MAX_AT_ONCE})
    checked = _checked(wanted)
    lock_catalog(shop)
    items = {item.item_id: item for item in Item.objects.filter(shop=shop, item_id__in=wanted, deleted_at=None)}
    if gone := wanted.keys() - items.keys():
        raise errors.NotFound(_("There is no item %(item)s in this shop.") % {"item": min(gone)})
    return sum(_correct(items[item_id], values, by) for item_id, values in checked.items())


@transaction.atomic
def take_correction_back(*, shop: Shop, item_id: str, field: str, by: User) -> None:
    """What the feed says counts again. Raises `NotFound` where the field is not corrected."""
    lock_catalog(shop)
    item = Item.objects.filter(shop=shop, item_id=item_id, deleted_at=None).first()
    if item is None or field not in item.corrections:
        raise errors.NotFound(_("This is not corrected any more; load the page again."))
    _correct(item, {field: item.corrections[field]}, by)


def _checked(wanted: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    checked, wrong = {}, {}
    for item_id, values in wanted.items():
        try:
            checked[item_id] = _values(values)
        except Rejection as reason:
            wrong[item_id] = reason.message
    if wrong:
        raise errors.Invalid(next(iter(wrong.values())), fields=wrong)
    return checked


def _values(values: Mapping[str, Any]) -> dict[str, Any]:
    for field, value in values.items():
        if field not in CORRECTABLE:
            raise Rejection("unknown_field", "%(field)s cannot be corrected here.", field=field)
        if not value:
            raise Rejection("missing_field", "%(field)s is empty.", field=field)
    return changes_of(converted(dict(values), ItemChange))


def _correct(item: Item, values: Mapping[str, Any], by: User) -> bool:
    before = {field: getattr(item, field) for field in values}
    for field, value in values.items():
        said = item.corrections.get(field, before[field])
        item.corrections = {name: known for name, known in item.corrections.items() if name != field}
        if value != said:
            item.corrections |= {field: said}
        setattr(item, field, value)
    changes = differences(before, values)
    if not changes:
        return False
    item.save(update_fields=[*values, "corrections", "updated_at"])
    record_audit(shop=item.shop, actor=by, action="item.corrected", subject=item.item_id, changes=changes)
    return True
