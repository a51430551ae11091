"""A shopper's visit as a generator: it yields what the shopper does, and is sent the slates that it asked for.

So the same shopper walks through the REST API in real time and through the past in one process.
"""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from dashboard.standalone.traffic.tastes import Taste, Wares, taste_of

# Behaviour. Shares are per occasion; a click needs the item to be looked at (position bias) and liked.
FULL_LOOK_POSITIONS = 3.0  # the chance to look at position p is 1 / (1 + (p - 1) / FULL_LOOK_POSITIONS)
CLICK_CHANCE, CLICK_NOISE = 0.32, 0.006
CART_CHANCE, CART_NOISE = 0.40, 0.02
BUY_CHANCE = 0.55
SEARCH_CHANCE = 0.2
LANDING_CHANCE = 0.45  # of a visit that begins on the page of an item, found elsewhere, and not on Home
NEXT_SLATE_CHANCE = 0.5  # of scrolling down to the slate of a product page
MAX_CLICKS_PER_SLATE = 3
MAX_DEPTH = 3  # product pages, each reached from the one before
BUYERS, BROWSER_INTENT = 0.35, 0.3  # a third come to buy; of the others fewer put something into the cart, or pay
PIECES = (
    1,
    1,
    2,
    3,
    4,
    6,
    6,
    10,
    12,
    12,
    24,
)  # as the sample shop's own customers buy: half of its lines are 4 and more
# What is sent back: hardly anything that is loved, every third thing that is not.
REFUND_NOISE, REFUND_CHANCE, REFUND_DAYS = 0.01, 0.35, 3.0


@dataclass(frozen=True)
class Ask:
    """The shopper comes to a place where a slate is shown; the driver sends back a `Shown`, or None for none."""

    placement: str
    context_items: tuple[str, ...] = ()
    cart_items: tuple[str, ...] = ()


@dataclass(frozen=True)
class Act:
    """An event, without id and time. `after_days`: it happens so long after the visit."""

    event: dict[str, Any]
    after_days: float = 0.0


@dataclass(frozen=True)
class Shown:
    """A slate as a shop frontend has it: item ids in the order of positions."""

    recommendation_id: str
    item_ids: Sequence[str]


Step = Ask | Act
Visit = Generator[Step, Shown | None, None]


@dataclass
class Shopper:
    """A made-up person. `number` and the seed fix the taste and every decision, given the same slates."""

    visitor_id: str
    taste: Taste
    rng: np.random.Generator
    intent: float = 1.0
    visits: int = 0
    cart: dict[str, int] = field(default_factory=dict)


def new_shopper(wares: Wares, *, seed: int, number: int) -> Shopper:
    rng = np.random.default_rng([seed, 1, number])
    taste = taste_of(wares, rng)
    return Shopper(f"sim-{seed}-{number}", taste, rng, 1.0 if rng.random() < BUYERS else BROWSER_INTENT)


def visit(shopper: Shopper, wares: Wares, currency: str, session_id: str) -> Visit:
    """One visit: Home or the page of an item, what it leads to, maybe a search, the cart, maybe an order."""
    walk = Walk(shopper, wares, currency, session_id)
    if shopper.rng.random() < LANDING_CHANCE:
        yield from walk.product_page(walk.wished_for(), {}, depth=1)
    else:
        yield from walk.look("home")
    if shopper.rng.random() < SEARCH_CHANCE:
        yield from walk.search()
    yield from walk.checkout()


