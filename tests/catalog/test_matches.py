"""Postgres and Python find the same items by a match, whatever the items hold."""

import datetime
import math

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dashboard.catalog.matches import Selection, matching, value_reader
from dashboard.catalog.models import Item
from dashboard.catalog.servable import newest_items
from recommender.slate import Rule
from tests.catalog.test_expression_sql import items

pytestmark = pytest.mark.django_db
NOW = datetime.datetime(2026, 11, 24, 12, tzinfo=datetime.UTC)
FIELDS = ["item_id", "category", "categories", "brand", "group_id", "price", "age_days", "impressions", "title"]
WORDS = ["Mug", "mug", "i1", "Tea", "茶", "42", "", "true"]
scalars = st.sampled_from([*WORDS, True, False, 0, 1, 42, 42.5, 0.1, -3]) | st.integers(0, 1000)
bounds = st.sampled_from([-math.inf, 0, 0.5, 42, 300, math.inf])
ranges = (
    st.tuples(bounds, bounds)
    .map(sorted)
    .map(lambda pair: {"max": 1e9} | {n: v for n, v in zip(("min", "max"), pair, strict=True) if math.isfinite(v)})
)
conditions = scalars | ranges | st.lists(scalars, min_size=1, max_size=4)


def matches_of(names):
    fields = st.sampled_from([*FIELDS, *names])
    return st.dictionaries(fields, conditions, min_size=1, max_size=2)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), rows=st.lists(items, min_size=1, max_size=6))
def test_sql_finds_exactly_the_items_that_a_rule_concerns(shop, data, rows):
    Item.objects.filter(shop=shop).delete()
    Item.objects.bulk_create(Item(shop=shop, item_id=f"i{number}", **row) for number, row in enumerate(rows))
    everything = newest_items(shop.pk, limit=100)
    names = sorted({name for row in rows for name in row["attributes"]})
    asked = data.draw(st.lists(matches_of(names), min_size=1, max_size=6))
    for raw in asked:
        rule = Rule.from_dict({"kind": "exclude", "match": raw})
        by_python = {item.item_id for item in everything if rule.matches(value_reader(item, NOW))}
        assert found(matching(shop.pk, rule.match, NOW)) == by_python, raw


def test_a_selection_asks_for_all_of_some_and_none_of_others(shop):
    for number, (brand, category) in enumerate([("A", "x"), ("A", "y"), ("B", "x"), ("B", "y"), ("", "x")]):
        Item.objects.create(shop=shop, item_id=f"i{number}", brand=brand, categories=[category])
    selection = Selection(within=((("categories", "x"),),), without=((("brand", "B"),), (("item_id", "i0"),)))
    assert found(selection.condition(shop.pk, NOW)) == {"i4"}


def test_what_asks_for_nothing_has_no_condition(shop):
    assert Selection().condition(shop.pk, NOW) is None


def found(condition):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT item_id FROM catalog_item WHERE {condition.sql}", condition.parameters)  # noqa: S608
        return {row[0] for row in cursor.fetchall()}
