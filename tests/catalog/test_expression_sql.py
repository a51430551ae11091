"""Postgres and Python understand an expression alike, whatever the item holds."""

import datetime
from decimal import Decimal

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dashboard.catalog.filters import ItemFilters
from dashboard.catalog.models import Item
from dashboard.catalog.servable import newest_items, passing, servable_items
from recommender.expressions import parsed
from tests.recommender.expressions.made import NAMES, WORDS, expressions

pytestmark = pytest.mark.django_db
NOW = datetime.datetime(2026, 11, 24, 12, tzinfo=datetime.UTC)

values = (
    st.sampled_from([*WORDS, "", "-1.5", "1e3", "42\n", " 42", "FALSE"])
    | st.integers(-50, 50)
    | st.floats(-1000, 1000, allow_nan=False)
    | st.sampled_from([1e22, 1e-7, 0.1, 42.5])
    | st.booleans()
    | st.none()
    | st.lists(st.sampled_from(WORDS), max_size=3)
)
items = st.fixed_dictionaries(
    {
        "title": st.sampled_from(["", "Red Tea Mug", "ÄÖ mug", "茶壶"]),
        "categories": st.lists(st.sampled_from(WORDS), max_size=3),
        "brand": st.sampled_from(["", *WORDS]),
        "price": st.none() | st.sampled_from([0, 42]) | st.decimals(0, 1000, places=2),
        "currency": st.sampled_from(["", "GBP"]),
        "group_id": st.sampled_from(["", "Mug"]),
        "published_at": st.datetimes(
            datetime.datetime(2024, 1, 1), datetime.datetime(2026, 12, 31), timezones=st.just(datetime.UTC)
        ),
        "attributes": st.dictionaries(st.sampled_from(NAMES), values, max_size=4),
    }
)


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(items, min_size=1, max_size=6), trees=st.lists(expressions, min_size=1, max_size=8))
def test_sql_finds_exactly_the_items_that_the_predicate_passes(shop, rows, trees):
    Item.objects.filter(shop=shop).delete()
    Item.objects.bulk_create(Item(shop=shop, item_id=f"i{number}", **row) for number, row in enumerate(rows))
    everything = newest_items(shop.pk, limit=100)
    for tree in trees:
        filters = ItemFilters(where=tree)
        with connection.cursor() as cursor:
            found = filters.condition(NOW)
            cursor.execute(f"SELECT item_id FROM catalog_item WHERE {found.sql}", found.parameters)  # noqa: S608
            by_sql = {row[0] for row in cursor.fetchall()}
        passes = passing(filters, now=NOW)
        assert by_sql == {item.item_id for item in everything if passes(item)}, str(tree)


def test_plain_fields_and_an_expression_must_all_hold(shop):
    for number in range(6):
        Item.objects.create(
            shop=shop, item_id=f"i{number}", price=number, attributes={"colour": "red" if number % 2 else "blue"}
        )
    filters = ItemFilters(
        price_min=Decimal(1), attributes={"colour": ("red", "green")}, where=parsed("not price in (3)")
    )
    found = servable_items(shop.pk, [f"i{number}" for number in range(6)], filters=filters)
    assert sorted(found) == ["i1", "i5"]
    assert str(filters.expression) == 'price >= 1 and attributes.colour in ("red", "green") and not price in (3)'


@pytest.mark.parametrize("text", ["'; DROP TABLE catalog_item; --", "%s", "%(shop)s", "100 %", "{test}", "\\'"])
def test_what_a_value_says_is_never_sql(shop, text):
    Item.objects.create(shop=shop, item_id="odd", brand=text, attributes={text: text})
    quoted = text.replace("\\", "\\\\").replace('"', '\\"')
    where = parsed(f'brand = "{quoted}" and attributes."{quoted}" contains "{quoted}"')
    assert list(servable_items(shop.pk, ["odd"], filters=ItemFilters(where=where))) == ["odd"]
