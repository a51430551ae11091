"""Data folders whose servers are stopped at the end of a test, whatever it did to them; a shop to send shoppers to."""

import shutil
import tempfile
from datetime import timedelta
from pathlib import Path

import pytest

from dashboard.standalone.leftovers import stop_leftovers


@pytest.fixture
def data():
    """An empty data folder below a folder that only its owner may enter, as /root is."""
    parent = Path(tempfile.mkdtemp(prefix="forage-data-")).resolve()
    folder = parent / "var"
    folder.mkdir(mode=0o700)
    (folder / "logs").mkdir()
    yield folder
    stop_leftovers(folder)
    shutil.rmtree(parent)


@pytest.fixture
def stocked(shop):
    """The shop with 24 items in three categories, without a placement and without a model."""
    from dashboard.catalog.models import Item
    from dashboard.core import clock

    names = ["Lamps", "Cups", "Toys"]
    Item.objects.bulk_create(
        Item(shop=shop, item_id=f"i{n}", title=f"{names[n % 3]} {n}", categories=[names[n % 3]], price=5 + n,
             currency="GBP", published_at=clock.now() - timedelta(days=100))
        for n in range(24)
    )  # fmt: skip
    return shop
