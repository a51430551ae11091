"""What the story tells must be so in the world of the simulated shoppers: its variants truly differ, as it says.

On the sample shop's own catalog and orders, without a model: slates of what sells best, or on a product page of what
sells best in the item's category; expected clicks by the shoppers' hidden tastes.
"""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from dashboard.policies.services.placements import DEFAULT_PLACEMENTS
from dashboard.standalone.sample.loading import catalog_table, events_table
from dashboard.standalone.story import EXPLORED_MORE, KNOWN_FIRST, NEW_ALONE, UNKNOWN_FIRST
from dashboard.standalone.traffic.setup import DEMAND_DAYS
from dashboard.standalone.traffic.shopper import BROWSING, CLICK_NOISE, new_shopper
from dashboard.standalone.traffic.tastes import ShopItem, Wares
from recommender.slate import DEFAULT_KNOBS, SlateCandidates
from recommender.slate.alike import make_slates

TODAY, SIZE, CANDIDATES, SHOPPERS = date(2026, 11, 24), 8, 200, 250
PRODUCT_PAGE = DEFAULT_PLACEMENTS["product"][2]


@pytest.fixture(scope="module")
def wares():
    catalog, events = catalog_table(TODAY), events_table(TODAY)
    since = pd.Timestamp(TODAY - timedelta(days=DEMAND_DAYS), tz="UTC").timestamp()
    sold = events[(events.event_type == "purchase") & (events.timestamp > since)].item_id.value_counts()
    rows = catalog[catalog.in_stock].itertuples()
    return Wares([ShopItem(row.item_id, row.title, (row.categories,), row.price, sold=int(sold.get(row.item_id, 0)))
                  for row in rows], seed=1)  # fmt: skip


def clicks_a_slate(wares, base, changes, *, beside_an_item):
    """Expected clicks of each of the same shoppers, and which share of the slots was explored."""
    knobs, explored = replace(base, **changes), []
    clicks = np.zeros(SHOPPERS)
    for number in range(SHOPPERS):
        shopper = new_shopper(wares, seed=11, number=number)
        category = wares.items[shopper.taste.wish(0.5)].categories if beside_an_item else None
        (slate,) = make_slates(candidates_of(wares, category), knobs, SIZE, [number])
        item_ids = [candidates_of(wares, category).item_ids[index] for index in slate.indices]
        liking = np.array([shopper.taste.affinity_I[wares.code[item_id]] for item_id in item_ids])
        looked_at = 1 / (1 + np.arange(len(item_ids)) / BROWSING.patience)
        clicks[number] = np.sum(looked_at * (CLICK_NOISE + BROWSING.click * liking**1.5))
        explored.append(slate.explored.mean())
    return clicks.mean(), np.mean(explored)


_kept = {}


def candidates_of(wares, category):
    if category not in _kept:
        items = [item for item in wares.items if category is None or item.categories == category]
        best = sorted(items, key=lambda item: (-item.sold, item.item_id))[:CANDIDATES]
        sold = np.array([item.sold for item in best], float) + 0.1
        _kept[category] = SlateCandidates(
            item_ids=[item.item_id for item in best], scores=sold / sold.sum(), impressions=sold, popularity=sold
        )
    return _kept[category]


def test_the_product_page_gains_clicks_where_the_well_known_comes_first(wares):
    unknown, _ = clicks_a_slate(wares, PRODUCT_PAGE, UNKNOWN_FIRST, beside_an_item=True)
    known, _ = clicks_a_slate(wares, PRODUCT_PAGE, UNKNOWN_FIRST | KNOWN_FIRST, beside_an_item=True)
    assert known > 1.3 * unknown


def test_new_finds_alone_cost_the_product_page_more_clicks_than_any_gain_in_finds_is_worth(wares):
    usual, explored_usually = clicks_a_slate(wares, PRODUCT_PAGE, KNOWN_FIRST, beside_an_item=True)
    alone, explored = clicks_a_slate(wares, PRODUCT_PAGE, NEW_ALONE, beside_an_item=True)
    assert alone < 0.75 * usual
    assert explored > 1.5 * explored_usually


def test_what_still_runs_differs_too_little_to_be_decided_at_a_glance(wares):
    usual, _ = clicks_a_slate(wares, DEFAULT_KNOBS, {}, beside_an_item=False)
    explored_more, _ = clicks_a_slate(wares, DEFAULT_KNOBS, EXPLORED_MORE, beside_an_item=False)
    assert explored_more == pytest.approx(usual, rel=0.2)
