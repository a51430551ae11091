"""A small catalog: kitchen and garden things, one product in two colours, one item sold out."""

import datetime
import itertools
from pathlib import Path

import pytest
from django.conf import settings

from dashboard.catalog.models import Item
from dashboard.core import clock
from dashboard.events.services import record_events
from dashboard.policies.services import ensure_default_placements, publish_policy
from dashboard.serving.services import recommend
from dashboard.serving.types import SlateRequest

ROWS = [
    # item_id, title, category, brand, price, group_id, in_stock
    ("mug-red", "Stoneware mug red", "Kitchen", "Clay & Co", 8, "mug", True),
    ("mug-blue", "Stoneware mug blue", "Kitchen", "Clay & Co", 8, "mug", True),
    ("teapot", "Stoneware teapot", "Kitchen", "Clay & Co", 24, "", True),
    ("whisk", "Balloon whisk", "Kitchen", "Whizz", 6, "", True),
    ("bowl", "Mixing bowl", "Kitchen", "Whizz", 12, "", True),
    ("spade", "Border spade", "Garden", "Digwell", 30, "", True),
    ("fork", "Border fork", "Garden", "Digwell", 28, "", True),
    ("trowel", "Hand trowel", "Garden", "Digwell", 9, "", True),
    ("lantern", "Garden lantern", "Garden", "Glow", 15, "", True),
    ("rare", "Copper kettle", "Kitchen", "Glow", 90, "", False),
]
SERVABLE = [row[0] for row in ROWS if row[-1]]
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def model_folder():
    """Where in the store the model of a garden lies, trained once."""
    from threadpoolctl import threadpool_limits

    from tests.recommender.serving.garden import train_garden

    folder = Path(settings.ARTIFACT_STORE) / "garden"
    folder.mkdir(parents=True, exist_ok=True)
    with threadpool_limits(1):
        return train_garden(folder).relative_to(settings.ARTIFACT_STORE)


def add_item(shop, item_id, *, days_old=100, **fields):
    published_at = clock.now() - datetime.timedelta(days=days_old)
    values = {"title": item_id, "price": 5, "currency": "GBP", "published_at": published_at, **fields}
    return Item.objects.create(shop=shop, item_id=item_id, **values)


def add_catalog(shop):
    for age, (item_id, title, category, brand, price, group_id, in_stock) in enumerate(ROWS):
        add_item(
            shop,
            item_id,
            days_old=100 + age,
            title=title,
            categories=[category],
            brand=brand,
            price=price,
            group_id=group_id,
            in_stock=in_stock,
        )


@pytest.fixture
def catalog(shop):
    """The shop with its catalog and default placements, without behaviour and without a model."""
    add_catalog(shop)
    ensure_default_placements(shop)
    return shop


def send(shop, visitor_id, item_id, type_="view_item", **fields):
    """An event accepted by the front door."""
    event = {"event_id": f"t{next(_numbers)}", "type": type_, "visitor_id": visitor_id, **fields}
    if item_id:
        event["item_id"] = item_id
    verdicts = record_events(shop=shop, raw=[event])
    assert not verdicts.rejected
    return event


def ask(shop, placement="home", **fields):
    return recommend(SlateRequest(shop=shop, placement=placement, **{"seed": 1, **fields}))


def ids(slate):
    return [item.item_id for item in slate.items]


def set_policy(shop, slug="home", rules=(), **knobs):
    placement = next(entry for entry in ensure_default_placements(shop) if entry.slug == slug)
    return publish_policy(placement=placement, knobs=knobs, rules=list(rules), by=None)
