"""A small shop whose rows are known: two segments and a few visitors whom no artifact knows, drawn with a seed.

What pages tell is counted anew from `rows`, `slates` and `memberships`, by plain loops and without SQL.
"""

import random
import uuid
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

NOW = datetime(2026, 10, 20, 15, 0, tzinfo=UTC)
ZONE = ZoneInfo("Europe/London")
SIZES = {1: 14, 2: 9}
STRANGERS = 5
CATEGORIES = ["Garden", "Kitchen", "Bags", "Toys", "Paper", "Light"]
ITEMS = {
    f"{category[:2].lower()}-{place}": {
        "categories": [category, "Sale"] if place == 3 else [category],
        "brand": ["Fern", "Oak", ""][place % 3],
        "price": None if place == 5 else Decimal(2 + 3 * place + number),
    }
    for number, category in enumerate(CATEGORIES)
    for place in range(6)
}
OF_SEGMENT = {1: "Garden", 2: "Kitchen"}
INTERESTS = ("view_item", "add_to_cart", "add_to_wishlist", "purchase")


@dataclass
class Cast:
    """`memberships`: {visitor: {segment: probability}}; rows and slates are what was stored, as dicts."""

    memberships: dict = field(default_factory=dict)
    rows: list = field(default_factory=list)
    slates: list = field(default_factory=list)
    shop: object = None

    def members(self, number):
        likeliest = {visitor: max(shares, key=shares.get) for visitor, shares in self.memberships.items()}
        return {visitor for visitor, own in likeliest.items() if own == number}

    @property
    def visitors(self):
        return {row["visitor_id"] for row in self.rows}

    def of(self, visitors):
        return [row for row in self.rows if row["visitor_id"] in visitors]

    def touched(self, visitors, since=None, until=NOW):
        """{visitor: items}."""
        found = defaultdict(set)
        for row in self.of(visitors):
            counts = row["type"] in INTERESTS and not (row["type"] == "purchase" and row["low_trust"])
            if counts and (since is None or since < row["timestamp"] <= until):
                found[row["visitor_id"]].add(row["item_id"])
        return found

    def orders(self, visitors, month=None):
        """{visitor: {order: money}} of purchases that a browser did not only claim."""
        found = defaultdict(lambda: defaultdict(Decimal))
        for row in self.of(visitors):
            if row["type"] == "purchase" and not row["low_trust"] and month in (None, month_of(row)):
                found[row["visitor_id"]][row["order_id"] or row["event_id"]] += row["value"]
        return found


def month_of(row):
    local = row["timestamp"].astimezone(ZONE)
    return local.year, local.month


def made(seed=5):
    """The cast, before anything is stored."""
    dice = random.Random(seed)
    cast = Cast()
    for number, size in SIZES.items():
        other = 3 - number
        for place in range(size):
            sure = dice.choice([0.96, 0.85, 0.7, 0.45])
            shares = {number: sure, other: round(1 - sure, 3)} if sure > 0.5 else {number: 0.45, other: 0.3, 9: 0.25}
            cast.memberships[f"member-{number}-{place}"] = shares
    for visitor in [*cast.memberships, *(f"stranger-{place}" for place in range(STRANGERS))]:
        _past(cast, visitor, dice)
    _slates(cast, dice)
    return cast


def _past(cast, visitor, dice):
    number = int(visitor.split("-")[1]) if visitor.startswith("member") else 0
    own = [item for item, facts in ITEMS.items() if OF_SEGMENT.get(number) in facts["categories"]]
    for step in range(dice.randint(7, 16)):
        at = NOW - timedelta(minutes=dice.randint(1, 150 * 24 * 60))
        item = dice.choice(own if own and dice.random() < 0.6 else list(ITEMS))
        if number == 2 and step < 3:  # what Bakers take to lately
            at, item = NOW - timedelta(days=dice.randint(1, 20)), f"to-{step}"
        kind = dice.choice(["view_item", "view_item", "add_to_cart", "purchase", "purchase", "refund"])
        _row(cast, visitor, kind, item, at, order=f"{visitor}-{step // 3}", low_trust=dice.random() < 0.1)


def _row(cast, visitor, kind, item, at, *, order="", low_trust=False, recommendation_id=None):
    value = Decimal(len(item) + len(visitor)) + Decimal(len(cast.rows) % 7) if kind == "purchase" else None
    cast.rows.append(
        {
            "event_id": f"e-{len(cast.rows)}",
            "type": kind,
            "visitor_id": visitor,
            "item_id": item,
            "timestamp": at,
            "received_at": at,
            "value": value,
            "order_id": order if kind in ("purchase", "refund") else "",
            "low_trust": low_trust and kind == "purchase",
            "recommendation_id": recommendation_id,
        }
    )


def _slates(cast, dice):
    """Home is shown to all, cart to two visitors only; every fourth slate is clicked, some of them twice."""
    for place, visitor in enumerate([*cast.memberships, "stranger-0", "stranger-1"] * 3):
        at = NOW - timedelta(hours=2 + 5 * place)
        items = dice.sample(list(ITEMS), 4)
        slate = {
            "recommendation_id": uuid.UUID(int=dice.getrandbits(128)),
            "placement": "cart" if place in (0, 1) else "home",
            "visitor_id": visitor,
            "served_at": at,
            "items": [{"item_id": item, "position": position} for position, item in enumerate(items, start=1)],
        }
        cast.slates.append(slate)
        for clicked in range(2 if place % 8 == 0 else place % 4 == 0):
            what = {"recommendation_id": slate["recommendation_id"]}
            _row(cast, visitor, "select_item", items[clicked], at + timedelta(minutes=1), **what)
            _row(cast, visitor, "view_item", items[clicked], at + timedelta(minutes=2), **what)


def stored(cast, shop, smallest=3):
    """Everything in tables of `shop`, and its segments published as artifact 5."""
    from dashboard.catalog.models import Item
    from dashboard.events.models import Exposure, Interaction, Privacy

    cast.shop = shop
    Privacy.objects.create(shop=shop, smallest_group=smallest)
    Item.objects.bulk_create(Item(shop=shop, item_id=key, title=key.upper(), **facts) for key, facts in ITEMS.items())
    Interaction.objects.bulk_create(Interaction(shop=shop, **row) for row in cast.rows)
    Exposure.objects.bulk_create(
        Exposure(shop=shop, policy_version=1, policy_hash="0", temperature=0, seed=1, **slate) for slate in cast.slates
    )
    return shop


def published(cast, shop, folder):
    from dashboard.segments.services import replace_segments
    from tests import artifact_files as files

    rows = []
    for visitor, shares in cast.memberships.items():
        number = max(shares, key=shares.get)
        row = files.membership(visitor, number, shares[number], float(len(rows)), -1.0)
        rows.append(row)
    named = {1: "Gardeners", 2: "Bakers"}
    segments = [files.segment(number, name, 0.5, SIZES[number]) for number, name in named.items()]
    segments.append(files.segment(9, "Few", 0.01, 0))
    written = files.write_segments(folder, segments, rows)
    _with_shares(written, cast)
    replace_segments(shop=shop, artifact_id=5, folder=written)


def _with_shares(folder, cast):
    """The probabilities of the cast, in the order of the numbers."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = pq.read_table(folder / "visitors.parquet").to_pylist()
    for row in rows:
        shares = cast.memberships[row["visitor_id"]]
        row["probabilities"] = [shares.get(number, 0.0) for number in (1, 2, 9)]
    pq.write_table(pa.Table.from_pylist(rows), folder / "visitors.parquet")
