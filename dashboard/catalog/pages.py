"""What the catalog page shows: is it complete, and what is in it?"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from django.core.paginator import Page, Paginator
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from dashboard.accounts.models import Shop
from dashboard.catalog import selectors
from dashboard.catalog.models import Item
from dashboard.core import errors

ITEMS_A_PAGE = 50
#: What an item lacks, in words, by the keys of `selectors.LACKS`.
LACK_WORDS: dict[str, str | Promise] = {
    "title": _("without a title"),
    "category": _("without a category"),
    "price": _("without a price"),
    "image": _("without a picture"),
    "stock": _("out of stock"),
}


FIXED_FIELDS = {"title": "title", "category": "categories"}
FIXES_A_PAGE = 50
CATEGORIES_OFFERED = 200


@dataclass(frozen=True)
class Lack:
    """One kind of gap with its count, and the filter that shows the items."""

    key: str
    words: str | Promise
    count: int

    @property
    def can_be_fixed(self) -> bool:
        """Whether a person may say it here, whatever the feed says."""
        return self.key in FIXED_FIELDS


@dataclass(frozen=True)
class CatalogPage:
    """The page: `asked` is the search as it was typed."""

    health: selectors.CatalogHealth
    lacks: list[Lack]
    items: Page[Item]
    asked: dict[str, Any]
    booked: int  # items that are or may be no merchandise

    @property
    def fixable(self) -> Lack | None:
        """The gap that is looked at, where it can be closed here."""
        return next((lack for lack in self.lacks if lack.key == self.asked["lacking"] and lack.can_be_fixed), None)

    @property
    def complete_share(self) -> float:
        return self.health.complete / self.health.items if self.health.items else 0.0


def catalog_page(shop: Shop, *, text: str, lacking: str, page: str) -> CatalogPage:
    health = selectors.catalog_health(shop.pk)
    found = selectors.matching_items(shop.pk, text=text[:200], lacking=lacking).order_by("title", "item_id")
    lacks = [Lack(key, words, health.lacking[key]) for key, words in LACK_WORDS.items()]
    lacks.append(Lack(selectors.CORRECTED, _("corrected by you"), selectors.corrected_items(shop.pk).count()))
    return CatalogPage(
        health,
        lacks,
        Paginator(found, ITEMS_A_PAGE).get_page(page),
        {"q": text, "lacking": lacking},
        selectors.noted_items(shop.pk).count(),
    )


@dataclass(frozen=True)
class FixPage:
    """Items that lack one thing, each with a field for it; `typed` is what was sent and could not be taken."""

    lack: Lack
    rows: list[tuple[Item, str, str]]  # item, what was typed, what is wrong with it
    categories: list[str]

    @property
    def field(self) -> str:
        return FIXED_FIELDS[self.lack.key]


def fix_page(
    shop: Shop,
    lacking: str,
    typed: Mapping[str, str] = MappingProxyType({}),
    wrong: Mapping[str, str] = MappingProxyType({}),
) -> FixPage:
    """Raises `NotFound` for what cannot be corrected by a person."""
    if lacking not in FIXED_FIELDS:
        raise errors.NotFound(str(_("This is not corrected here: it comes from your feed.")))
    count = selectors.catalog_health(shop.pk).lacking[lacking]
    items = selectors.matching_items(shop.pk, lacking=lacking).order_by("title", "item_id")[:FIXES_A_PAGE]
    rows = [(item, typed.get(item.item_id, ""), wrong.get(item.item_id, "")) for item in items]
    known = [name for name, _count in selectors.category_counts(shop.pk)[:CATEGORIES_OFFERED]]
    return FixPage(Lack(lacking, LACK_WORDS[lacking], count), rows, known)
