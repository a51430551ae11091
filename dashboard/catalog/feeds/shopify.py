"""Shopify's product CSV: one row a variant; what a product's first row says counts for its other rows."""

import re
from html import unescape

from dashboard.catalog.feeds.plain import amount, yes_or_no
from dashboard.core.rows import Row

_TAG = re.compile(r"<[^<>]{0,2000}>")
_SHARED = ("Title", "Body (HTML)", "Vendor", "Product Category", "Type", "Tags", "Published", "Status", "Image Src")


class ShopifyReader:
    """Reads rows in order; remembers only the current product."""

    def __init__(self) -> None:
        self._handle = ""
        self._product: Row = {}

    def item(self, row: Row) -> Row | None:
        """The variant of this row, or None where the row only adds a picture. Raises `Rejection`."""
        handle = row.get("Handle", "")
        if handle != self._handle:
            self._handle, self._product = handle, {}
        self._product |= {name: row[name] for name in _SHARED if name in row and name not in self._product}
        options = [row[f"Option{number} Value"] for number in (1, 2, 3) if row.get(f"Option{number} Value")]
        if not options and "Variant Price" not in row and "Title" not in row:
            return None
        options = [option for option in options if option != "Default Title"]
        return self._variant(row, handle, options)

    def _variant(self, row: Row, handle: str, options: list[str]) -> Row:
        product = self._product
        item: Row = {
            "item_id": row.get("Variant SKU", "").lstrip("'") or "-".join([handle, *options]),
            "title": " · ".join([product.get("Title", ""), *options]).strip(" ·"),
            "description": plain_text(product.get("Body (HTML)", "")),
            "brand": product.get("Vendor", ""),
            "categories": _categories(product),
            "group_id": handle,
            "in_stock": _in_stock(row, product),
        }
        if "Variant Price" in row:
            item["price"] = amount("Variant Price", row["Variant Price"])
        if image := row.get("Variant Image") or product.get("Image Src"):
            item["image_url"] = image
        if tags := [tag.strip() for tag in product.get("Tags", "").split(",") if tag.strip()]:
            item["attributes"] = {"tags": tags}
        return item


def plain_text(html: str) -> str:
    """Markup out, spaces tidied."""
    return " ".join(unescape(_TAG.sub(" ", html)).split())


def _categories(product: Row) -> list[str]:
    if path := product.get("Product Category"):
        return [part.strip() for part in path.split(">") if part.strip()]
    return [product["Type"]] if product.get("Type") else []


def _in_stock(row: Row, product: Row) -> bool:
    if product.get("Status", "active").lower() != "active":
        return False
    if "Published" in product and not yes_or_no("Published", product["Published"]):
        return False
    tracked = bool(row.get("Variant Inventory Tracker")) and row.get("Variant Inventory Policy", "deny") == "deny"
    quantity = row.get("Variant Inventory Qty", "")
    return not (tracked and quantity.lstrip("-").isdigit() and int(quantity) <= 0)
