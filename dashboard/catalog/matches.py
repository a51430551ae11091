"""Items that fulfil a match: conditions on fields, as the rules of a policy name them (`recommender.slate.Rule.match`).

The same is said twice, of one item in Python and of rows in SQL; tests/catalog/test_matches.py holds them together.
Categories, brands and ids are found by indexes, so that a match costs what it finds; attributes, prices and ages cost
one look at each item of the shop.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dashboard.catalog.expression_sql import AGE_DAYS, condition
from dashboard.catalog.servable import ServableItem, age_days
from dashboard.core.expression_sql import Condition, Parameter
from recommender.expressions import All, Comparison, Expression, Field, In
from recommender.slate import Range

Match = tuple[tuple[str, Any], ...]  # (field, condition) that all hold
_TEXTS = {"item_id": "item_id", "brand": "brand", "group_id": "group_id"}
_TOKENS = {"brand": "b:", "category": "c:", "categories": "c:"}
_SAYS_NOTHING_EMPTY = ("item_id", "category", "brand", "group_id")
_NOTHING = Condition("FALSE", [])
_ELEMENT = (
    "EXISTS (SELECT 1 FROM jsonb_array_elements(CASE WHEN jsonb_typeof(attributes -> %s) = 'array' "
    "THEN attributes -> %s ELSE jsonb_build_array(attributes -> %s) END) AS element WHERE {test})"
)
_IN_RANGE = (
    "CASE WHEN jsonb_typeof(element) = 'number' THEN (element #>> '{}')::float8 BETWEEN %s::float8 AND %s::float8 END"
)


@dataclass(frozen=True)
class Selection:
    """Items that fulfil every match of `within`, none of `without`, and the expression."""

    within: tuple[Match, ...] = ()
    without: tuple[Match, ...] = ()
    expression: Expression | None = None

    @property
    def asks_for_nothing(self) -> bool:
        return self == EVERYTHING

    def condition(self, shop_id: int, now: datetime) -> Condition | None:
        """The same for rows of `catalog_item`; None where it asks for nothing."""
        parts = [matching(shop_id, match, now) for match in self.within]
        if self.expression is not None:
            parts += [*_by_tokens_of(shop_id, self.expression), condition(self.expression, now=now)]
        if self.without:
            parts.append(_none_of([matching(shop_id, match, now) for match in self.without], shop_id))
        return _all(parts) if parts else None


EVERYTHING = Selection()


def value_reader(item: ServableItem, now: datetime) -> Callable[[str], Any]:
    """`reader(field)`: what a match compares, None where the item has none."""
    column = column_reader([item], now)
    return lambda name: column(name)[0]


def column_reader(items: Sequence[ServableItem], now: datetime) -> Callable[[str], list[Any]]:
    """`reader(field)`: what `value_reader` answers for each of them, in a tenth of the time."""

    def column(name: str) -> list[Any]:
        if name == "age_days":
            return [age_days(item, now) for item in items]
        if name in _SAYS_NOTHING_EMPTY:
            return [getattr(item, name) or None for item in items]
        if name == "categories":
            return [item.categories for item in items]
        if name == "price":
            return [_price(item) for item in items]
        return [item.attributes.get(name) for item in items]

    return column


def _price(item: ServableItem) -> float | None:
    return None if item.price is None else float(item.price)


def matching(shop_id: int, match: Match, now: datetime) -> Condition:
    """Rows of `catalog_item` that fulfil a match."""
    return _all([_condition(shop_id, name, wanted, now) for name, wanted in match])


def _condition(shop_id: int, name: str, wanted: Any, now: datetime) -> Condition:
    if name == "impressions":  # nothing that the catalog knows
        return _NOTHING
    if name in _TEXTS or name in _TOKENS:
        return _of_text(shop_id, name, _texts(wanted))
    if name in ("price", "age_days"):
        column, parameters = ("price::float8", []) if name == "price" else (AGE_DAYS, [now])
        return _of_number(column, parameters, wanted)
    return _of_attribute(name, wanted)


def _of_text(shop_id: int, name: str, texts: list[str]) -> Condition:
    if not texts:
        return _NOTHING
    if name in _TOKENS:
        found = _by_token(shop_id, [_TOKENS[name] + text for text in texts])
        return found if name != "category" else _all([found, Condition("categories[1] = ANY(%s)", [texts])])
    return Condition(f"{_TEXTS[name]} = ANY(%s)", [texts])


def _by_token(shop_id: int, tokens: list[str]) -> Condition:
    sql = "id IN (SELECT item_pk FROM catalog_itemtoken t WHERE t.shop_id = %s AND t.token = ANY(%s))"
    return Condition(sql, [shop_id, tokens])


def _by_tokens_of(shop_id: int, expression: Expression) -> list[Condition]:
    """What an expression asks of all items and an index knows: it finds them, the expression itself looks again."""
    parts = expression.parts if isinstance(expression, All) else (expression,)
    wanted: list[tuple[str, Sequence[Any]]] = []
    for part in parts:
        if isinstance(part, In):
            wanted.append((_indexed(part.field), part.values))
        elif isinstance(part, Comparison) and part.op == "=":
            wanted.append((_indexed(part.field), (part.value,)))
    return [_by_token(shop_id, [_TOKENS[name] + str(value) for value in values]) for name, values in wanted if name]


def _indexed(field: Field) -> str:
    return field.name if field.name in _TOKENS and not field.is_attribute else ""


def _of_number(column: str, parameters: Sequence[Parameter], wanted: Any) -> Condition:
    if isinstance(wanted, Range):
        return Condition(f"{column} BETWEEN %s::float8 AND %s::float8", [*parameters, wanted.minimum, wanted.maximum])
    numbers = [float(value) for value in _listed(wanted) if _is_number(value)]
    return Condition(f"{column} = ANY(%s::float8[])", [*parameters, numbers]) if numbers else _NOTHING


def _of_attribute(name: str, wanted: Any) -> Condition:
    names: list[Parameter] = [name] * 3
    if isinstance(wanted, Range):
        return Condition(_ELEMENT.format(test=_IN_RANGE), [*names, wanted.minimum, wanted.maximum])
    values = [json.dumps(value) for value in _listed(wanted)]
    return Condition(_ELEMENT.format(test="element = ANY(%s::jsonb[])"), [*names, values])


def _all(parts: Sequence[Condition]) -> Condition:
    return Condition(
        "(" + " AND ".join(part.sql for part in parts) + ")", [value for part in parts for value in part.parameters]
    )


def _none_of(parts: Sequence[Condition], shop_id: int) -> Condition:
    """A union and not `OR`: each part is found by its own index."""
    selects = [f"SELECT id FROM catalog_item WHERE shop_id = %s AND {part.sql}" for part in parts]  # noqa: S608
    found = " UNION ALL ".join(selects)
    return Condition(f"id NOT IN ({found})", [value for part in parts for value in (shop_id, *part.parameters)])


def _listed(wanted: Any) -> Iterable[Any]:
    return wanted if isinstance(wanted, tuple) else (wanted,)


def _texts(wanted: Any) -> list[str]:
    return [value for value in _listed(wanted) if isinstance(value, str) and value]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
