"""Expressions as conditions on rows: what tables of items and of visitors have in common.

A condition that is NULL counts as false, and whatever is negated is negated with IS NOT TRUE. The text is made of
constants; every value of an expression is a parameter.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from recommender.expressions import All, Comparison, Exists, Expression, Field, In, Kind, Not, Some
from recommender.expressions.predicate import NUMBER_IN_TEXT, folded

Parameter = str | bool | int | float | Decimal | datetime | list[str] | list[float] | list[Decimal]
Term = Comparison | In | Exists
TYPES = {Kind.TEXT: "text", Kind.NUMBER: "numeric", Kind.FLAG: "boolean"}
_ELEMENTS = (
    "EXISTS (SELECT 1 FROM jsonb_array_elements(CASE WHEN jsonb_typeof(attributes -> %s) = 'array' "
    "THEN attributes -> %s ELSE jsonb_build_array(attributes -> %s) END) AS element WHERE {test})"
)
_TEXT = "element #>> '{}'"
_IS_TEXT = "jsonb_typeof(element) = 'string'"
_NUMBER = (
    f"CASE jsonb_typeof(element) WHEN 'number' THEN ({_TEXT})::numeric "
    f"WHEN 'string' THEN CASE WHEN {_TEXT} ~ '^{NUMBER_IN_TEXT}$' THEN ({_TEXT})::numeric END END"
)
_FLAG = (
    f"CASE jsonb_typeof(element) WHEN 'boolean' THEN ({_TEXT})::boolean WHEN 'string' THEN "
    f"""CASE lower(({_TEXT}) COLLATE "C") WHEN 'true' THEN true WHEN 'false' THEN false END END"""
)


@dataclass(frozen=True)
class Condition:
    """SQL with a `%s` for each of `parameters`."""

    sql: str
    parameters: list[Parameter]

    def named(self, prefix: str) -> tuple[str, dict[str, Parameter]]:
        """The same with `%(prefix0)s`, `%(prefix1)s`, …"""
        first, *rest = self.sql.split("%s")
        sql = first + "".join(f"%({prefix}{number})s{text}" for number, text in enumerate(rest))
        return sql, {f"{prefix}{number}": value for number, value in enumerate(self.parameters)}


def joined(expression: Expression, term: Callable[[Term], Condition]) -> Condition:
    """All of an expression; `term` says what holds of one comparison, `!=` as if it were `=`."""
    if isinstance(expression, All | Some):
        parts = [joined(part, term) for part in expression.parts]
        sign = " AND " if isinstance(expression, All) else " OR "
        parameters = [value for part in parts for value in part.parameters]
        return Condition(f"({sign.join(part.sql for part in parts)})", parameters)
    if isinstance(expression, Not):
        return _negated(joined(expression.part, term))
    found = term(expression)
    return _negated(found) if isinstance(expression, Comparison) and expression.op == "!=" else found


def _negated(part: Condition) -> Condition:
    return Condition(f"({part.sql}) IS NOT TRUE", part.parameters)


def attribute_exists(field: Field) -> Condition:
    """Of a column `attributes` of JSON."""
    return Condition("""(attributes -> %s) NOT IN ('null', '""', '[]')""", [field.name])


def attribute_holds(expression: Comparison | In) -> Condition:
    """The same."""
    test = tested(expression, *_reading(expression))
    names: list[Parameter] = [expression.field.name] * 3
    return Condition(_ELEMENTS.format(test=test.sql), [*names, *test.parameters])


def _reading(expression: Comparison | In) -> tuple[str, str]:
    """(an element of an attribute as what it is compared with, the type of that)."""
    value = expression.values[0] if isinstance(expression, In) else expression.value
    if isinstance(value, bool):
        return _FLAG, "boolean"
    return (f"CASE WHEN {_IS_TEXT} THEN {_TEXT} END", "text") if isinstance(value, str) else (_NUMBER, "numeric")


def tested(expression: Comparison | In, side: str, kind: str) -> Condition:
    """A comparison of `side`, SQL without parameters, which is of a PostgreSQL type."""
    if isinstance(expression, In):
        return Condition(f"({side}) = ANY(%s::{kind}[])", [list(expression.values)])  # type: ignore[list-item]
    if expression.op == "contains":
        part = folded(str(expression.value)).decode()
        return Condition(f'strpos(lower(({side}) COLLATE "C"), %s) > 0', [part])
    op = "=" if expression.op == "!=" else expression.op
    return Condition(f"({side}) {op} %s::{kind}", [expression.value])
