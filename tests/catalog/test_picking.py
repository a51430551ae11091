"""An item or a value is found while one types it, whatever its case, and taken in the catalog's own spelling."""

import pytest

from dashboard.catalog.models import Item
from dashboard.catalog.picking import (
    FieldValue,
    Resolved,
    attribute_names,
    items_like,
    resolved_value,
    values_like,
)
from dashboard.core import clock

ROWS = [
    # id, title, categories, brand, attributes, in stock, deleted
    ("22423", "Regency cakestand", ["Kitchen", "Christmas"], "Clay & Co", {"colour": "Red"}, True, False),
    ("22424", "Cake tin", ["Kitchen"], "Clay & Co", {"colour": "red", "size": 4}, False, False),
    ("AB-1", "Christmas garland", ["Christmas"], "Digwell", {"colour": ["Green", "Red"]}, True, False),
    ("AB-2", "Garland", ["Christmas Gifts"], "", {"size": 5}, True, False),
    ("AB-3", "Garland", ["Garden"], "", {}, True, False),
    ("old", "Cakestand of before", ["Old"], "Gone", {}, True, True),
]


@pytest.fixture
def catalog(shop, other_shop):
    for item_id, title, categories, brand, attributes, in_stock, is_deleted in ROWS:
        Item.objects.create(
            shop=shop,
            item_id=item_id,
            title=title,
            categories=categories,
            brand=brand,
            attributes=attributes,
            in_stock=in_stock,
            group_id="product-7" if item_id.startswith("2") else "",
            deleted_at=clock.now() if is_deleted else None,
        )
    Item.objects.create(shop=other_shop, item_id="99999", title="Cake of others", categories=["Christmas Theirs"])
    return shop


def ids_like(shop, text):
    return [item.item_id for item in items_like(shop.pk, text, limit=10)]


def values(shop, field, text=""):
    return values_like(shop.pk, field, text, clock.now(), limit=10)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cake", ["22424", "22423"]),
        ("REGENCY", ["22423"]),
        ("2242", ["22423", "22424"]),
        ("garland", ["AB-2", "AB-3", "AB-1"]),
        ("ab-3", ["AB-3"]),
        ("before", []),
        ("others", []),
        (" ", []),
        ("no such thing", []),
    ],
)
def test_items_are_found_by_title_and_id(catalog, text, expected):
    assert sorted(ids_like(catalog, text)) == sorted(expected)


def test_what_is_called_just_so_comes_first_and_what_is_sold_out_last(catalog):
    assert ids_like(catalog, "garland")[:2] == ["AB-2", "AB-3"]
    assert ids_like(catalog, "cake") == ["22423", "22424"]


def test_values_come_with_their_counts_and_those_that_begin_so_first(catalog):
    assert values(catalog, "categories", "CHRIST") == [
        FieldValue("Christmas", 2, 2),
        FieldValue("Christmas Gifts", 1, 1),
    ]
    assert values(catalog, "categories", "gifts") == [FieldValue("Christmas Gifts", 1, 1)]
    assert values(catalog, "brand") == [FieldValue("Clay & Co", 2, 1), FieldValue("Digwell", 1, 1)]
    assert values(catalog, "group_id", "PROD") == [FieldValue("product-7", 2, 1)]


def test_attributes_and_their_values_are_found_too(catalog):
    assert attribute_names(catalog.pk) == ["colour", "size"]
    assert values(catalog, "colour", "re") == [
        FieldValue("Red", 2, 2),
        FieldValue("red", 1, 0),
        FieldValue("Green", 1, 1),
    ]


@pytest.mark.parametrize(
    ("field", "typed", "expected"),
    [
        ("item_id", "22423", Resolved("22423")),
        ("item_id", "regency CAKESTAND", Resolved("22423")),
        ("item_id", "ab-1", Resolved("AB-1")),
        ("item_id", "Garland", Resolved("", ("AB-2", "AB-3"))),
        ("item_id", "cake", Resolved("", ("22423", "22424"))),
        ("item_id", "old", Resolved("")),
        ("item_id", "99999", Resolved("")),
        ("categories", "christmas", Resolved("Christmas")),
        ("categories", "chris", Resolved("", ("Christmas", "Christmas Gifts"))),
        ("categories", "Old", Resolved("")),
        ("brand", "CLAY & CO", Resolved("Clay & Co")),
        ("brand", "Nobody", Resolved("")),
        ("colour", "red", Resolved("red")),
        ("colour", "RED", Resolved("", ("Red", "red"))),
    ],
)
def test_what_was_typed_is_taken_as_the_catalog_spells_it(catalog, field, typed, expected):
    assert resolved_value(catalog.pk, field, typed, clock.now()) == expected
