"""The items that serving looks at, remembered by each process, and never stale.

Reading 200 candidates from the database costs 3 ms of CPU, as much as all else of a slate. So a process remembers the
items that it has read. Every row of `catalog_item` carries the transaction that changed it last (a trigger sees to
that, whoever writes); before each slate one query asks for what changed since the question before, and those are
forgotten. It rests on this: a transaction that was not yet visible then has an id of at least that snapshot's xmin.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Hashable
from itertools import islice

from django.db import connection

from dashboard.catalog.filters import NO_FILTERS, ItemFilters
from dashboard.catalog.servable import NOTHING_UNWANTED, ServableItem, Unwanted, passing, stored_items
from dashboard.core import clock
from dashboard.core.prepared import Prepared

MAX_CACHES = 50
MAX_SELECTED = 40_000  # ids of a shop in what rules and filters were seen to leave: 3 MB
MAX_ITEMS = 20_000  # of one shop; with 1.2 KB each the largest share of a web process that a big shop takes
_UNREAD = 2**62

#: What `ItemCache.learn` is told of the shop `{shop}`, one row of two texts: a statement of others may ask it along.
#: Which rows have changed is asked only where some have, because a plan for that cannot be kept: it depends on when.
STATE_COLUMNS = """
    pg_snapshot_xmin(pg_current_snapshot())::text,
    coalesce((SELECT max(changed_in) FROM catalog_item WHERE shop_id = {shop}), 0)::text
"""
_STATE = Prepared("forage_item_cache_state", "bigint", "SELECT " + STATE_COLUMNS.format(shop="$1"))
_CHANGES = """
    SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint,
        ARRAY(SELECT item_id FROM catalog_item WHERE shop_id = %(shop)s AND changed_in >= %(since)s
              AND changed_in < pg_snapshot_xmax(pg_current_snapshot())::text::bigint)
