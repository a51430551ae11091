"""What the page of items that are no merchandise shows: what is left out, what is asked about, what was kept in."""

from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from dashboard.accounts.models import Shop
from dashboard.catalog import selectors
from dashboard.catalog.models import Item

MOST_SHOWN = 500

#: Why an item may be no merchandise, by the signs of `recommender.content.merchandise`.
SIGN_WORDS: dict[str, Promise] = {
    "title": _("its title says so"),
    "id": _("an id unlike the others"),
    "prices": _("prices far apart"),
    "unseen": _("nobody looks at it"),
    "uncategorised": _("in no category"),
}


@dataclass(frozen=True)
class Booked:
    """An item that is, or may be, no merchandise, and what shows it."""

    item: Item
    reasons: list[Promise]

    @property
    def evidence(self) -> dict[str, Any]:
        return self.item.merchandise_signs


@dataclass(frozen=True)
class MerchandisePage:
    """What is left out of everything, what is asked about, and what the merchant has kept in."""

    left_out: list[Booked]
    asked: list[Booked]
    kept: list[Booked]


def merchandise_page(shop: Shop) -> MerchandisePage:
    noted = [
        Booked(item, [SIGN_WORDS[sign] for sign in item.merchandise_signs.get("signs", []) if sign in SIGN_WORDS])
        for item in selectors.noted_items(shop.pk).order_by("title", "item_id")[:MOST_SHOWN]
    ]
    return MerchandisePage(
        left_out=[row for row in noted if not row.item.is_merchandise],
        asked=[row for row in noted if row.item.merchandise == Item.Merchandise.DOUBTFUL],
        kept=[row for row in noted if row.item.merchandise == Item.Merchandise.SOLD],
    )
