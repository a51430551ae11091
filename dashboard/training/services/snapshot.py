"""Export what a run learns from: the interactions and items of one shop, as Parquet for the library's command line."""

import tempfile
from pathlib import Path
from typing import Any

from django.db import connection
from django.db.models import (
    Count,
    DecimalField,
    ExpressionWrapper,
    F,
    FloatField,
    Func,
    JSONField,
    QuerySet,
)
from django.db.models.functions import Coalesce

from dashboard.accounts.models import Shop
from dashboard.catalog.models import Item
from dashboard.training.learnt_rows import Bounds, within

# COPY as CSV and pyarrow: 1.3 million rows a second before they are sorted; the CSV lies on disk, not in memory.
ROWS_PER_SECOND = 200_000
EVERYTHING = Bounds()

# By the names that Arrow gives them.
_INTERACTION_TYPES = {
    "visitor_id": "string",
    "item_id": "string",
    "timestamp": "double",
    "event_type": "string",
    "value": "double",
    "simulated": "bool",
}
_ITEM_TYPES = {
    "item_id": "string",
    "title": "string",
    "description": "string",
    "categories": "string",
    "brand": "string",
    "price": "double",
    "image_url": "string",
    "group_id": "string",
    "published_at": "double",
    "in_stock": "bool",
}


def counts(*, shop: Shop, bounds: Bounds = EVERYTHING) -> dict[str, int]:
    """How many {interactions, visitors, items} a snapshot would hold."""
    rows = within(shop, bounds)
    found = rows.aggregate(interactions=Count("pk"), visitors=Count("visitor_id", distinct=True))
    return {**found, "items": _catalog(shop).count()}


def export_snapshot(*, shop: Shop, folder: Path, bounds: Bounds = EVERYTHING) -> None:
    """Write `interactions.parquet` and `items.parquet` into `folder`, which appears whole or not at all.

    Rows stand in the order in which they were stored: the same rows make the same file.

    A folder that is there already is kept: a later attempt of a run learns from the same snapshot, so that its
    checkpoint fits. `simulated` marks rows of simulated shoppers.
    """
    if folder.exists():
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".snapshot-") as name:
        incoming = Path(name) / "snapshot"
        incoming.mkdir()
        _export(_interactions(shop, bounds), _INTERACTION_TYPES, incoming / "interactions.parquet")
        _export(_items(shop), _ITEM_TYPES, incoming / "items.parquet")
        incoming.rename(folder)


def _catalog(shop: Shop) -> QuerySet[Item]:
    return Item.objects.filter(shop=shop, deleted_at__isnull=True, is_merchandise=True)


def _interactions(shop: Shop, bounds: Bounds) -> QuerySet[Any, Any]:
    line_value = ExpressionWrapper(F("price") * F("quantity"), DecimalField())
    return (
        within(shop, bounds)
        .order_by("pk")
        .values_list(
            "visitor_id", "item_id", _seconds("timestamp"), "type", Coalesce(line_value, F("value")), "simulated"
        )
    )


def _items(shop: Shop) -> QuerySet[Any, Any]:
    categories = Func(F("categories"), function="to_json", output_field=JSONField())
    return (
        _catalog(shop)
        .order_by("item_id")
        .values_list(
            "item_id",
            "title",
            "description",
            categories,
            "brand",
            "price",
            "image_url",
            "group_id",
            _seconds("published_at"),
            "in_stock",
        )
    )


def _seconds(column: str) -> Func:
    return Func(F(column), template="extract(epoch FROM %(expressions)s)", output_field=FloatField())


def _export(rows: QuerySet[Any, Any], types: dict[str, str], path: Path) -> None:
    """`rows` in the order of `types`."""
    from dashboard.training.services.snapshot_files import write_parquet  # Arrow: 40 MB that a web process never needs

    query, parameters = rows.query.sql_with_params()
    with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".csv") as text, connection.cursor() as cursor:
        sql = cursor.mogrify(query, parameters).decode()
        cursor.copy_expert(f"COPY ({sql}) TO STDOUT WITH (FORMAT csv)", text)
        text.flush()
        write_parquet(Path(text.name), types, path)
