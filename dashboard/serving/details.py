"""What a page needs to draw the items of a slate, for callers that have no catalog at hand: browsers."""

from typing import Any

from dashboard.accounts.models import Shop
from dashboard.catalog.models import Item
from dashboard.catalog.selectors import items_by_ids
from dashboard.core.pictures import picture_address


def add_details(shop: Shop, slates: list[dict[str, Any]]) -> None:
    """Give every item of these answers (`Slate.as_answer`) its `details`, in place; one query for them all."""
    items = items_by_ids(shop.pk, {row["item_id"] for slate in slates for row in slate["items"]})
    for slate in slates:
        for row in slate["items"]:
            row["details"] = _details(shop, items[row["item_id"]]) if row["item_id"] in items else None


def _details(shop: Shop, item: Item) -> dict[str, Any]:
    return {
        "title": item.title,
        "url": item.url,
        "image_url": item.image_url,
        "picture": picture_address(item.title or item.item_id, item.categories),
        "price": None if item.price is None else str(item.price),
        "currency": item.currency or shop.currency,
        "brand": item.brand,
        "category": item.categories[0] if item.categories else "",
    }
