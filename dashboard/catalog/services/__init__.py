"""Writes: items, feeds, imports, scheduled feeds."""

from dashboard.catalog.services.corrections import CORRECTABLE, MAX_AT_ONCE, correct_items, take_correction_back
from dashboard.catalog.services.feeds import import_items
from dashboard.catalog.services.imports import import_previewed, receive_upload, run_import, sweep_imports
from dashboard.catalog.services.items import delete_item, preview_items, update_item, upsert_items
from dashboard.catalog.services.merchandise import note_merchandise, say_merchandise
from dashboard.catalog.services.removal import MAX_SHARE_REMOVED, RemovalWish
from dashboard.catalog.services.sources import (
    add_feed_source,
    fetch_now,
    pause_feed_source,
    remove_feed_source,
    start_due_feeds,
)

__all__ = [
    "CORRECTABLE",
    "MAX_AT_ONCE",
    "MAX_SHARE_REMOVED",
    "RemovalWish",
    "add_feed_source",
    "correct_items",
    "delete_item",
    "fetch_now",
    "import_items",
    "import_previewed",
    "note_merchandise",
    "pause_feed_source",
    "preview_items",
    "receive_upload",
    "remove_feed_source",
    "run_import",
    "say_merchandise",
    "start_due_feeds",
    "sweep_imports",
    "take_correction_back",
    "update_item",
    "upsert_items",
]
