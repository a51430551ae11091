"""Taking out of the catalog what a feed of the whole catalog no longer names.

It is meant to be hard to do by mistake. A row that is refused names its item all the same. Nothing goes where a row
does not tell which item it names (a feed that was cut off ends in one), where no row was taken, or where more would go
than `MAX_SHARE_REMOVED` of the catalog and nobody agreed to as many. What came since the feed was made stays.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from dashboard.accounts.models import Shop, User
from dashboard.accounts.services import record_audit
from dashboard.catalog.models import Item
from dashboard.catalog.selectors import current_items
from dashboard.catalog.services.items import lock_catalog
from dashboard.core import clock
from dashboard.core.imports import ImportReport, Removal
from dashboard.core.rows import Addition, Rows
from dashboard.core.verdicts import Rejection

MAX_SHARE_REMOVED = 0.2  # of the catalog; more needs somebody's word
SAMPLE_ITEMS = 10
ITEMS_AT_A_TIME = 5000


@dataclass(frozen=True)
class RemovalWish:
    """Somebody wants to have taken out what a feed no longer names.

    `since`: when the feed was made or came; items that were written later stay. `agreed_to`: as many may go, however
    large a share they are. `looking` is told before the catalog is gone through.
    """

    since: datetime
    agreed_to: int = 0
    actor: User | None = None
    label: str = ""
    subject: str = ""
    looking: Callable[[], object] = lambda: None


class WholeFeed:
    """A feed that names the whole catalog: remembers the ids on the way (60 bytes each), and removes at the end."""

    def __init__(self, shop: Shop, wish: RemovalWish, *, dry_run: bool) -> None:
        self._shop, self._wish, self._dry_run = shop, wish, dry_run
        self._named: set[int] = set()  # hashes: two ids with the same one keep an item that could go
        self._unreadable = 0
        # what the feed itself adds is no part of the share
        self._known = current_items(shop.pk).count()

    def rows(self, rows: Rows) -> Rows:
        """The same rows, listened to."""
        for line, row in rows:
            item_id = row.get("item_id") if isinstance(row, dict) else row.thing if isinstance(row, Rejection) else ""
            if isinstance(row, Addition):
                pass
            elif isinstance(item_id, str) and item_id:
                self._named.add(hash(item_id))
            else:
                self._unreadable += 1
            yield line, row

    def finish(self, report: ImportReport) -> None:
        """Take out what was not named, and say so in the report."""
        if self._unreadable:
            report.removal = Removal("unreadable", unreadable=self._unreadable)
        elif not report.accepted:
            report.removal = Removal("empty")
        else:
            self._wish.looking()
            report.removal = self._removal()

    @transaction.atomic
    def _removal(self) -> Removal:
        if not self._dry_run:
            lock_catalog(self._shop)
        known = min(self._known, current_items(self._shop.pk).filter(created_at__lt=self._wish.since).count())
        keys, sample = self._missing()
        outcome = "previewed" if self._dry_run else "removed"
        if len(keys) > max(MAX_SHARE_REMOVED * known, self._wish.agreed_to):
            outcome = "too_many"
        elif not self._dry_run:
            self._take_out(keys)
        return Removal(outcome, len(keys), known, sample=sample)

    def _missing(self) -> tuple[list[int], list[dict[str, str]]]:
        """(keys of the items that the feed does not name, some of them for people)."""
        items = current_items(self._shop.pk).filter(updated_at__lt=self._wish.since).order_by("pk")
        keys: list[int] = []
        sample: list[dict[str, str]] = []
        for key, item_id, title in items.values_list("pk", "item_id", "title").iterator(ITEMS_AT_A_TIME):
            if hash(item_id) in self._named:
                continue
            keys.append(key)
            if len(sample) < SAMPLE_ITEMS:
                sample.append({"item_id": item_id, "title": title})
        return keys, sample

    def _take_out(self, keys: list[int]) -> None:
        if not keys:
            return
        now = clock.now()
        for start in range(0, len(keys), ITEMS_AT_A_TIME):
            some = Item.objects.filter(shop=self._shop, pk__in=keys[start : start + ITEMS_AT_A_TIME])
            some.update(deleted_at=now, updated_at=now)
        record_audit(
            shop=self._shop,
            actor=self._wish.actor,
            action="catalog.missing_removed",
            subject=self._wish.subject,
            label=self._wish.label,
            items=len(keys),
        )