"""


class ItemCache:
    """One shop's items as of the last `refresh`; found by `item_cache_of`."""

    def __init__(self, shop_id: int) -> None:
        self._shop_id = shop_id
        self._since = _UNREAD
        self._known: dict[str, ServableItem | None] = {}  # None: the catalog has no such item
        self._shown: dict[str, ServableItem | None] = {}  # the same items; None also of those that cannot be sold now
        self._selected: dict[Hashable, tuple[str, ...] | None] = {}
        self._lock = threading.Lock()

    def refresh(self) -> None:
        """Forget what has changed. One round trip, 0.1 ms; a second one where something has."""
        ((oldest_running, newest_change),) = _STATE.rows([self._shop_id])
        self.learn(oldest_running, newest_change)

    def learn(self, oldest_running: str, newest_change: str) -> None:
        """Forget what has changed, given what STATE_COLUMNS said a moment ago.

        Without the lock until here: whatever is remembered by now was read before that answer, and then is among the
        changes that it tells of, or after it.
        """
        since = int(oldest_running)
        with self._lock:
            if self._since == _UNREAD:
                self._since = since
            elif int(newest_change) >= self._since:
                self._forget_changes()
            else:
                self._since = max(self._since, since)

    def _forget_changes(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(_CHANGES, {"shop": self._shop_id, "since": self._since})
            self._since, changed = cursor.fetchone()
        if changed:
            gone = set(changed)
            self._known = _without(gone, self._known)
            self._shown = _without(gone, self._shown)
            self._selected = {}

    def labels(self, item_ids: Collection[str]) -> dict[str, ServableItem]:
        """Those of `item_ids` that the catalog has or had, servable or not."""
        found = self._found(item_ids, shown=False)
        return {item_id: item for item_id, item in zip(item_ids, found, strict=True) if item is not None}

    def servable(
        self,
        item_ids: Collection[str],
        *,
        filters: ItemFilters = NO_FILTERS,
        unwanted: Unwanted = NOTHING_UNWANTED,
    ) -> dict[str, ServableItem]:
        """Those of `item_ids` that may be shown now: in stock, not deleted, wanted, passing the filters."""
        stored = zip(item_ids, self._found(item_ids, shown=True), strict=True)
        found = {item_id: item for item_id, item in stored if item is not None}
        for hidden in found.keys() & (unwanted.item_ids | unwanted.with_variants):
            del found[hidden]
        if groups := self._groups(unwanted.with_variants):
            found = {item_id: item for item_id, item in found.items() if item.group_id not in groups}
        if unwanted.brands or unwanted.categories:
            found = {
                item_id: item
                for item_id, item in found.items()
                if item.brand not in unwanted.brands and item.category not in unwanted.categories
            }
        if filters.expression is None:
            return found
        passes: Callable[[ServableItem], bool] = passing(filters, now=clock.now())
        return {item_id: item for item_id, item in found.items() if passes(item)}

    def selected(self, key: Hashable, read: Callable[[], tuple[str, ...] | None]) -> tuple[str, ...] | None:
        """What `read` answers of the catalog, remembered under `key` until anything in the catalog changes."""
        try:
            return self._selected[key]
        except KeyError:
            with self._lock:  # as in `_read`
                found = read()
                if not connection.in_atomic_block:
                    self._select(key, found)
            return found

    def _select(self, key: Hashable, found: tuple[str, ...] | None) -> None:
        """Remember it, and of the others the latest that there is room for."""
        kept, room = {key: found}, MAX_SELECTED - len(found or ()) - 1
        for other, item_ids in reversed(self._selected.items()):
            room -= len(item_ids or ()) + 1
            if room >= 0:
                kept[other] = item_ids
        self._selected = dict(reversed(kept.items()))

    def has_selected(self, key: Hashable) -> bool:
        return key in self._selected

    def _groups(self, item_ids: Collection[str]) -> set[str]:
        return {item.group_id for item in self.labels(item_ids).values()} - {""} if item_ids else set()

    def _found(self, item_ids: Collection[str], *, shown: bool) -> list[ServableItem | None]:
        """Each item of `item_ids`, in their order. 200 cost 6 µs where all are remembered."""
        known = self._shown if shown else self._known
        try:
            return [known[item_id] for item_id in item_ids]
        except KeyError:
            read = self._read([item_id for item_id in item_ids if item_id not in known])[shown]
            return [read[item_id] if item_id in read else known[item_id] for item_id in item_ids]

    def _read(self, item_ids: list[str]) -> tuple[dict[str, ServableItem | None], dict[str, ServableItem | None]]:
        """(what the catalog has of them, what of that may be shown)."""
        known: dict[str, ServableItem | None] = dict.fromkeys(item_ids)
        shown = known.copy()
        with self._lock:  # what is read must not be older than the question after which it is remembered
            for item, is_servable in stored_items(self._shop_id, item_ids):
                known[item.item_id] = item
                shown[item.item_id] = item if is_servable else None
            if not connection.in_atomic_block:  # what this transaction wrote may be undone, and nobody would tell
                self._remember(known, shown)
        return known, shown

    def _remember(self, known: dict[str, ServableItem | None], shown: dict[str, ServableItem | None]) -> None:
        if len(self._known) + len(known) > MAX_ITEMS:  # new dicts: others may be reading those before
            self._known = dict(islice(self._known.items(), MAX_ITEMS // 2, None))
            self._shown = {item_id: self._shown[item_id] for item_id in self._known}
        self._known.update(known)
        self._shown.update(shown)


def _without(gone: set[str], items: dict[str, ServableItem | None]) -> dict[str, ServableItem | None]:
    return {item_id: item for item_id, item in items.items() if item_id not in gone}


_caches: OrderedDict[int, ItemCache] = OrderedDict()
_caches_lock = threading.Lock()


def item_cache_of(shop_id: int) -> ItemCache:
    """For who lets it `learn` the state of now before anything else is asked of it."""
    with _caches_lock:
        item_cache = _caches.setdefault(shop_id, ItemCache(shop_id))
        _caches.move_to_end(shop_id)
        if len(_caches) > MAX_CACHES:
            _caches.popitem(last=False)
    return item_cache
