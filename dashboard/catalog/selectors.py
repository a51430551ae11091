"""Reads: items by id, what may be shown, a page of the catalog, its health."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import BooleanField, Count, Q, QuerySet
from django.db.models.expressions import RawSQL

from dashboard.catalog.filters import NO_FILTERS, ItemFilters
from dashboard.catalog.models import Item
from dashboard.catalog.search import with_words
from dashboard.core import errors
from dashboard.core.keyset import no_cursor

SAID = (Item.Merchandise.SOLD, Item.Merchandise.BOOKED)  # by a merchant, whether an item is merchandise


def category_counts(shop_id: int) -> list[tuple[str, int]]:
    """(category, items that may be shown) of every first category, the largest first."""
    rows = servable_items(shop_id).exclude(categories=[]).values_list("categories__0")
    return list(rows.annotate(count=Count("pk")).order_by("-count", "categories__0"))


def items_by_ids(shop_id: int, ids: Iterable[str]) -> dict[str, Item]:
    """Items by their id, deleted ones too (see `deleted_at`); ids that the catalog lacks are left out."""
    return {item.item_id: item for item in Item.objects.filter(shop_id=shop_id, item_id__in=list(ids))}


def numbers_of_items(shop_id: int, numbers: Collection[int]) -> set[int]:
    """Those of these row numbers that are items of the catalog now."""
    return set(current_items(shop_id).filter(pk__in=numbers).values_list("pk", flat=True))


def last_change(shop_id: int) -> int:
    """The transaction that changed the catalog last: another one says that it is not as it was. Costs one look at an
    index."""
    newest = Item.objects.filter(shop_id=shop_id).order_by("-changed_in").values_list("changed_in", flat=True)
    return newest.first() or 0


def items_since(shop_id: int, moment: datetime) -> int:
    """How many items of now came into the catalog after a moment."""
    return current_items(shop_id).filter(created_at__gt=moment).count()


def current_items(shop_id: int) -> QuerySet[Item]:
    """The catalog: everything that is not deleted."""
    return Item.objects.filter(shop_id=shop_id, deleted_at__isnull=True)


def servable_items(shop_id: int) -> QuerySet[Item]:
    """What may be shown at all: in the catalog and in stock."""
    return current_items(shop_id).filter(in_stock=True, is_merchandise=True)


def noted_items(shop_id: int) -> QuerySet[Item]:
    """Items that are or may be no merchandise, and those of which the merchant has said something."""
    return current_items(shop_id).exclude(merchandise="")


def unsaid_items(shop_id: int) -> QuerySet[Item]:
    """Items of which no merchant has said whether they are merchandise."""
    return current_items(shop_id).exclude(merchandise__in=SAID)


def item(shop_id: int, item_id: str) -> Item:
    """One item. Raises `NotFound`, also for another shop's."""
    found = current_items(shop_id).filter(item_id=item_id).first()
    if found is None:
        raise errors.NotFound("There is no such item in this shop.")
    return found


def corrected_items(shop_id: int) -> QuerySet[Item]:
    """Items of which a person corrected something."""
    return current_items(shop_id).exclude(corrections={})


def matching_items(
    shop_id: int,
    *,
    text: str = "",
    item_id: str = "",
    category: str = "",
    brand: str = "",
    group_id: str = "",
    lacking: str = "",
    filters: ItemFilters = NO_FILTERS,
) -> QuerySet[Item]:
    """The catalog, filtered. `text`: every word begins one of title, brand or id. `lacking`: one of `LACKS`, or
    `CORRECTED`."""
    found = with_words(current_items(shop_id), shop_id, text)
    if item_id:
        found = found.filter(item_id=item_id)
    if category:
        found = found.filter(categories__contains=[category])
    if brand:
        found = found.filter(brand__iexact=brand)
    if group_id:
        found = found.filter(group_id=group_id)
    if lacking == CORRECTED:
        found = found.exclude(corrections={})
    if lacking in LACKS:
        found = found.filter(LACKS[lacking])
    if (asked := filters.condition()) is not None:
        found = found.filter(RawSQL(asked.sql, asked.parameters, BooleanField()))  # noqa: S611 -- values are parameters
    return found


def page_of_items(shop_id: int, *, limit: int, after: str = "", **filters: Any) -> tuple[list[Item], str | None]:
    """Items after an id, in the order of ids, and the id to go on from (None at the end). Filters as above."""
    found = list(matching_items(shop_id, **filters).filter(item_id__gt=after).order_by("item_id")[: limit + 1])
    return found[:limit], found[limit - 1].item_id if len(found) > limit else None


ITEM_COLUMNS = (
    "item_id", "title", "description", "categories", "brand", "price", "currency", "image_url", "url", "group_id",
    "published_at", "in_stock", "attributes", "created_at", "updated_at",
)  # fmt: skip
_MARK = "~"


def item_page(shop_id: int, *, after: str, limit: int) -> list[dict[str, Any]]:
    """Rows of `ITEM_COLUMNS` with `cursor`, in the order of ids, from after a cursor on.

    A cursor is the id behind a mark, so that none looks like a formula to a spreadsheet. Raises `Invalid` for others.
    """
    if after and not after.startswith(_MARK):
        raise no_cursor("after")
    last = after.removeprefix(_MARK).replace("\x00", "")
    rows = current_items(shop_id).filter(item_id__gt=last).order_by("item_id")
    return [{**row, "cursor": _MARK + row["item_id"]} for row in rows.values(*ITEM_COLUMNS)[:limit]]


#: What an item may lack that recommendations are better with.
LACKS: dict[str, Q] = {
    "title": Q(title=""),
    "category": Q(categories=[]),
    "price": Q(price__isnull=True),
    "image": Q(image_url=""),
    "stock": Q(in_stock=False),
}


CORRECTED = "corrected"
_COMPLETE = ~(LACKS["title"] | LACKS["category"] | LACKS["price"])


@dataclass(frozen=True)
class CatalogCounts:
    """How many items there are, may be shown, have no category, and may be no merchandise (nobody has said)."""

    items: int
    servable: int
    uncategorised: int
    booked: int


def catalog_counts(shop_id: int) -> CatalogCounts:
    """By one look at the catalog."""
    counts = current_items(shop_id).aggregate(
        items=Count("pk"),
        servable=Count("pk", filter=~LACKS["stock"] & Q(is_merchandise=True)),
        uncategorised=Count("pk", filter=LACKS["category"]),
        booked=Count("pk", filter=Q(merchandise__in=[Item.Merchandise.FOUND, Item.Merchandise.DOUBTFUL])),
    )
    return CatalogCounts(**counts)


@dataclass(frozen=True)
class CatalogHealth:
    """How many items there are, how many have title, category and price, and how many lack what (keys of `LACKS`)."""

    items: int
    complete: int
    lacking: dict[str, int]


def catalog_health(shop_id: int) -> CatalogHealth:
    counts: dict[str, Any] = current_items(shop_id).aggregate(
        items=Count("pk"),
        complete=Count("pk", filter=_COMPLETE),
        **{f"lacking_{key}": Count("pk", filter=lack) for key, lack in LACKS.items()},
    )
    return CatalogHealth(counts["items"], counts["complete"], {key: counts[f"lacking_{key}"] for key in LACKS})
