"""What a caller asks of every item: a few plain fields and an expression, one condition in the end."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

from dashboard.catalog.expression_sql import condition
from dashboard.core import clock
from dashboard.core.expression_sql import Condition
from recommender.expressions import All, Comparison, Expression, Field, In


@dataclass(frozen=True)
class ItemFilters:
    """What the caller asks of every item of a slate; never dropped, whatever it leaves over.

    An item passes when its price lies within the bounds (an item without a price does not), when one of its categories
    and its brand are among those given, when it has each of the attributes (with that value, or one of a tuple of
    them), and when `where` holds. `in_stock` False asks for what is sold out: for lists, a slate would be empty.
    """

    price_min: Decimal | None = None
    price_max: Decimal | None = None
    categories: tuple[str, ...] = ()
    brands: tuple[str, ...] = ()
    attributes: Mapping[str, Any] = field(default_factory=dict)
    where: Expression | None = None
    in_stock: bool | None = None

    @cached_property
    def expression(self) -> Expression | None:
        """All of it as one expression; None asks for nothing."""
        parts: list[Expression] = []
        if self.in_stock is not None:
            parts.append(Comparison(Field("in_stock"), "=", self.in_stock))
        if self.price_min is not None:
            parts.append(Comparison(Field("price"), ">=", self.price_min))
        if self.price_max is not None:
            parts.append(Comparison(Field("price"), "<=", self.price_max))
        if self.categories:
            parts.append(In(Field("category"), self.categories))
        if self.brands:
            parts.append(In(Field("brand"), self.brands))
        parts += [_attribute(name, value) for name, value in self.attributes.items()]
        if self.where is not None:
            parts.append(self.where)
        return All(tuple(parts)) if len(parts) > 1 else parts[0] if parts else None

    def condition(self, now: datetime | None = None) -> Condition | None:
        """The same for rows of `catalog_item`."""
        return None if self.expression is None else condition(self.expression, now=now or clock.now())


NO_FILTERS = ItemFilters()


def _attribute(name: str, value: Any) -> Expression:
    wanted = value if isinstance(value, tuple | list) else (value,)
    return In(Field(name, is_attribute=True), tuple(_literal(entry) for entry in wanted))


def _literal(value: Any) -> str | bool | Decimal:
    return value if isinstance(value, str | bool | Decimal) else Decimal(str(value))
