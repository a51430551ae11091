"""How many items a match finds, and how many of them a slate may hold."""

import datetime

import pytest

from dashboard.catalog.matched import MatchCount, few_item_ids, has_products, match_counts, products_left
from dashboard.catalog.matches import EVERYTHING, Selection
from dashboard.catalog.models import Item
from dashboard.core import clock

KITCHEN, DIGWELL = (("categories", "Kitchen"),), (("brand", "Digwell"),)
NOBODY = (("brand", "Nobody"),)


@pytest.fixture
def catalog(shop, other_shop):
    rows = [
        # item, category, brand, product, in stock, deleted
        ("red", "Kitchen", "Clay", "mug", True, False),
        ("blue", "Kitchen", "Clay", "mug", True, False),
        ("bowl", "Kitchen", "Whizz", "", True, False),
        ("rare", "Kitchen", "Whizz", "", False, False),
        ("gone", "Kitchen", "Whizz", "", True, True),
        ("spade", "Garden", "Digwell", "", True, False),
    ]
    now = clock.now()
    for age, (item_id, category, brand, product, in_stock, is_deleted) in enumerate(rows):
        Item.objects.create(
            shop=shop,
            item_id=item_id,
            categories=[category],
            brand=brand,
            group_id=product,
            in_stock=in_stock,
            deleted_at=now if is_deleted else None,
            published_at=now - datetime.timedelta(days=age),
        )
    Item.objects.create(shop=other_shop, item_id="theirs", categories=["Kitchen"], brand="Digwell")
    return shop


def counts(shop, matches, selection=EVERYTHING):
    return match_counts(shop.pk, matches, selection, clock.now())


def test_items_are_counted_in_the_catalog_in_stock_and_allowed(catalog):
    without_whizz = Selection(without=((("brand", "Whizz"),),))
    kitchen, digwell, nobody = counts(catalog, [KITCHEN, DIGWELL, NOBODY], without_whizz)
    assert (kitchen.catalog, kitchen.servable, kitchen.allowed) == (4, 3, 2)
    assert kitchen.products == ("g:mug",)
    assert digwell == MatchCount(1, 1, 1, ("i:spade",))
    assert nobody == MatchCount(0, 0, 0, ())


def test_matches_are_counted_in_their_order_however_many_they_are(catalog):
    many = [KITCHEN, DIGWELL] * 15
    assert [entry.catalog for entry in counts(catalog, many)] == [4, 1] * 15


def test_all_are_counted_in_one_round_trip(catalog, django_assert_num_queries):
    with django_assert_num_queries(1):
        counts(catalog, [KITCHEN, DIGWELL, NOBODY], Selection(within=(KITCHEN,), without=(DIGWELL,)))
    with django_assert_num_queries(0):
        assert counts(catalog, []) == []


def test_the_variants_of_a_product_are_one(catalog):
    assert products_left(catalog.pk, EVERYTHING, clock.now()) == 3
    assert products_left(catalog.pk, Selection(within=(KITCHEN,)), clock.now()) == 2


@pytest.mark.parametrize("looked_at", [1, 20])
@pytest.mark.parametrize(("at_least", "expected"), [(2, True), (3, True), (4, False)])
def test_whether_there_are_so_many_is_told_however_few_are_looked_at(
    catalog, monkeypatch, looked_at, at_least, expected
):
    monkeypatch.setattr("dashboard.catalog.matched.VARIANTS_LOOKED_AT", looked_at)
    assert has_products(catalog.pk, EVERYTHING, clock.now(), at_least=at_least) is expected


def test_few_items_are_named_newest_first_and_many_are_not(catalog):
    within = Selection(within=(KITCHEN,))
    assert few_item_ids(catalog.pk, within, clock.now(), limit=3) == ("red", "blue", "bowl")
    assert few_item_ids(catalog.pk, within, clock.now(), limit=2) is None
    assert few_item_ids(catalog.pk, Selection(within=(NOBODY,)), clock.now(), limit=2) == ()
