"""A shopper's visit as a generator: it yields what the shopper does, and is sent the slates that it asked for.

So the same shopper walks through the REST API in real time and through the past in one process.
"""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from dashboard.standalone.traffic.tastes import Taste, Wares, taste_of

SEARCH_CHANCE = 0.2
LANDING_CHANCE = 0.4  # of a visit that begins on the page of an item, found elsewhere, and not on Home
CART_TOLD = 50  # items: what a request may hold
MAX_DEPTH = 3  # product pages, each reached from the one before
# Shares are per occasion; a click needs the item to be looked at (position bias) and liked.
CLICK_NOISE, CART_NOISE = 0.005, 0.01
PIECES_SPREAD = 1.2  # of the logarithm of how many pieces of an item are taken
# Of what the shopper usually spends on a piece: above so many times it is bought less often, and regretted afterwards.
STRETCH, STRAIN, REGRET_POWER, MOST_REGRET = 3.0, 1.5, 1.5, 10.0
REFUND_DAYS = 3.0
# A third are shops of their own, which stock up on some visits: with a list, and with time to look further.
TRADERS, STOCKING_UP_CHANCE = 0.35, 0.17
LIST_LINES, LIST_SPREAD, LONGEST_LIST = 15, 0.7, 80  # the median of its lines, and how they spread
READ_UP_CHANCE = 0.2  # of opening the page of an item on the list, instead of only ordering it


@dataclass(frozen=True)
class Mood:
    """How somebody walks through the shop. Position p is looked at with a chance of 1 / (1 + (p − 1) / `patience`)."""

    patience: float
    click: float
    clicks_a_slate: int
    cart: float
    scroll_down: float  # to the slate of a product page that was not reached from another
    scroll_further: float  # to that of one that was
    see_cart: float
    pay: float


BROWSING = Mood(3.0, 0.5, 3, cart=0.2, scroll_down=0.35, scroll_further=0.3, see_cart=0.4, pay=0.15)
STOCKING_UP = Mood(20.0, 1.3, 6, cart=1.0, scroll_down=0.8, scroll_further=0.2, see_cart=0.7, pay=0.9)


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
    is_trader: bool = False
    visits: int = 0
    cart: dict[str, int] = field(default_factory=dict)


def new_shopper(wares: Wares, *, seed: int, number: int) -> Shopper:
    rng = np.random.default_rng([seed, 1, number])
    taste = taste_of(wares, rng)
    return Shopper(f"sim-{seed}-{number}", taste, rng, is_trader=bool(rng.random() < TRADERS))


def visit(shopper: Shopper, wares: Wares, currency: str, session_id: str) -> Visit:
    """One visit: Home or the page of an item, what it leads to, maybe a search or a list, the cart, maybe an order."""
    walk = Walk(shopper, wares, currency, session_id)
    if shopper.rng.random() < LANDING_CHANCE:
        yield from walk.product_page(walk.wished_for(), {}, depth=1)
    else:
        yield from walk.look("home")
    if shopper.rng.random() < SEARCH_CHANCE:
        yield from walk.search()
    if walk.stocks_up:
        yield from walk.order_by_list()
    yield from walk.checkout()