class Walk:
    """The parts of one visit."""

    def __init__(self, shopper: Shopper, wares: Wares, currency: str, session_id: str) -> None:
        self.shopper, self.wares, self.currency = shopper, wares, currency
        self.rng, self.session_id = shopper.rng, session_id

    def look(self, placement: str, context: tuple[str, ...] = (), depth: int = 0) -> Visit:
        """See a slate and click what pleases; a click leads to a product page and maybe to its own slate."""
        shown = yield Ask(placement, context, tuple(self.shopper.cart))
        if shown is None or not shown.item_ids:
            return
        link = {"recommendation_id": shown.recommendation_id, "placement": placement}
        looked_at = self._looked_at(shown.item_ids)
        yield self._act("view_item_list", items=[{"item_id": item_id} for item_id in looked_at], **link)
        clicks = 0
        for item_id in looked_at:
            if clicks < MAX_CLICKS_PER_SLATE and self.rng.random() < self._chance(item_id, CLICK_CHANCE, CLICK_NOISE):
                clicks += 1
                yield self._act("select_item", item_id=item_id, **link)
                yield from self.product_page(item_id, link, depth=depth + 1)

    def product_page(self, item_id: str, link: dict[str, str], *, depth: int) -> Visit:
        yield self._act("view_item", item_id=item_id, **link)
        if self.rng.random() < self.shopper.intent * self._chance(item_id, CART_CHANCE, CART_NOISE):
            self.shopper.cart[item_id] = int(self.rng.choice(PIECES))
            yield self._act("add_to_cart", items=[self._line(item_id)], **link)
        if depth <= MAX_DEPTH and self.rng.random() < NEXT_SLATE_CHANCE:
            yield from self.look("product", (item_id,), depth)

    def search(self) -> Visit:
        """Look for something by oneself, without any slate."""
        item_id = self.wished_for()
        if title := self.wares.items[self.wares.code[item_id]].title:
            yield self._act("search", query=title.split()[-1].lower())
        yield from self.product_page(item_id, {}, depth=MAX_DEPTH + 1)

    def wished_for(self) -> str:
        """An item of the own taste."""
        cumulated_I = self.shopper.taste.wish_I
        place = int(np.searchsorted(cumulated_I, self.rng.random() * cumulated_I[-1], side="right"))
        return self.wares.items[min(place, len(cumulated_I) - 1)].item_id

    def checkout(self) -> Visit:
        if not self.shopper.cart:
            return
        if self.rng.random() < 0.5:
            yield from self.look("cart", tuple(self.shopper.cart))
        if self.rng.random() < BUY_CHANCE * self.shopper.intent:
            lines = [self._line(item_id) for item_id in self.shopper.cart]
            order_id = f"{self.session_id}-order"
            self.shopper.cart.clear()
            yield self._act("purchase", items=lines, order_id=order_id, **self._money(lines))
            yield from self.refunds(order_id, lines)
        elif self.rng.random() < 0.3:
            removed = next(iter(self.shopper.cart))
            line = self._line(removed)
            del self.shopper.cart[removed]
            yield self._act("remove_from_cart", items=[line])

    def refunds(self, order_id: str, lines: list[dict[str, Any]]) -> Iterator[Step]:
        """What pleased less than the page had promised goes back within days."""
        for line in lines:
            disliked = 1.0 - self._affinity(line["item_id"])
            if self.rng.random() < REFUND_NOISE + REFUND_CHANCE * disliked:
                act = self._act("refund", items=[line], order_id=order_id, **self._money([line]))
                yield replace(act, after_days=float(self.rng.exponential(REFUND_DAYS)) + 0.5)

    def _looked_at(self, item_ids: Sequence[str]) -> list[str]:
        """The slate's rendered part: everything above the lowest position that the shopper scrolled to."""
        chances = 1.0 / (1.0 + np.arange(len(item_ids)) / FULL_LOOK_POSITIONS)
        depth = int(np.sum(self.rng.random() < chances))
        return list(item_ids[: max(depth, 1)])

    def _chance(self, item_id: str, most: float, noise: float) -> float:
        return noise + most * self._affinity(item_id) ** 1.5

    def _affinity(self, item_id: str) -> float:
        code = self.wares.code.get(item_id)
        return 0.0 if code is None else float(self.shopper.taste.affinity_I[code])

    def _line(self, item_id: str) -> dict[str, Any]:
        price = self.wares.items[self.wares.code[item_id]].price if item_id in self.wares.code else 0.0
        return {"item_id": item_id, "quantity": self.shopper.cart.get(item_id, 1), "price": price}

    def _money(self, lines: list[dict[str, Any]]) -> dict[str, Any]:
        total = sum(line["quantity"] * line["price"] for line in lines)
        return {"value": round(total, 2), "currency": self.currency}

    def _act(self, kind: str, **fields: Any) -> Act:
        who = {"type": kind, "visitor_id": self.shopper.visitor_id, "session_id": self.session_id}
        return Act({**who, **fields})
