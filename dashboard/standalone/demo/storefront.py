"""What the pages of the front show: categories, items of one, an item."""

from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator
from django.utils.text import slugify

from dashboard.accounts.models import Shop
from dashboard.catalog import selectors as catalog
from dashboard.catalog.selectors import category_counts
from dashboard.core import errors

ITEMS_A_PAGE = 24
CATEGORIES_SHOWN = 12


@dataclass(frozen=True)
class Category:
    """A category with an item that stands for it."""

    slug: str
    name: str
    count: int
    item: Any = None


def categories(shop: Shop) -> list[Category]:
    """The largest ones."""
    counts = category_counts(shop.pk)[:CATEGORIES_SHOWN]
    return [Category(slugify(name), name, count) for name, count in counts if slugify(name)]


def with_pictures(shop: Shop, found: list[Category]) -> list[Category]:
    """Each with its first item, whose picture the front shows."""
    firsts = {category.name: _items(shop, category.name).first() for category in found}
    return [Category(entry.slug, entry.name, entry.count, firsts[entry.name]) for entry in found]


def items_of(shop: Shop, slug: str, page: str) -> tuple[Category, Page[Any]]:
    """Raises `NotFound`."""
    category = next((entry for entry in categories(shop) if entry.slug == slug), None)
    if category is None:
        raise errors.NotFound("There is no such category in this shop.")
    return category, Paginator(_items(shop, category.name), ITEMS_A_PAGE).get_page(page)


def item(shop: Shop, item_id: str) -> Any:
    """Raises `NotFound`."""
    return catalog.item(shop.pk, item_id)


def _items(shop: Shop, category: str) -> Any:
    return catalog.servable_items(shop.pk).filter(categories__contains=[category]).order_by("-published_at", "item_id")
