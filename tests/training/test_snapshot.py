"""What a run learns from, and what it must not see."""

import pyarrow.parquet as pq
import pytest

from dashboard.catalog.models import Item
from dashboard.core import clock
from dashboard.events.services.bots import mark_agents
from dashboard.training.learnt_rows import Bounds
from dashboard.training.services import export_snapshot
from dashboard.training.services.snapshot import counts


@pytest.fixture
def export(tmp_path):
    def read(shop, **options):
        folder = tmp_path / f"snapshot-{shop.pk}-{len(options)}"
        export_snapshot(shop=shop, folder=folder, **options)
        return [pq.read_table(folder / f"{name}.parquet").to_pylist() for name in ("interactions", "items")]

    return read


def test_interactions_have_the_columns_of_the_command_line(shop, seen, export):
    seen(shop, "ada", type="purchase", price="2.50", quantity=3)
    row = export(shop)[0][0]
    assert row == {
        "visitor_id": "ada",
        "item_id": "item-0",
        "timestamp": pytest.approx(clock.now().timestamp(), abs=60),
        "event_type": "purchase",
        "value": 7.5,
        "simulated": False,
    }


def test_a_line_without_price_has_the_value_of_its_event_or_none(shop, seen, export):
    seen(shop, "ada", value="9.99")
    seen(shop, "bob")
    values = {row["visitor_id"]: row["value"] for row in export(shop)[0]}
    assert values == {"ada": 9.99, "bob": None}


def test_only_this_shops_rows_are_exported(shop, other_shop, seen, export):
    seen(shop, "ada")
    seen(other_shop, "otto")
    Item.objects.create(shop=other_shop, item_id="theirs")
    interactions, items = export(shop)
    assert {row["visitor_id"] for row in interactions} == {"ada"}
    assert items == []


def test_bots_are_left_out(shop, seen, export):
    came = clock.now()
    mark_agents(shop_id=shop.pk, visitor_ids=["crawler"], agent="bot", received_at=came)
    seen(shop, "crawler", received_at=came)
    seen(shop, "ada")
    assert {row["visitor_id"] for row in export(shop)[0]} == {"ada"}
    assert counts(shop=shop)["visitors"] == 1


@pytest.mark.parametrize(
    "columns", [{"type": "view_item_list"}, {"type": "search", "item_id": ""}, {"type": "purchase", "low_trust": True}]
)
def test_what_says_nothing_of_interest_or_cannot_be_trusted_is_left_out(shop, seen, export, columns):
    seen(shop, "ada")
    seen(shop, "bob", **columns)
    assert {row["visitor_id"] for row in export(shop)[0]} == {"ada"}
    assert counts(shop=shop) == {"interactions": 5, "visitors": 1, "items": 0}


def test_a_browsers_views_count_though_its_purchases_do_not(shop, seen, export):
    seen(shop, "ada", low_trust=True)
    assert len(export(shop)[0]) == 5


def test_simulated_shoppers_are_marked_and_can_be_left_out(shop, seen, export):
    seen(shop, "ada")
    seen(shop, "robot", simulated=True)
    marked = {row["visitor_id"]: row["simulated"] for row in export(shop)[0]}
    assert marked == {"ada": False, "robot": True}
    assert {row["visitor_id"] for row in export(shop, bounds=Bounds(counts_simulated=False))[0]} == {"ada"}


def test_items_arrive_with_every_category_whole(shop, export):
    Item.objects.create(
        shop=shop,
        item_id="mug",
        title='A "red", round\nmug',
        categories=["Tea, coffee | more", "Küche"],
        price="4.20",
        published_at=clock.now(),
        in_stock=False,
    )
    Item.objects.create(shop=shop, item_id="gone", deleted_at=clock.now())
    (item,) = export(shop)[1]
    assert item["title"] == 'A "red", round\nmug'
    assert item["categories"] == ["Tea, coffee | more", "Küche"]
    assert (item["price"], item["in_stock"]) == (4.2, False)
    assert item["published_at"] == pytest.approx(clock.now().timestamp(), abs=60)


def test_an_id_that_looks_like_nothing_or_a_number_stays_as_it_is(shop, seen, export):
    seen(shop, "NULL", "007", "\\N")
    assert {row["visitor_id"] for row in export(shop)[0]} == {"NULL", "007", "\\N"}


def test_a_snapshot_that_is_there_is_kept_for_the_next_attempt(shop, seen, tmp_path):
    folder = tmp_path / "snapshot"
    seen(shop, "ada")
    export_snapshot(shop=shop, folder=folder)
    seen(shop, "bob")
    export_snapshot(shop=shop, folder=folder)
    assert pq.read_table(folder / "interactions.parquet").num_rows == 5
    assert sorted(path.name for path in tmp_path.iterdir()) == ["snapshot"]
