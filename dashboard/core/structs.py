"""msgspec's complaints in words that name the field, with stable codes."""

import re
from typing import TypeVar

import msgspec

from dashboard.core.verdicts import Rejection

Struct = TypeVar("Struct")

_PLACE = re.compile(r" - at `\$\.?(?P<place>[^`]*)`$")
_QUOTED = re.compile(r"`([^`]*)`")


def decoded(decoder: "msgspec.json.Decoder[Struct]", raw: "bytes | msgspec.Raw") -> Struct:
    """One thing out of JSON bytes. Raises `Rejection`."""
    try:
        return decoder.decode(raw)
    except msgspec.ValidationError as problem:
        raise in_words(str(problem)) from None
    except UnicodeDecodeError:
        raise Rejection("not_utf8", "The text is not UTF-8.") from None
    except (msgspec.DecodeError, RecursionError):
        raise Rejection("not_json", "This is not valid JSON.") from None


def converted(raw: object, kind: type[Struct]) -> Struct:
    """One thing out of Python objects. Raises `Rejection`."""
    try:
        return msgspec.convert(raw, kind)
    except msgspec.ValidationError as problem:
        raise in_words(str(problem)) from None
    except (UnicodeError, RecursionError):
        raise Rejection("not_utf8", "The text is not UTF-8.") from None


def in_words(complaint: str) -> Rejection:
    """The rejection for a message of msgspec, such as "Expected `str`, got `int` - at `$.item_id`"."""
    found = _PLACE.search(complaint)
    place = found["place"] if found else ""
    said = _PLACE.sub("", complaint)
    quoted = _QUOTED.findall(said)
    if "unknown field" in said:
        return Rejection("unknown_field", f"{_below(place, quoted[0])} is not a field here.")
    if "missing required field" in said:
        return Rejection("missing_field", f"{_below(place, quoted[0])} is missing.")
    if not place and said.startswith("Expected `object`"):
        return Rejection("wrong_type", f"Expected an object, got {quoted[-1]}.")
    return Rejection("wrong_type", f"{place or 'This'}: {said[:1].lower()}{said[1:].replace('`', '')}.")


def _below(place: str, field: str) -> str:
    return f"{place}.{field}" if place else field
