"""Shopify's product CSV, of the old template and the new: one row a variant, more rows for more pictures.

The rows of a product have the same handle and follow each other; what its first row says counts for the others.
"""

import re
from collections.abc import Iterator, Sequence
from html import unescape
from itertools import groupby
from operator import itemgetter

from dashboard.catalog.feeds.plain import amount, yes_or_no
from dashboard.core.rows import Addition, Row, Rows
from dashboard.core.verdicts import Rejection

MAX_PICTURES = 50
MAX_VARIANTS = 2048  # Shopify's own limit
_TAG = re.compile(r"<[^<>]{0,2000}>")
#: Columns that say something of a variant, beside those that its product's rows share and its options.
_OWN = frozenset(
    {"Handle", "Variant SKU", "Variant Price", "Variant Compare At Price", "Variant Image", "Image Src"}
    | {"Variant Inventory Policy", "Variant Inventory Qty", "Variant Inventory Tracker"}
)
_SHARED = ("Title", "Body (HTML)", "Vendor", "Product Category", "Type", "Tags", "Published", "Status")
#: The columns of the newer template, in lower case, under their older names.
_OLDER_NAMES = {
    "url handle": "Handle",
    "description": "Body (HTML)",
    "product category": "Product Category",
    "published on online store": "Published",
    "sku": "Variant SKU",
    "barcode": "Variant Barcode",
    "price": "Variant Price",
    "compare-at price": "Variant Compare At Price",
    "inventory tracker": "Variant Inventory Tracker",
    "inventory quantity": "Variant Inventory Qty",
    "continue selling when out of stock": "Variant Inventory Policy",
    "product image url": "Image Src",
    "variant image url": "Variant Image",
    **{f"option{number} value": f"Option{number} Value" for number in (1, 2, 3)},
    **{f"option{number} name": f"Option{number} Name" for number in (1, 2, 3)},
}


def is_shopify(columns: set[str]) -> bool:
    """Whether a table with these columns is a product CSV."""
    return {"Handle", "Title"} <= {_OLDER_NAMES.get(column.lower(), column) for column in columns}


def columns_not_read(columns: Sequence[str]) -> list[str]:
    """Columns of a product CSV whose values are dropped."""
    options = {f"Option{number} {part}" for number in (1, 2, 3) for part in ("Name", "Value")}
    read = {*_OWN, *_SHARED, *options}
    return [column for column in columns if _OLDER_NAMES.get(column.lower(), column) not in read]


def shopify_items(rows: Rows) -> Rows:
    """The variants as items. Rows that only add a picture are no items; bad rows are `Rejection`s."""
    for _, product_rows in groupby(_with_handles(rows), key=itemgetter(0)):
        yield from _product_items((line, row) for _, line, row in product_rows)


def _with_handles(rows: Rows) -> Iterator[tuple[str, int, Row | Rejection | Addition]]:
    """A row that cannot be read belongs to the product before, and does not end it."""
    handle = ""
    for line, row in rows:
        if isinstance(row, dict):
            row = _with_older_names(row)
            handle = row.get("Handle", "")
        yield handle, line, row


def _with_older_names(row: Row) -> Row:
    return {_OLDER_NAMES.get(column.lower(), column): value for column, value in row.items()}


def _product_items(rows: Rows) -> Rows:
    product: Row = {}
    pictures: list[str] = []
    variants: list[tuple[int, Row]] = []
    for line, row in rows:
        if not isinstance(row, dict):
            yield line, row
            continue
        product |= {name: row[name] for name in _SHARED if name in row and name not in product}
        if "Image Src" in row and len(pictures) < MAX_PICTURES and row["Image Src"] not in pictures:
            pictures.append(row["Image Src"])
        if len(variants) == MAX_VARIANTS:
            limit = MAX_VARIANTS
            yield (
                line,
                Rejection("too_many_variants", "A product may have %(limit)s rows.", thing=_item_id(row), limit=limit),
            )
        elif _is_variant(row):
            variants.append((line, row))
        else:
            yield line, Addition()
    for line, row in variants:
        try:
            yield line, _variant(row, product, pictures)
        except Rejection as reason:
            reason.thing = _item_id(row)
            yield line, reason.about(product | row, "")


def _is_variant(row: Row) -> bool:
    return bool("Variant Price" in row or "Title" in row or _options(row))


def _options(row: Row) -> list[str]:
    return [row[f"Option{number} Value"] for number in (1, 2, 3) if row.get(f"Option{number} Value")]


def _item_id(row: Row) -> str:
    """The article number, or else the product's handle with the variant's options; empty where there is no handle."""
    handle = row.get("Handle", "")
    return handle and (row.get("Variant SKU", "").lstrip("'") or "-".join([handle, *_named_options(row)]))


def _named_options(row: Row) -> list[str]:
    return [option for option in _options(row) if option != "Default Title"]


def _variant(row: Row, product: Row, pictures: list[str]) -> Row:
    handle = row.get("Handle", "")
    if not handle:
        raise Rejection("missing_field", "%(field)s is missing.", field="Handle")
    options = _named_options(row)
    item: Row = {
        "item_id": _item_id(row),
        "title": " · ".join([product.get("Title", ""), *options]).strip(" ·"),
        "description": plain_text(product.get("Body (HTML)", "")),
        "brand": product.get("Vendor", ""),
        "categories": _categories(product),
        "group_id": handle,
        "in_stock": _in_stock(row, product),
    }
    if "Variant Price" in row:
        item["price"] = amount("Variant Price", row["Variant Price"])
    if image := row.get("Variant Image") or next(iter(pictures), ""):
        item["image_url"] = image
    if attributes := _attributes(row, product, pictures[1:]):
        item["attributes"] = attributes
    return item


def _attributes(row: Row, product: Row, more_pictures: list[str]) -> Row:
    attributes: Row = {}
    if tags := [tag.strip() for tag in product.get("Tags", "").split(",") if tag.strip()]:
        attributes["tags"] = tags
    if "Variant Compare At Price" in row:
        before = amount("Variant Compare At Price", row["Variant Compare At Price"])
        attributes["compare_at_price"] = float(before)
    if more_pictures:
        attributes["additional_images"] = more_pictures
    return attributes


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
    sells_on = row.get("Variant Inventory Policy", "deny").lower() in ("continue", "true", "yes")
    quantity = row.get("Variant Inventory Qty", "")
    is_tracked = bool(row.get("Variant Inventory Tracker")) and not sells_on
    return not (is_tracked and quantity.lstrip("-").isdigit() and int(quantity) <= 0)
