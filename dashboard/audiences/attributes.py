"""The attributes of a visitor, as a shop may send them: few, short, and of plain values."""

import math
from typing import Any

from dashboard.core import errors
from dashboard.core.external import line, name
from dashboard.core.verdicts import Rejection

MAX_ATTRIBUTES = 50
MAX_NAME = 100
MAX_TEXT = 255
MAX_VALUES = 20
_NUMBER_LIMIT = 10**15

Attribute = str | bool | int | float | list[str]


def checked_attributes(raw: dict[str, Any]) -> dict[str, Attribute]:
    """What is kept: null leaves an attribute out. Raises `Invalid` by field."""
    if len(raw) > MAX_ATTRIBUTES:
        message = f"A visitor has at most {MAX_ATTRIBUTES} attributes."
        raise errors.Invalid(message, fields={"attributes": message})
    try:
        return {_name(key): _value(f"attributes.{key}", value) for key, value in raw.items() if value is not None}
    except Rejection as reason:
        raise errors.Invalid(reason.message, fields={str(reason.values["field"]): reason.message}) from None


def _name(text: str) -> str:
    return name("attributes: a name", text, MAX_NAME)


def _value(field: str, value: Any) -> Attribute:
    if isinstance(value, str):
        return line(field, value, MAX_TEXT)
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float) and math.isfinite(value) and abs(value) < _NUMBER_LIMIT:
        return value
    if isinstance(value, list) and len(value) <= MAX_VALUES and all(isinstance(entry, str) for entry in value):
        return [line(field, entry, MAX_TEXT) for entry in value]
    raise Rejection(
        "invalid_attribute",
        "%(field)s must be a text, a number, true or false, or a list of at most %(limit)s texts.",
        field=field,
        limit=MAX_VALUES,
    )
