"""A shopper's visit as a generator: it yields what the shopper does, and is sent the slates that it asked for.

So the same shopper walks through the REST API in real time and through the past in one process.
"""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from dashboard.standalone.traffic.tastes import Taste, Wares, taste_of

# Behaviour. Shares are per occasion; a click needs the item to be looked at (position bias) and liked.
FULL_LOOK_POSITIONS = 3.0  # the chance to look at position p is 1 / (1 + (p - 1) / FULL_LOOK_POSITIONS)
CLICK_CHANCE, CLICK_NOISE = 0.32, 0.006
CART_CHANCE, CART_NOISE = 0.40, 0.02
BUY_CHANCE = 0.55
REFUND_CHANCE = 0.05
SEARCH_CHANCE = 0.3
MAX_CLICKS_PER_SLATE = 3


@dataclass(frozen=True)
class Ask:
    """The shopper comes to a place where a slate is shown; the driver sends back a `Shown`, or None for none."""

    placement: str
    context_items: tuple[str, ...] = ()
    cart_items: tuple[str, ...] = ()


@dataclass(frozen=True)
class Act:
    """An event, without id and time."""

    event: dict[str, Any]


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
    visits: int = 0
    cart: dict[str, int] = field(default_factory=dict)
    orders: list[tuple[str, list[dict[str, Any]]]] = field(default_factory=list)


def new_shopper(wares: Wares, *, seed: int, number: int) -> Shopper:
    rng = np.random.default_rng([seed, 1, number])
    return Shopper(f"sim-{seed}-{number}", taste_of(wares, rng), rng)


def visit(shopper: Shopper, wares: Wares, currency: str, session_id: str) -> Visit:
    """One visit: home, what it leads to, maybe a search, the cart, maybe an order."""
    walk = _Walk(shopper, wares, currency, session_id)
    yield from walk.maybe_refund()
    yield from walk.look("home")
    if shopper.rng.random() < SEARCH_CHANCE:
        yield from walk.search()
    yield from walk.checkout()


class _Walk:
    """The parts of one visit."""

    def __init__(self, shopper: Shopper, wares: Wares, currency: str, session_id: str) -> None:
        self.shopper, self.wares, self.currency = shopper, wares, currency
        self.rng, self.session_id = shopper.rng, session_id

    def look(self, placement: str, context: tuple[str, ...] = ()) -> Visit:
        """See a slate and click what pleases; a click on Home leads to the product page and its own slate."""
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
                yield from self.product_page(item_id, link, deeper=placement == "home")

    def product_page(self, item_id: str, link: dict[str, str], *, deeper: bool) -> Visit:
        yield self._act("view_item", item_id=item_id, **link)
        if self.rng.random() < self._chance(item_id, CART_CHANCE, CART_NOISE):
            self.shopper.cart[item_id] = int(self.rng.integers(1, 4))
            yield self._act("add_to_cart", items=[self._line(item_id)], **link)
        if deeper and self.rng.random() < 0.5:
            yield from self.look("product", (item_id,))

    def search(self) -> Visit:
        """Look for something by oneself: an item of the own taste, without any slate."""
        liking = self.shopper.taste.affinity_I**2
        item = self.wares.items[int(self.rng.choice(len(liking), p=liking / liking.sum()))]
        if item.title:
            yield self._act("search", query=item.title.split()[-1].lower())
        yield from self.product_page(item.item_id, {}, deeper=False)

    def checkout(self) -> Visit:
        if not self.shopper.cart:
            return
        if self.rng.random() < 0.5:
            yield from self.look("cart", tuple(self.shopper.cart))
        if self.rng.random() < BUY_CHANCE:
            lines = [self._line(item_id) for item_id in self.shopper.cart]
            order_id = f"{self.session_id}-order"
            self.shopper.orders.append((order_id, lines))
            self.shopper.cart.clear()
            yield self._act("purchase", items=lines, order_id=order_id, **self._money(lines))
        elif self.rng.random() < 0.3:
            removed = next(iter(self.shopper.cart))
            line = self._line(removed)
            del self.shopper.cart[removed]
            yield self._act("remove_from_cart", items=[line])

    def maybe_refund(self) -> Iterator[Step]:
        """Send one item of an earlier order back."""
        if self.shopper.orders and self.rng.random() < REFUND_CHANCE:
            order_id, lines = self.shopper.orders.pop()
            yield self._act("refund", items=lines[:1], order_id=order_id, **self._money(lines[:1]))

    def _looked_at(self, item_ids: Sequence[str]) -> list[str]:
        """The slate's rendered part: everything above the lowest position that the shopper scrolled to."""
        chances = 1.0 / (1.0 + np.arange(len(item_ids)) / FULL_LOOK_POSITIONS)
        depth = int(np.sum(self.rng.random() < chances))
        return list(item_ids[: max(depth, 1)])

    def _chance(self, item_id: str, most: float, noise: float) -> float:
        code = self.wares.code.get(item_id)
        return noise if code is None else noise + most * float(self.shopper.taste.affinity_I[code]) ** 1.5

    def _line(self, item_id: str) -> dict[str, Any]:
        price = self.wares.items[self.wares.code[item_id]].price if item_id in self.wares.code else 0.0
        return {"item_id": item_id, "quantity": self.shopper.cart.get(item_id, 1), "price": price}

    def _money(self, lines: list[dict[str, Any]]) -> dict[str, Any]:
        total = sum(line["quantity"] * line["price"] for line in lines)
        return {"value": round(total, 2), "currency": self.currency}

    def _act(self, kind: str, **fields: Any) -> Act:
        who = {"type": kind, "visitor_id": self.shopper.visitor_id, "session_id": self.session_id}
        return Act({**who, **fields})
