"""msgspec's complaints in words that name the field, with stable codes."""

import re
from collections.abc import Collection
from typing import TypeVar

import msgspec

from dashboard.core.verdicts import Rejection
from recommender.data.names import meant_by

Struct = TypeVar("Struct")

_PLACE = re.compile(r" - at `\$\.?(?P<place>[^`]*)`$")
_TYPES = re.compile(r"Expected `(?P<wanted>[^`]*)`, got `(?P<got>[^`]*)`")
_QUOTED = re.compile(r"`([^`]*)`")


def decoded(decoder: "msgspec.json.Decoder[Struct]", raw: "bytes | msgspec.Raw", known: Collection[str] = ()) -> Struct:
    """One thing out of JSON bytes. Raises `Rejection`; one of `known` is named where an unknown field may mean it."""
    try:
        return decoder.decode(raw)
    except msgspec.ValidationError as problem:
        raise in_words(str(problem), known) from None
    except UnicodeDecodeError:
        raise Rejection("not_utf8", "The text is not UTF-8.") from None
    except (msgspec.DecodeError, RecursionError):
        raise Rejection("not_json", "This is not valid JSON.") from None


def converted(raw: object, kind: type[Struct], known: Collection[str] = ()) -> Struct:
    """One thing out of Python objects. Raises `Rejection` as `decoded` does."""
    try:
        return msgspec.convert(raw, kind)
    except msgspec.ValidationError as problem:
        raise in_words(str(problem), known) from None
    except (UnicodeError, RecursionError):
        raise Rejection("not_utf8", "The text is not UTF-8.") from None


def unknown_field(field: str, known: Collection[str]) -> Rejection:
    """The rejection for a field that there is not, with the one of `known` that may be meant."""
    if meant := meant_by(field, known):
        return Rejection(
            "unknown_field", "%(field)s is not a field here; did you mean %(meant)s?", field=field, meant=meant
        )
    return Rejection("unknown_field", "%(field)s is not a field here.", field=field)


def in_words(complaint: str, known: Collection[str] = ()) -> Rejection:
    """The rejection for a message of msgspec, such as "Expected `str`, got `int` - at `$.item_id`". `known`: fields."""
    found = _PLACE.search(complaint)
    place = found["place"] if found else ""
    said = _PLACE.sub("", complaint)
    quoted = _QUOTED.findall(said)
    if "unknown field" in said:
        return unknown_field(_below(place, quoted[0]), () if place else known)
    if "missing required field" in said:
        return Rejection("missing_field", "%(field)s is missing.", field=_below(place, quoted[0]))
    if not place and said.startswith("Expected `object`"):
        return Rejection("wrong_type", "Expected an object, got %(got)s.", got=quoted[-1])
    if place and (types := _TYPES.fullmatch(said)):
        return Rejection("wrong_type", "%(field)s: expected %(wanted)s, got %(got)s.", field=place, **types.groupdict())
    problem = f"{said[:1].lower()}{said[1:].replace('`', '')}"
    return Rejection("wrong_type", "%(field)s: %(problem)s.", field=place or "This", problem=problem)


def _below(place: str, field: str) -> str:
    return f"{place}.{field}" if place else field
