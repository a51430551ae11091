"""Expressions and items made at random, for the tests of the language and of its SQL."""

from decimal import Decimal

from hypothesis import strategies as st

from recommender.expressions import FIELDS, All, Comparison, Exists, Field, In, Kind, Not, Some

WORDS = ["Kitchen", "kitchen", "Mug", "42", "true", 'say "hi"', "it's", "C:\\", "ÄÖ", "äö", "茶壶"]
NAMES = ["colour", "size", "Shoe size", 'a"b', "in", "größe", "x-y"]

texts = st.sampled_from(WORDS) | st.text(st.characters(blacklist_categories=("Cc", "Cs")), min_size=1, max_size=6)
numbers = st.decimals(min_value=-1000, max_value=1000, places=2, allow_nan=False).map(
    lambda n: n + 0
) | st.sampled_from([Decimal(42), Decimal("42.50"), Decimal(0)])
flags = st.booleans()
values_of_kind = {Kind.TEXT: texts, Kind.NUMBER: numbers, Kind.FLAG: flags}
fields = st.sampled_from(sorted(FIELDS)).map(Field) | st.builds(
    Field, st.sampled_from(NAMES), is_attribute=st.just(True)
)


@st.composite
def terms(draw):
    field = draw(fields)
    kind = draw(st.sampled_from(sorted(values_of_kind, key=str))) if field.kind is Kind.ANY else field.kind
    values = values_of_kind[kind]
    shape = draw(st.sampled_from(["=", "!=", "in", "exists", *_more(kind)]))
    if shape == "exists":
        return Exists(field)
    if shape == "in":
        return In(field, tuple(draw(st.lists(values, min_size=1, max_size=3))))
    return Comparison(field, shape, draw(values))


def _more(kind):
    return {Kind.TEXT: ["contains"], Kind.NUMBER: ["<", "<=", ">", ">="]}.get(kind, [])


def _grown(children):
    several = st.lists(children, min_size=2, max_size=3).map(tuple)
    return several.map(All) | several.map(Some) | children.map(Not)


expressions = st.recursive(terms(), _grown, max_leaves=8)
