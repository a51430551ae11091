"""The filters of a request, from JSON: a small documented set; what is not understood is refused, never dropped."""

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _

from dashboard.catalog.filters import NO_FILTERS, ItemFilters
from dashboard.core import errors
from recommender.expressions import Expression, ExpressionError, parsed

MAX_VALUES = 50
MAX_ATTRIBUTES = 10
MAX_TEXT = 255
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")  # Postgres keeps neither NUL nor half a character
_PRICE_LIMIT = Decimal(10) ** 12
KNOWN = ("in_stock", "price_min", "price_max", "category", "brand", "attributes", "where")


def parsed_filters(raw: Any, *, of_slate: bool = True) -> ItemFilters:
    """`{"price_min", "price_max", "category", "brand", "attributes", "in_stock", "where"}`, all optional.

    category, brand and the value of an attribute are one value or a list of which one must hold; `where` is an
    expression (recommender.expressions). All that is given must hold. A slate holds only what is in stock, a list
    (`of_slate` False) may ask for the opposite. Raises `Invalid` by field.
    """
    try:
        return _read(raw, of_slate) if raw else NO_FILTERS
    except errors.Invalid as problem:
        if not of_slate:
            raise
        fields = {f"filters.{name}" if name else "filters": message for name, message in problem.fields.items()}
        raise errors.Invalid(problem.message, fields=fields) from None


def _read(raw: Any, of_slate: bool) -> ItemFilters:
    if not isinstance(raw, Mapping):
        raise _invalid("", _("Filters are an object of names and values."))
    for name in raw:
        if name not in KNOWN:
            raise _invalid(
                str(name)[:50], _("There is no such filter; there are %(known)s.") % {"known": ", ".join(KNOWN)}
            )
    if of_slate and raw.get("in_stock", True) is not True:
        raise _invalid("in_stock", _("Slates hold only items in stock; leave this out or say true."))
    low, high = _price_range(raw)
    return ItemFilters(
        price_min=low,
        price_max=high,
        categories=_texts(raw, "category"),
        brands=_texts(raw, "brand"),
        attributes=_attributes(raw.get("attributes")),
        where=_where(raw.get("where")),
        in_stock=None if of_slate else raw.get("in_stock"),
    )


def _price_range(raw: Mapping[str, Any]) -> tuple[Decimal | None, Decimal | None]:
    low, high = _price(raw, "price_min"), _price(raw, "price_max")
    if low is not None and high is not None and low > high:
        raise _invalid("price_max", _("The highest price must not be below the lowest."))
    return low, high


def _price(raw: Mapping[str, Any], name: str) -> Decimal | None:
    value = raw.get(name)
    if value is None:
        return None
    try:
        price = Decimal("NaN") if isinstance(value, bool) else Decimal(str(value)[:40])
    except InvalidOperation:
        price = Decimal("NaN")
    if not price.is_finite() or not 0 <= price < _PRICE_LIMIT:
        raise _invalid(name, _("A price is a number from 0 on."))
    return price


def _texts(raw: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value = raw.get(name)
    if value is None:
        return ()
    values = value if isinstance(value, list) else [value]
    if not values or len(values) > MAX_VALUES or not all(_is_text(entry) for entry in values):
        raise _invalid(name, _("A text, or a list of 1 to %(most)s texts.") % {"most": MAX_VALUES})
    return tuple(values)


def _attributes(raw: Any) -> dict[str, Any]:
    if raw is None:
        return {}
    if not isinstance(raw, Mapping) or len(raw) > MAX_ATTRIBUTES:
        raise _invalid("attributes", _("An object of at most %(most)s names and values.") % {"most": MAX_ATTRIBUTES})
    return {name: _attribute(name, value) for name, value in raw.items()}


def _attribute(name: Any, value: Any) -> Any:
    values = value if isinstance(value, list) else [value]
    is_short = len(values) <= MAX_VALUES
    if not _is_text(name) or not is_short or len(set(map(_kind, values))) != 1 or not all(map(_is_value, values)):
        raise _invalid(f"attributes.{str(name)[:50]}", _("A text, a number, true or false, or a list of one kind."))
    return tuple(values)


def _kind(value: Any) -> type:
    return float if type(value) is int else type(value)


def _is_value(value: Any) -> bool:
    return isinstance(value, bool | int | float) or _is_text(value)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= MAX_TEXT and not _UNSTORABLE.search(value)


def _where(raw: Any) -> Expression | None:
    if raw is None:
        return None
    if not isinstance(raw, str):
        raise _invalid("where", _('An expression is a text, such as: price < 20 and not brand = "A"'))
    try:
        return parsed(raw)
    except ExpressionError as problem:
        raise _invalid("where", str(problem)) from None


def _invalid(name: str, message: str) -> errors.Invalid:
    return errors.Invalid(message, fields={name: message})
