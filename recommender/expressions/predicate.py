"""An expression as a function of one item. The same as dashboard/catalog/expression_sql.py makes of it for Postgres."""

import operator
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from recommender.expressions.tree import All, Comparison, Exists, Expression, Field, In, Not, Some

#: Gives an item's value of a field: a text, a number, a flag, a list of them, or None.
ValueOf = Callable[[Field], Any]
Predicate = Callable[[ValueOf], bool]
Test = Callable[[Any], bool]

#: A text that counts as a number: feeds in CSV know nothing but text.
NUMBER_IN_TEXT = r"-?[0-9]{1,15}(\.[0-9]{1,10})?"
_number_in_text = re.compile(NUMBER_IN_TEXT)
_ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def predicate(expression: Expression) -> Predicate:
    """`predicate(expression)(value_of)`: whether the item fulfils it. Made once, used for every candidate."""
    if isinstance(expression, All | Some):
        parts = [predicate(part) for part in expression.parts]
        combine = all if isinstance(expression, All) else any
        return lambda value_of: combine(part(value_of) for part in parts)
    if isinstance(expression, Not):
        inner = predicate(expression.part)
        return lambda value_of: not inner(value_of)
    if isinstance(expression, Exists):
        field = expression.field
        return lambda value_of: value_of(field) not in (None, "", [], ())
    return _comparison(expression)


def _comparison(expression: Comparison | In) -> Predicate:
    field, test = expression.field, _test(expression)
    negated = isinstance(expression, Comparison) and expression.op == "!="

    def holds(value_of: ValueOf) -> bool:
        value = value_of(field)
        found = any(map(test, value)) if isinstance(value, list | tuple) else test(value)
        return found is not negated

    return holds


def _test(expression: Comparison | In) -> Test:
    values = expression.values if isinstance(expression, In) else (expression.value,)
    if isinstance(expression, Comparison) and expression.op in _ORDERS:
        order, bound = _ORDERS[expression.op], expression.value
        return lambda value: (number := as_number(value)) is not None and order(number, bound)
    if isinstance(expression, Comparison) and expression.op == "contains":
        part = folded(str(expression.value))
        return lambda value: isinstance(value, str) and part in folded(value)
    if isinstance(values[0], bool):
        return lambda value: as_flag(value) in values
    if isinstance(values[0], Decimal):
        return lambda value: as_number(value) in values
    return lambda value: isinstance(value, str) and value in values


def as_number(value: Any) -> Decimal | None:
    """What compares with a number: a number, or a text that is written like one."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, str):
        return Decimal(value) if _number_in_text.fullmatch(value) else None
    return value if isinstance(value, Decimal) else Decimal(str(value))


def as_flag(value: Any) -> bool | None:
    """What compares with true and false: a flag, or one of these words."""
    if isinstance(value, str):
        return {b"true": True, b"false": False}.get(folded(value))
    return value if isinstance(value, bool) else None


def folded(text: str) -> bytes:
    """A to Z as a to z and all else as it is, as Postgres does in the collation C."""
    return text.encode("utf-8", "surrogatepass").lower()
