"""The items that serving looks at, remembered by each process, and never stale.

Reading 200 candidates from the database costs 3 ms of CPU, as much as all else of a slate. So a process remembers the
items that it has read. Every row of `catalog_item` carries the transaction that changed it last (a trigger sees to
that, whoever writes); before each slate one query asks for what changed since the question before, and those are
forgotten. It rests on this: a transaction that was not yet visible then has an id of at least that snapshot's xmin.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterator
from itertools import islice
from typing import NamedTuple

from django.db import connection

from dashboard.catalog.filters import NO_FILTERS, ItemFilters
from dashboard.catalog.servable import NOTHING_UNWANTED, ServableItem, Unwanted, passing, stored_items
from dashboard.core import clock

MAX_SHELVES = 50
MAX_ITEMS = 20_000  # of one shop; with 1.2 KB each the largest share of a web process that a big shop takes
_UNREAD = 2**62

_CHANGES = """
    SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint,
        ARRAY(SELECT item_id FROM catalog_item WHERE shop_id = %(shop)s AND changed_in >= %(since)s
              AND changed_in < pg_snapshot_xmax(pg_current_snapshot())::text::bigint)
"""


class _Known(NamedTuple):
    item: ServableItem
    is_servable: bool


class Shelf:
    """One shop's items as of the last `refresh`; asked through `shelf_of_now`."""

    def __init__(self, shop_id: int) -> None:
        self._shop_id = shop_id
        self._since = _UNREAD
        self._known: dict[str, _Known | None] = {}  # None: the catalog has no such item
        self._lock = threading.Lock()

    def refresh(self) -> None:
        """Forget what has changed. One round trip, 0.1 ms."""
        with self._lock, connection.cursor() as cursor:
            cursor.execute(_CHANGES, {"shop": self._shop_id, "since": self._since})
            self._since, changed = cursor.fetchone()
            if changed:
                gone = set(changed)
                self._known = {item_id: known for item_id, known in self._known.items() if item_id not in gone}

    def labels(self, item_ids: Collection[str]) -> dict[str, ServableItem]:
        """Those of `item_ids` that the catalog has or had, servable or not."""
        return {item_id: known.item for item_id, known in self._found(item_ids)}

    def servable(
        self,
        item_ids: Collection[str],
        *,
        filters: ItemFilters = NO_FILTERS,
        unwanted: Unwanted = NOTHING_UNWANTED,
    ) -> dict[str, ServableItem]:
        """Those of `item_ids` that may be shown now: in stock, not deleted, wanted, passing the filters."""
        hidden = unwanted.item_ids | unwanted.with_variants
        groups = self._groups(unwanted.with_variants)
        found = {
            item_id: known.item
            for item_id, known in self._found(item_ids)
            if known.is_servable and item_id not in hidden and known.item.group_id not in groups
        }
        if filters.expression is None:
            return found
        passes: Callable[[ServableItem], bool] = passing(filters, now=clock.now())
        return {item_id: item for item_id, item in found.items() if passes(item)}

    def _groups(self, item_ids: Collection[str]) -> set[str]:
        return {known.item.group_id for _, known in self._found(item_ids)} - {""} if item_ids else set()

    def _found(self, item_ids: Collection[str]) -> Iterator[tuple[str, _Known]]:
        known = self._known
        found = {item_id: known[item_id] for item_id in item_ids if item_id in known}
        if len(found) < len(item_ids):
            missing = [item_id for item_id in item_ids if item_id not in found]
            found |= self._read(missing)
        for item_id, entry in found.items():
            if entry is not None:
                yield item_id, entry

    def _read(self, item_ids: list[str]) -> dict[str, _Known | None]:
        read: dict[str, _Known | None] = dict.fromkeys(item_ids)
        with self._lock:  # what is read must not be older than the question after which it is remembered
            read |= {item.item_id: _Known(item, servable) for item, servable in stored_items(self._shop_id, item_ids)}
            if not connection.in_atomic_block:  # what this transaction wrote may be undone, and nobody would tell
                self._remember(read)
        return read

    def _remember(self, read: dict[str, _Known | None]) -> None:
        if len(self._known) + len(read) > MAX_ITEMS:  # a new dict: others may be reading the one before
            self._known = dict(islice(self._known.items(), MAX_ITEMS // 2, None))
        self._known.update(read)


_shelves: OrderedDict[int, Shelf] = OrderedDict()
_shelves_lock = threading.Lock()


def shelf_of_now(shop_id: int) -> Shelf:
    """The shop's items as the database has them now."""
    with _shelves_lock:
        shelf = _shelves.setdefault(shop_id, Shelf(shop_id))
        _shelves.move_to_end(shop_id)
        if len(_shelves) > MAX_SHELVES:
            _shelves.popitem(last=False)
    shelf.refresh()
    return shelf
