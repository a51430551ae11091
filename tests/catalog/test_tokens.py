"""What items are found by follows them, whoever writes; and no shop finds another's."""

import pytest
from django.db import connection

from dashboard.catalog.models import Item, ItemToken
from dashboard.catalog.servable import alike_items, items_with_words
from dashboard.catalog.services import upsert_items
from dashboard.core.tenancy import shop_scope

pytestmark = pytest.mark.django_db


def tokens(shop):
    """Those of serving: what only the search of the catalog needs has tests of its own."""
    return {token for token in ItemToken.objects.filter(shop=shop).values_list("token", flat=True) if token[0] in "wbc"}


def found(shop, *words):
    return [item.item_id for item in items_with_words(shop.pk, words, limit=10)]


def test_an_item_is_found_by_words_brand_and_categories_as_they_change(shop):
    upsert_items(shop=shop, raw_items=[{"item_id": "a", "title": "Blue Mug", "brand": "Oak", "categories": ["Home"]}])
    assert tokens(shop) == {"w:blue", "w:mug", "b:Oak", "c:Home"}
    upsert_items(shop=shop, raw_items=[{"item_id": "a", "title": "Red mug", "categories": ["Home", "Tea"]}])
    assert tokens(shop) == {"w:red", "w:mug", "b:Oak", "c:Home", "c:Tea"}
    Item.objects.filter(shop=shop).update(brand="")
    assert "b:Oak" not in tokens(shop)
    Item.objects.filter(shop=shop).delete()
    assert tokens(shop) == set()


def test_titles_with_most_of_the_words_come_first(shop):
    titles = {"a": "Blue tin", "b": "Big blue mug", "c": "Jug"}
    upsert_items(shop=shop, raw_items=[{"item_id": name, "title": title} for name, title in titles.items()])
    assert found(shop, "blue", "mug") == ["b", "a"]


def test_alike_are_items_of_the_same_categories_or_brand(shop):
    items = [("seed", ["Home"], "Oak"), ("both", ["Home"], "Oak"), ("brand", ["Tea"], "Oak"), ("none", ["Tea"], "Elm")]
    raw = [{"item_id": name, "categories": categories, "brand": brand} for name, categories, brand in items]
    upsert_items(shop=shop, raw_items=raw)
    _, alike = alike_items(shop.pk, ["seed"])
    assert [item.item_id for item in alike] == ["both", "seed", "brand"]


def test_no_shop_finds_another_shops_items(shop, other_shop):
    for one, name in ((shop, "ours"), (other_shop, "theirs")):
        upsert_items(shop=one, raw_items=[{"item_id": name, "title": "Blue mug"}])
    with shop_scope(shop.pk):
        assert found(shop, "blue") == ["ours"]
        assert found(other_shop, "blue") == []
        assert {token.shop_id for token in ItemToken.objects.all()} == {shop.pk}


def test_words_are_looked_up_by_an_index_beneath_the_row_policy(shop):
    with shop_scope(shop.pk), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan TO off")
        cursor.execute(
            "EXPLAIN SELECT item_pk FROM catalog_itemtoken WHERE shop_id = %s AND token = 'w:blue'", [shop.pk]
        )
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "token" in plan.partition("Index Cond")[2].partition("\n")[0]
