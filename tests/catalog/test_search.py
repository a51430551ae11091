"""The merchant finds items by how words of title, brand and id begin, and Chinese anywhere; by an index."""

import pytest
from django.db import connection

from dashboard.catalog.models import Item, ItemToken
from dashboard.catalog.search import with_words
from dashboard.catalog.selectors import current_items
from dashboard.catalog.services import upsert_items
from dashboard.core.tenancy import shop_scope

pytestmark = pytest.mark.django_db
ITEMS = [
    {"item_id": "SKU-1234-blue", "title": "T-Light holder, box-12", "brand": "Oak & Elm"},
    {"item_id": "jug", "title": "Blue jug (12.5cm)", "brand": "Élan"},
    {"item_id": "pot-1", "title": "蓝色陶瓷水壶 Blue", "brand": "景德镇"},
    {"item_id": "pot-2", "title": "水色壶", "brand": "Oak"},
]


@pytest.fixture
def found(shop):
    upsert_items(shop=shop, raw_items=ITEMS)

    def search(text):
        items = with_words(current_items(shop.pk), shop.pk, text)
        return sorted(items.values_list("item_id", flat=True))

    return search


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("blu", ["SKU-1234-blue", "jug", "pot-1"]),
        ("BLUE jug", ["jug"]),
        ("jug blue", ["jug"]),
        ("t-light", ["SKU-1234-blue"]),
        ("light box 12", ["SKU-1234-blue"]),
        ("12.5", ["jug"]),
        ("(12", ["SKU-1234-blue", "jug"]),
        ("sku-12", ["SKU-1234-blue"]),
        ("1234", ["SKU-1234-blue"]),
        ("oak elm", ["SKU-1234-blue"]),
        ("éla", ["jug"]),
        ("水壶", ["pot-1"]),
        ("蓝色水壶", []),
        ("蓝色 水壶", ["pot-1"]),
        ("壶", ["pot-1", "pot-2"]),
        ("德镇", ["pot-1"]),
        ("陶瓷水壶blue", ["pot-1"]),
        ("teapot", []),
        ("!?", []),
        ("50% _", []),
        ("  ", ["SKU-1234-blue", "jug", "pot-1", "pot-2"]),
        ("jug\x00", ["jug"]),
    ],
)
def test_every_word_begins_one_of_the_item(found, text, ids):
    assert found(text) == ids


def test_an_item_is_found_by_what_it_is_called_now(found, shop):
    upsert_items(shop=shop, raw_items=[{"item_id": "pot-2", "title": "红色茶杯", "brand": "Ash"}])
    assert (found("水色"), found("oak"), found("茶杯 ash"), found("pot 2")) == (
        [],
        ["SKU-1234-blue"],
        ["pot-2"],
        ["pot-2"],
    )


def test_a_deleted_item_leaves_no_token(found, shop):
    Item.objects.filter(shop=shop).delete()
    assert not ItemToken.objects.exists()


def test_no_shop_finds_another_shops_items(found, other_shop):
    with shop_scope(other_shop.pk):
        assert found("blue") == []
        assert not with_words(current_items(other_shop.pk), other_shop.pk, "blue").exists()


def test_common_words_narrow_what_few_items_have(found, monkeypatch):
    monkeypatch.setattr("dashboard.catalog.search.FEW_ROWS", 1)
    assert found("blue 12") == ["SKU-1234-blue", "jug"]
    assert found("blue jug") == ["jug"]
    assert found("壶") == ["pot-1", "pot-2"]
    assert found("水 oak") == ["pot-2"]


def test_tokens_are_read_by_the_index_beneath_the_row_policy(shop):
    with shop_scope(shop.pk), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan TO off")
        cursor.execute(
            "EXPLAIN SELECT item_pk FROM catalog_itemtoken WHERE shop_id = %s AND token >= 'w:blu' AND token < 'w:blv'",
            [shop.pk],
        )
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "token" in plan.partition("Index Cond")[2].partition("\n")[0], plan
