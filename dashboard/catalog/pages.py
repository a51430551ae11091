"""What the catalog page shows: is it complete, and what is in it?"""

from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from dashboard.accounts.models import Shop
from dashboard.catalog import selectors
from dashboard.catalog.models import Item

ITEMS_A_PAGE = 50
#: What an item lacks, in words, by the keys of `selectors.LACKS`.
LACK_WORDS: dict[str, str | Promise] = {
    "title": _("without a title"),
    "category": _("without a category"),
    "price": _("without a price"),
    "image": _("without a picture"),
    "stock": _("out of stock"),
}


@dataclass(frozen=True)
class Lack:
    """One kind of gap with its count, and the filter that shows the items."""

    key: str
    words: str | Promise
    count: int


@dataclass(frozen=True)
class CatalogPage:
    """The page: `asked` is the search as it was typed."""

    health: selectors.CatalogHealth
    lacks: list[Lack]
    items: Page[Item]
    asked: dict[str, Any]

    @property
    def complete_share(self) -> float:
        return self.health.complete / self.health.items if self.health.items else 0.0


def catalog_page(shop: Shop, *, text: str, lacking: str, page: str) -> CatalogPage:
    health = selectors.catalog_health(shop.pk)
    found = selectors.matching_items(shop.pk, text=text[:200], lacking=lacking).order_by("title", "item_id")
    lacks = [Lack(key, words, health.lacking[key]) for key, words in LACK_WORDS.items()]
    return CatalogPage(health, lacks, Paginator(found, ITEMS_A_PAGE).get_page(page), {"q": text, "lacking": lacking})
