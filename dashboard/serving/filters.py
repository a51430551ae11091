"""The filters of a request, from JSON: a small documented set; what is not understood is refused, never dropped."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _

from dashboard.catalog.servable import NO_FILTERS, ItemFilters
from dashboard.core import errors

MAX_VALUES = 50
MAX_ATTRIBUTES = 10
MAX_TEXT = 255
_PRICE_LIMIT = Decimal(10) ** 12
KNOWN = ("in_stock", "price_min", "price_max", "category", "brand", "attributes")


def parsed_filters(raw: Any) -> ItemFilters:
    """`{"price_min", "price_max", "category", "brand", "attributes", "in_stock"}`, all optional. Raises `Invalid`.

    category and brand are a text or a list of which one must hold; attributes are {name: value}, all of which must.
    """
    if not raw:
        return NO_FILTERS
    if not isinstance(raw, Mapping):
        raise _invalid("", _("Filters are an object of names and values."))
    for name in raw:
        if name not in KNOWN:
            raise _invalid(str(name), _("There is no such filter; there are %(known)s.") % {"known": ", ".join(KNOWN)})
    if raw.get("in_stock", True) is not True:
        raise _invalid("in_stock", _("Slates hold only items in stock; leave this out or say true."))
    low, high = _price(raw, "price_min"), _price(raw, "price_max")
    if low is not None and high is not None and low > high:
        raise _invalid("price_max", _("The highest price must not be below the lowest."))
    return ItemFilters(low, high, _texts(raw, "category"), _texts(raw, "brand"), _attributes(raw.get("attributes")))


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
    for name, value in raw.items():
        if not _is_text(name) or not (isinstance(value, bool | int | float) or _is_text(value)):
            raise _invalid(f"attributes.{str(name)[:50]}", _("A text, a number, true or false."))
    return dict(raw)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= MAX_TEXT and "\x00" not in value


def _invalid(name: str, message: str) -> errors.Invalid:
    return errors.Invalid(message, fields={f"filters.{name}" if name else "filters": message})