class Walk:
    """The parts of one visit."""

    def __init__(self, shopper: Shopper, wares: Wares, currency: str, session_id: str) -> None:
        self.shopper, self.wares, self.currency = shopper, wares, currency
        self.rng, self.session_id = shopper.rng, session_id
        self.stocks_up = shopper.is_trader and bool(self.rng.random() < STOCKING_UP_CHANCE)
        self.mood = STOCKING_UP if self.stocks_up else BROWSING

    def look(self, placement: str, context: tuple[str, ...] = (), depth: int = 0) -> Visit:
        """See a slate and click what pleases; a click leads to a product page and maybe to its own slate."""
        shown = yield Ask(placement, context, tuple(self.shopper.cart)[-CART_TOLD:])
        if shown is None or not shown.item_ids:
            return
        link = {"recommendation_id": shown.recommendation_id, "placement": placement}
        looked_at = self._looked_at(shown.item_ids)
        yield self._act("view_item_list", items=[{"item_id": item_id} for item_id in looked_at], **link)
        clicks = 0
        for item_id in looked_at:
            if clicks < self.mood.clicks_a_slate and self._happens(item_id, self.mood.click, CLICK_NOISE):
                clicks += 1
                yield self._act("select_item", item_id=item_id, **link)
                yield from self.product_page(item_id, link, depth=depth + 1)

    def product_page(self, item_id: str, link: dict[str, str], *, depth: int) -> Visit:
        yield self._act("view_item", item_id=item_id, **link)
        if self._happens(item_id, self.mood.cart * self._affordable(item_id), CART_NOISE):
            self.shopper.cart[item_id] = self._pieces(item_id)
            yield self._act("add_to_cart", items=[self._line(item_id)], **link)
        scrolls = self.mood.scroll_down if depth == 1 else self.mood.scroll_further
        if depth <= MAX_DEPTH and self.rng.random() < scrolls:
            yield from self.look("product", (item_id,), depth)

    def search(self) -> Visit:
        """Look for something by oneself, without any slate."""
        item_id = self.wished_for()
        if title := self.wares.items[self.wares.code[item_id]].title:
            yield self._act("search", query=title.split()[-1].lower())
        yield from self.product_page(item_id, {}, depth=MAX_DEPTH + 1)

    def order_by_list(self) -> Visit:
        """What the shopper came for: some items are read up on, the others go into the cart at once."""
        count = int(np.clip(self.rng.lognormal(np.log(LIST_LINES), LIST_SPREAD), 1, LONGEST_LIST))
        listed = dict.fromkeys(self.wished_for() for _ in range(count))
        to_read = [item_id for item_id in listed if self.rng.random() < READ_UP_CHANCE]
        at_once = [item_id for item_id in listed if item_id not in to_read and item_id not in self.shopper.cart]
        for item_id in to_read:
            yield from self.product_page(item_id, {}, depth=1)
        self.shopper.cart |= {item_id: self._pieces(item_id) for item_id in at_once}
        if at_once:
            yield self._act("add_to_cart", items=[self._line(item_id) for item_id in at_once])

    def wished_for(self) -> str:
        """An item of the own taste."""
        return self.wares.items[self.shopper.taste.wish(self.rng.random())].item_id

    def checkout(self) -> Visit:
        if not self.shopper.cart:
            return
        if self.rng.random() < self.mood.see_cart:
            yield from self.look("cart", tuple(self.shopper.cart)[-CART_TOLD:])
        if self.rng.random() < self.mood.pay:
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
        """Within days goes back what the shop's own customers send back too, and what strained the purse."""
        for line in lines:
            strain = max(line["price"] / (STRAIN * self.shopper.taste.purse), 1.0)
            regret = min(strain**REGRET_POWER, MOST_REGRET)
            code = self.wares.code.get(line["item_id"])
            if code is not None and self.rng.random() < self.wares.returns_I[code] * regret:
                act = self._act("refund", items=[line], order_id=order_id, **self._money([line]))
                yield replace(act, after_days=float(self.rng.exponential(REFUND_DAYS)) + 0.5)

    def _looked_at(self, item_ids: Sequence[str]) -> list[str]:
        """The slate's rendered part: everything above the lowest position that the shopper scrolled to."""
        chances = 1.0 / (1.0 + np.arange(len(item_ids)) / self.mood.patience)
        depth = int(np.sum(self.rng.random() < chances))
        return list(item_ids[: max(depth, 1)])

    def _happens(self, item_id: str, most: float, noise: float) -> bool:
        return bool(self.rng.random() < noise + most * self._affinity(item_id) ** 1.5)

    def _affinity(self, item_id: str) -> float:
        code = self.wares.code.get(item_id)
        return 0.0 if code is None else float(self.shopper.taste.affinity_I[code])

    def _affordable(self, item_id: str) -> float:
        """1 for what does not stretch the purse, less above."""
        price = self.wares.items[self.wares.code[item_id]].price if item_id in self.wares.code else 0.0
        return 1.0 if not price else min(STRETCH * self.shopper.taste.purse / price, 1.0)

    def _pieces(self, item_id: str) -> int:
        usual = self.wares.items[self.wares.code[item_id]].pieces if item_id in self.wares.code else 1
        return max(round(usual * self.rng.lognormal(0.0, PIECES_SPREAD)), 1)

    def _line(self, item_id: str) -> dict[str, Any]:
        price = self.wares.items[self.wares.code[item_id]].price if item_id in self.wares.code else 0.0
        return {"item_id": item_id, "quantity": self.shopper.cart.get(item_id, 1), "price": price}

    def _money(self, lines: list[dict[str, Any]]) -> dict[str, Any]:
        total = sum(line["quantity"] * line["price"] for line in lines)
        return {"value": round(total, 2), "currency": self.currency}

    def _act(self, kind: str, **fields: Any) -> Act:
        who = {"type": kind, "visitor_id": self.shopper.visitor_id, "session_id": self.session_id}
        return Act({**who, **fields})
