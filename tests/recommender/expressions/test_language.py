"""The language of filters: what is written is what is understood, and what is not understood is named by its place."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.expressions import (
    MAX_CHARACTERS,
    MAX_DEPTH,
    MAX_TERMS,
    MAX_VALUES,
    All,
    Comparison,
    Exists,
    ExpressionError,
    Field,
    In,
    Not,
    Some,
    parsed,
    predicate,
)
from tests.recommender.expressions.made import expressions

ITEM = {
    "item_id": "mug",
    "title": "Red Tea Mug",
    "category": ["Kitchen", "Mugs"],
    "price": Decimal("4.50"),
    "in_stock": True,
    "attributes.size": "42",
    "attributes.sizes": ["S", "M"],
    "attributes.new": "TRUE",
}


def holds(text, item=ITEM):
    return predicate(parsed(text))(lambda field: item.get(str(field)))


@given(expressions)
def test_an_expression_that_is_written_and_read_is_the_same(tree):
    assert parsed(str(tree)) == tree


@given(
    st.text(max_size=60)
    | st.lists(st.sampled_from(["(", ")", "and", "or", "not", "in", "price", "=", "<", '"a"', "1", ",", "brand"])).map(
        " ".join
    )
)
def test_whatever_is_typed_is_understood_or_refused_by_its_place(text):
    try:
        tree = parsed(text)
    except ExpressionError as problem:
        assert 1 <= problem.position <= len(text) + 1
    else:
        assert parsed(str(tree)) == tree


def test_and_binds_closer_than_or_and_not_closest():
    price, brand, stock = (
        Comparison(Field("price"), "<", Decimal(9)),
        In(Field("brand"), ("A", "B")),
        Exists(Field("in_stock")),
    )
    read = parsed("price < 9 or not brand in ('A', 'B') AND in_stock exists")
    assert read == Some((price, All((Not(brand), stock))))
    assert parsed("(price < 9 or brand not in ('A', 'B')) and in_stock exists") == All(
        (Some((price, Not(brand))), stock)
    )


@pytest.mark.parametrize(
    ("text", "position", "reason"),
    [
        ("", 1, "empty"),
        ("prise < 20", 1, "no field prise; there are item_id"),
        ("colour = 'red'", 1, "attributes.NAME"),
        ("price << 20", 8, "found <"),
        ("price < '20'", 9, "price is a number, not a text"),
        ("price < ", 9, "found the end"),
        ("brand < 'A'", 7, "brand is a text"),
        ("price contains '2'", 7, "only a text contains"),
        ("title contains mug", 16, "a text in quotes"),
        ("in_stock = yes", 12, "true or false"),
        ("brand in ()", 11, "found )"),
        ("attributes.a in ('x', 1)", 23, "all texts, all numbers"),
        ("attributes.a < 'x'", 16, "compares numbers"),
        ("attributes. = 1", 13, "name of an attribute"),
        ("price < 1 brand = 'A'", 11, "“and”, “or” or the end"),
        ("(price < 1", 11, "“)”"),
        ("title = 'abc", 9, "does not end"),
        ("title = 'a\\b'", 9, "backslash"),
        ("title = 'a\nb'", 9, "control characters"),
        ("title = ''", 9, "1 to 255"),
        ("price < 1234567890123456", 9, "15 digits"),
        ("price < 1;", 10, "means nothing"),
        ("and", 1, "a field"),
    ],
)
def test_a_mistake_is_named_by_its_place(text, position, reason):
    with pytest.raises(ExpressionError) as refusal:
        parsed(text)
    assert refusal.value.position == position
    assert reason in refusal.value.reason
    assert str(refusal.value).startswith(f"At character {position}: ")


@pytest.mark.parametrize(
    "text",
    [
        "x" * (MAX_CHARACTERS + 1),
        "(" * (MAX_DEPTH + 1) + "price < 1" + ")" * (MAX_DEPTH + 1),
        "not " * (MAX_DEPTH + 1) + "price < 1",
        " or ".join(["price < 1"] * (MAX_TERMS + 1)),
        f"price in ({','.join(['1'] * (MAX_VALUES + 1))})",
    ],
)
def test_length_depth_and_number_are_bounded(text):
    with pytest.raises(ExpressionError, match="at most"):
        parsed(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("category = 'Mugs'", True),
        ("category = 'mugs'", False),
        ("category != 'Mugs'", False),
        ("title contains 'tea MUG'", True),
        ("price >= 4.5 and price <= 4.50", True),
        ("attributes.size > 41", True),
        ("attributes.size = 42", True),
        ("attributes.size = '42'", True),
        ("attributes.sizes = 'M'", True),
        ("attributes.sizes in ('L', 'XL')", False),
        ("attributes.new = true", True),
        ("attributes.sizes > 1", False),
        ("brand exists", False),
        ("brand not exists", True),
        ("title exists and category exists", True),
    ],
)
def test_an_item_fulfils_what_is_true_of_it(text, expected):
    assert holds(text) is expected


@pytest.mark.parametrize("text", ["brand = 'A'", "brand in ('A')", "brand contains 'A'", "attributes.weight < 5"])
def test_a_field_that_is_not_there_fulfils_nothing_but_its_opposite(text):
    assert not holds(text)
    assert holds(f"not ({text})")
