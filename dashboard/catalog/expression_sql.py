"""An expression as a condition on rows of `catalog_item`: what recommender/expressions/predicate.py says of one."""

from datetime import datetime

from dashboard.core.expression_sql import (
    TYPES,
    Condition,
    Term,
    attribute_exists,
    attribute_holds,
    joined,
    tested,
)
from recommender.expressions import Comparison, Exists, Expression, Field, In

__all__ = ["AGE_DAYS", "Condition", "condition"]
_COLUMNS = {
    "item_id": "item_id",
    "title": "title",
    "brand": "brand",
    "group_id": "group_id",
    "currency": "currency",
    "price": "price",
    "in_stock": "in_stock",
}
AGE_DAYS = "greatest(extract(epoch FROM %s - coalesce(published_at, created_at))::float8 / 86400, 0)"
_CATEGORIES = "EXISTS (SELECT 1 FROM unnest(categories) AS entry WHERE {test})"


def condition(expression: Expression, *, now: datetime) -> Condition:
    """Rows of `catalog_item` that fulfil the expression; `now` is what `age_days` counts from."""

    def term(found: Term) -> Condition:
        return _exists(found.field) if isinstance(found, Exists) else _comparison(found, now)

    return joined(expression, term)


def _exists(field: Field) -> Condition:
    if field.is_attribute:
        return attribute_exists(field)
    if field.name == "category":
        return Condition("categories <> '{}'", [])
    if field.name in ("price", "in_stock", "age_days"):
        return Condition("price IS NOT NULL" if field.name == "price" else "TRUE", [])
    return Condition(f"{_COLUMNS[field.name]} <> ''", [])


def _comparison(expression: Comparison | In, now: datetime) -> Condition:
    field = expression.field
    if field.is_attribute:
        return attribute_holds(expression)
    if field.name == "category":
        return _category(expression)
    if field.name == "age_days":
        test = tested(expression, AGE_DAYS, "float8")
        return Condition(test.sql, [now, *test.parameters])
    return tested(expression, _COLUMNS[field.name], TYPES[field.kind])


def _category(expression: Comparison | In) -> Condition:
    if isinstance(expression, In):
        return Condition("categories && %s::varchar[]", [list(map(str, expression.values))])
    if expression.op == "contains":
        test = tested(expression, "entry", "text")
        return Condition(_CATEGORIES.format(test=test.sql), test.parameters)
    return Condition("categories && ARRAY[%s]::varchar[]", [str(expression.value)])
