"""Items that are no merchandise: postage, fees, adjustments, samples. Shops book them like products, customers of all
kinds buy them, and so a model recommends them and names segments by them.

No sign is enough by itself: what the title says, an id of another form than the shop's others, prices of one item that
lie far apart, that nobody ever looks at it, that it is in no category.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from recommender.content.words import words

#: What is booked and not sold; pairs of characters where a script sets no spaces (see `words`).
_SERVICE_WORDS_OF = {
    "en": "postage shipping carriage delivery freight handling fee fees charge charges surcharge commission adjustment "
    "adjust adjusted manual discount rebate sample samples debt bank refund deposit donation insurance gratuity tax "
    "vat rounding credit correction amazonfee dotcom test dummy",
    "de": "porto versand versandkosten lieferung lieferkosten fracht gebühr gebühren provision rabatt gutschrift pfand "
    "spende muster korrektur rundung mehrwertsteuer mwst nachnahme",
    "fr": "port livraison frais expédition remise acompte échantillon ajustement",
    "es": "envío envio gastos portes comisión descuento ajuste muestra depósito propina",
    "it": "spedizione trasporto spese commissione sconto campione rettifica acconto",
    "nl": "verzending verzendkosten bezorging korting toeslag borg",
    "zh": "运费 邮费 快递 递费 手续 续费 折扣 调整 押金 定金 样品 退款",
    "ja": "送料 手数 数料 値引",
}
SERVICE_WORDS = frozenset(word for text in _SERVICE_WORDS_OF.values() for word in text.split())
#: Too common to speak for or against.
_FILLERS = "and of by on for the a to und für de la les des per von y e en van et"
FILLERS = frozenset(_FILLERS.split())
_NUMBER = re.compile(r"[\d.,]+")
WIDE_SPREAD = 2.5  # a tenth of its buyers paid so many times what another tenth paid
FEWEST_PRICES = 10
ODD_SHARE = 0.01
#: From this many points on an item is taken for no merchandise; one point less, and somebody is asked.
SURE, DOUBTFUL = 3, 2


@dataclass(frozen=True)
class ItemEvidence:
    """What a shop's rows say of one item."""

    item_id: str
    title: str = ""
    prices: int = 0  # how many prices it was bought at, a purchase each
    price_low: float = 0.0  # a tenth was cheaper
    price_high: float = 0.0  # a tenth was dearer
    views: int = 0
    has_category: bool = True


@dataclass(frozen=True)
class Doubt:
    """Why an item may be no merchandise: codes of the signs, and how they add up."""

    item_id: str
    points: int
    signs: tuple[str, ...]  # of "title", "id", "prices", "unseen", "uncategorised"

    @property
    def is_sure(self) -> bool:
        return self.points >= SURE


@dataclass(frozen=True)
class ShopHabits:
    """What is usual in a shop: how many ids have which form, whether items are looked at, and sorted by category."""

    forms: Counter[str]
    sends_views: bool = False
    sorts: bool = False


def form_of(item_id: str) -> str:
    """“85123A” and “22423B” have one form, “POST” has another."""
    return re.sub(r"A+", "A", re.sub(r"9+", "9", re.sub(r"[^\W\d_]", "A", re.sub(r"\d", "9", item_id))))


def is_candidate(item_id: str, title: str, habits: ShopHabits) -> bool:
    """Whether it is worth asking what the item was bought for: the signs that cost nothing to see."""
    return bool(_title_points(title)) or _is_odd(item_id, habits)


def doubts(items: Iterable[ItemEvidence], habits: ShopHabits) -> list[Doubt]:
    """Those that may be no merchandise, the surest first."""
    found = (_doubt(item, habits) for item in items)
    return sorted(
        (doubt for doubt in found if doubt.points >= DOUBTFUL), key=lambda doubt: (-doubt.points, doubt.item_id)
    )


def _doubt(item: ItemEvidence, habits: ShopHabits) -> Doubt:
    points = {
        "title": _title_points(item.title),
        "id": int(_is_odd(item.item_id, habits)),
        "prices": int(_is_spread(item)),
        "unseen": int(habits.sends_views and item.views == 0 and item.prices >= FEWEST_PRICES),
        "uncategorised": int(habits.sorts and not item.has_category),
    }
    total = sum(points.values())
    if not points["title"]:  # without a word for it, the rest is a reason to ask at most
        total = min(total, DOUBTFUL) if points["prices"] and total > DOUBTFUL else 0
    return Doubt(item.item_id, total, tuple(sign for sign, value in points.items() if value))


def _title_points(title: str) -> int:
    """2 where a title is made of such words, 1 where half of it is."""
    said = [word for word in words(title) if word not in FILLERS and not _NUMBER.fullmatch(word)]
    service = sum(word in SERVICE_WORDS for word in said)
    return (service > 0) * (2 if service == len(said) else int(2 * service >= len(said)))


def _is_odd(item_id: str, habits: ShopHabits) -> bool:
    return habits.forms[form_of(item_id)] <= ODD_SHARE * habits.forms.total()


def _is_spread(item: ItemEvidence) -> bool:
    return item.prices >= FEWEST_PRICES and item.price_high >= WIDE_SPREAD * item.price_low > 0
