"""What an entry of a Google Merchant feed says, be it of a table or of XML."""

from decimal import Decimal
from typing import Any

from dashboard.catalog.feeds.plain import split_categories
from dashboard.core.rows import Row
from dashboard.core.verdicts import Rejection

_NAMES = {
    "id": "item_id",
    "title": "title",
    "description": "description",
    "link": "url",
    "image_link": "image_url",
    "brand": "brand",
    "item_group_id": "group_id",
}
_AVAILABLE = frozenset({"in_stock", "preorder", "backorder"})  # what can be ordered now
_HANDLED = {*_NAMES, "price", "sale_price", "availability", "product_type", "google_product_category"}


def google_item(row: Row) -> Row:
    """An entry of a Google feed as an item. Raises `Rejection` with the attribute's name."""
    entry = {key.strip().lower().replace(" ", "_").removeprefix("g:"): value for key, value in row.items()}
    item = {ours: entry[theirs] for theirs, ours in _NAMES.items() if theirs in entry}
    if price := entry.get("sale_price") or entry.get("price"):
        item["price"], item["currency"] = _price(price)
    if "availability" in entry:
        item["in_stock"] = str(entry["availability"]).strip().lower().replace(" ", "_") in _AVAILABLE
    if kind := entry.get("product_type") or entry.get("google_product_category"):
        item["categories"] = split_categories(kind)
    if rest := {key: value for key, value in entry.items() if key not in _HANDLED and key}:
        item["attributes"] = rest
    return item


def _price(text: Any) -> tuple[Decimal, str]:
    number, _, code = str(text).strip().partition(" ")
    try:
        return Decimal(number), code.strip()
    except ArithmeticError:
        raise Rejection(
            "wrong_type", "%(field)s must be a number and a currency, such as 12.50 GBP.", field="price"
        ) from None
