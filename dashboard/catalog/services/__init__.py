"""Writes: items and feeds."""

from dashboard.catalog.services.feeds import import_items, import_uploaded_items
from dashboard.catalog.services.items import delete_item, update_item, upsert_items

__all__ = ["delete_item", "import_items", "import_uploaded_items", "update_item", "upsert_items"]
