"""Writing items: batches with verdicts, one item, deletion."""

from collections.abc import Callable, Collection, Iterable
from typing import Any

import msgspec
from django.db import connection, transaction

from dashboard.accounts.models import Shop
from dashboard.catalog.models import Item
from dashboard.catalog.payload import FIELDS, ItemChange, ItemRecord, changes_of
from dashboard.core import clock, errors
from dashboard.core.batches import as_sent, part, parts
from dashboard.core.external import identifier
from dashboard.core.structs import converted
from dashboard.core.verdicts import Rejection, Verdicts

MEANT_FIELDS_TOLD = 20  # of a batch: finding the field that may be meant takes 0.1 ms


class _RawBatch(msgspec.Struct, forbid_unknown_fields=True):
    items: list[msgspec.Raw]


_batch_decoder = msgspec.json.Decoder(_RawBatch)
_sorted_json = msgspec.json.Encoder(order="sorted").encode
_item_decoder = msgspec.json.Decoder(ItemRecord)


def upsert_items(*, shop: Shop, raw_items: bytes | list[Any]) -> Verdicts:
    """Add or update a batch of items; fields that an item does not name stay as they are.

    `raw_items`: the JSON body `{"items": [...]}`, or a list of dicts of the same form. An item that is refused gets
    its verdict and the rest is kept. An id that comes twice is applied in order; the repeats count as duplicates.
    A deleted item that is sent again is back. Raises `Invalid` and `TooLarge` as `record_events` does.
    """
    verdicts, changes = _read(raw_items)
    if changes:
        _tell(verdicts, *_apply(shop, changes))
    return verdicts


def preview_items(*, shop: Shop, raw_items: list[Any], seen: set[int]) -> Verdicts:
    """What `upsert_items` would do with a batch, without doing it or keeping anybody from writing.

    `seen` remembers (as hashes) the ids of the batches before, so that an id that comes again counts as a duplicate.
    """
    verdicts, changes = _read(raw_items)
    fresh = {item_id: change for item_id, change in changes.items() if hash(item_id) not in seen}
    seen.update(map(hash, fresh))
    verdicts.accepted -= len(changes) - len(fresh)
    verdicts.duplicates += len(changes) - len(fresh)
    _tell(verdicts, *_changed(shop, fresh))
    return verdicts


@transaction.atomic
def update_item(*, shop: Shop, item_id: str, raw: bytes) -> Item:
    """Change the named fields of one item. Raises `NotFound`, and `Invalid` with the reason."""
    lock_catalog(shop)  # or it could be deleted before it is written, and be back
    item = Item.objects.filter(shop=shop, item_id=item_id, deleted_at__isnull=True).first()
    if item is None:
        raise errors.NotFound("There is no such item in this shop.")
    try:
        change = changes_of(part(msgspec.Raw(raw), msgspec.json.Decoder(ItemChange)))
    except Rejection as reason:
        raise errors.Invalid(reason.message, fields={"body": reason.message}) from None
    _apply(shop, {item_id: change})
    item.refresh_from_db()
    return item


@transaction.atomic
def delete_item(*, shop: Shop, item_id: str) -> None:
    """Take an item out of the catalog and of every slate; its history stays. Raises `NotFound`."""
    lock_catalog(shop)  # or who has read it and is about to write would bring it back
    gone = Item.objects.filter(shop=shop, item_id=item_id, deleted_at__isnull=True).update(
        deleted_at=clock.now(), updated_at=clock.now()
    )
    if not gone:
        raise errors.NotFound("There is no such item in this shop.")


def lock_catalog(shop: Shop) -> None:
    """Nobody else writes items of the shop until this transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('catalog'), %s)", [shop.pk])


def _readers(raw: bytes | list[Any]) -> Iterable[tuple[Any, Callable[[Any, Collection[str]], ItemRecord]]]:
    if isinstance(raw, list):
        return ((entry, _converted) for entry in raw)
    return ((entry, _decoded) for entry in parts(raw, _batch_decoder, "items"))


def _converted(entry: Any, known: Collection[str]) -> ItemRecord:
    return converted(entry, ItemRecord, known)


def _decoded(entry: msgspec.Raw, known: Collection[str]) -> ItemRecord:
    return part(entry, _item_decoder, known)


def _read(raw_items: bytes | list[Any]) -> tuple[Verdicts, dict[str, dict[str, Any]]]:
    """The verdicts, and the checked changes by item."""
    verdicts = Verdicts()
    changes: dict[str, dict[str, Any]] = {}
    for index, (raw, read) in enumerate(_readers(raw_items)):
        try:
            record = read(raw, FIELDS if len(verdicts.rejected) < MEANT_FIELDS_TOLD else ())
            item_id = identifier("item_id", record.item_id)
            change = changes_of(record)
        except Rejection as reason:
            verdicts.reject(index, reason.about(as_sent(raw), "item_id"))
            continue
        verdicts.duplicates += item_id in changes
        verdicts.accepted += item_id not in changes
        changes.setdefault(item_id, {}).update(change)
    return verdicts, changes


@transaction.atomic
def _apply(shop: Shop, changes: dict[str, dict[str, Any]]) -> tuple[list[Item], list[Item], list[Item]]:
    """One writer of a shop's catalog at a time: partial updates of the same item never undo each other.

    What a feed says again without a change is not written again. Returns the items that are new, changed, unchanged.
    """
    lock_catalog(shop)
    new, changed, unchanged = _changed(shop, changes)
    Item.objects.bulk_create(
        [*new, *changed],
        update_conflicts=True,
        unique_fields=["shop", "item_id"],
        update_fields=[*FIELDS, "corrections", "updated_at", "deleted_at"],
    )
    return new, changed, unchanged


def _changed(shop: Shop, changes: dict[str, dict[str, Any]]) -> tuple[list[Item], list[Item], list[Item]]:
    """The items as they will be: (new, changed, unchanged). A deleted one that is sent again is changed."""
    known = {item.item_id: item for item in Item.objects.filter(shop=shop, item_id__in=list(changes))}
    new, changed, unchanged = [], [], []
    for item_id, change in changes.items():
        item = known.get(item_id)
        if item is None:
            new.append(Item(shop=shop, item_id=item_id, **change))
            continue
        change = _beside_corrections(item, change)
        if item.deleted_at is None and all(_is_same(getattr(item, field), value) for field, value in change.items()):
            unchanged.append(item)
        else:
            for field, value in {**change, "deleted_at": None}.items():
                setattr(item, field, value)
            changed.append(item)
    return new, changed, unchanged


def _beside_corrections(item: Item, change: dict[str, Any]) -> dict[str, Any]:
    """The change without what a person corrected: that stays, and what was sent is kept beside it."""
    sent = {field: value for field, value in change.items() if field in item.corrections}
    if not sent:
        return change
    rest = {field: value for field, value in change.items() if field not in sent}
    return {**rest, "corrections": {**item.corrections, **sent}}


def _is_same(before: Any, after: Any) -> bool:
    """Python takes true for 1; a catalog does not."""
    if isinstance(before, dict) and isinstance(after, dict):
        return _sorted_json(before) == _sorted_json(after)
    return bool(before == after)


def _tell(verdicts: Verdicts, new: list[Item], changed: list[Item], unchanged: list[Item]) -> None:
    verdicts.changes = {"new": len(new), "changed": len(changed), "unchanged": len(unchanged)}
    verdicts.untitled = [item.item_id for item in (*new, *changed, *unchanged) if not item.title]
