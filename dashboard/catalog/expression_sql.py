"""An expression as a condition on rows of `catalog_item`: the same as recommender/expressions/predicate.py says of one.

A condition that is NULL counts as false, and whatever is negated is negated with IS NOT TRUE. The text is made of
constants of this module; every value of the expression is a parameter.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from recommender.expressions import All, Comparison, Exists, Expression, Field, In, Kind, Not, Some
from recommender.expressions.predicate import NUMBER_IN_TEXT, folded

Parameter = str | bool | int | float | Decimal | datetime | list[str] | list[float] | list[Decimal]
_COLUMNS = {
    "item_id": "item_id",
    "title": "title",
    "brand": "brand",
    "group_id": "group_id",
    "currency": "currency",
    "price": "price",
    "in_stock": "in_stock",
}
_TYPES = {Kind.TEXT: "text", Kind.NUMBER: "numeric", Kind.FLAG: "boolean"}
AGE_DAYS = "greatest(extract(epoch FROM %s - coalesce(published_at, created_at))::float8 / 86400, 0)"
_ELEMENTS = (
    "EXISTS (SELECT 1 FROM jsonb_array_elements(CASE WHEN jsonb_typeof(attributes -> %s) = 'array' "
    "THEN attributes -> %s ELSE jsonb_build_array(attributes -> %s) END) AS element WHERE {test})"
)
_CATEGORIES = "EXISTS (SELECT 1 FROM unnest(categories) AS entry WHERE {test})"
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


def condition(expression: Expression, *, now: datetime) -> Condition:
    """Rows of `catalog_item` that fulfil the expression; `now` is what `age_days` counts from."""
    if isinstance(expression, All | Some):
        parts = [condition(part, now=now) for part in expression.parts]
        sign = " AND " if isinstance(expression, All) else " OR "
        parameters = [value for part in parts for value in part.parameters]
        return Condition(f"({sign.join(part.sql for part in parts)})", parameters)
    if isinstance(expression, Not):
        return _negated(condition(expression.part, now=now))
    if isinstance(expression, Exists):
        return _exists(expression.field)
    found = _comparison(expression, now)
    return _negated(found) if isinstance(expression, Comparison) and expression.op == "!=" else found


def _negated(part: Condition) -> Condition:
    return Condition(f"({part.sql}) IS NOT TRUE", part.parameters)


def _exists(field: Field) -> Condition:
    if field.is_attribute:
        return Condition("""(attributes -> %s) NOT IN ('null', '""', '[]')""", [field.name])
    if field.name == "category":
        return Condition("categories <> '{}'", [])
    if field.name in ("price", "in_stock", "age_days"):
        return Condition("price IS NOT NULL" if field.name == "price" else "TRUE", [])
    return Condition(f"{_COLUMNS[field.name]} <> ''", [])


def _comparison(expression: Comparison | In, now: datetime) -> Condition:
    field = expression.field
    if field.is_attribute:
        test = _test(expression, *_reading(expression))
        names: list[Parameter] = [field.name] * 3
        return Condition(_ELEMENTS.format(test=test.sql), [*names, *test.parameters])
    if field.name == "category":
        return _category(expression)
    if field.name == "age_days":
        test = _test(expression, AGE_DAYS, "float8")
        return Condition(test.sql, [now, *test.parameters])
    return _test(expression, _COLUMNS[field.name], _TYPES[field.kind])


def _category(expression: Comparison | In) -> Condition:
    if isinstance(expression, In):
        return Condition("categories && %s::varchar[]", [list(map(str, expression.values))])
    if expression.op == "contains":
        test = _test(expression, "entry", "text")
        return Condition(_CATEGORIES.format(test=test.sql), test.parameters)
    return Condition("categories && ARRAY[%s]::varchar[]", [str(expression.value)])


def _reading(expression: Comparison | In) -> tuple[str, str]:
    """(an element of an attribute as what it is compared with, the type of that)."""
    value = expression.values[0] if isinstance(expression, In) else expression.value
    if isinstance(value, bool):
        return _FLAG, "boolean"
    return (f"CASE WHEN {_IS_TEXT} THEN {_TEXT} END", "text") if isinstance(value, str) else (_NUMBER, "numeric")


def _test(expression: Comparison | In, side: str, kind: str) -> Condition:
    if isinstance(expression, In):
        return Condition(f"({side}) = ANY(%s::{kind}[])", [list(expression.values)])  # type: ignore[list-item]
    if expression.op == "contains":
        part = folded(str(expression.value)).decode()
        return Condition(f'strpos(lower(({side}) COLLATE "C"), %s) > 0', [part])
    op = "=" if expression.op == "!=" else expression.op
    return Condition(f"({side}) {op} %s::{kind}", [expression.value])
