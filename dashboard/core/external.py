"""Checks of values that come from outside: ids, names, currencies. They raise `Rejection` with the field's name."""

import re
from decimal import ROUND_HALF_UP, Decimal
from functools import cache

from dashboard.core.ids import EXTERNAL_ID_MAX_LENGTH
from dashboard.core.verdicts import Rejection

# Control characters; halves of a surrogate pair and the two that Unicode keeps out of interchange are no characters.
_FORBIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff￾￿]")
_FORBIDDEN_IN_PROSE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff￾￿]")
_NO_CHARACTER = re.compile("[\ud800-\udfff\ufffe\uffff]")
_CENT = Decimal("0.01")
MONEY_LIMIT = Decimal(10) ** 12


def identifier(field: str, text: str) -> str:
    """An id of the shop's own: 1 to 255 characters, none of them a control character."""
    # the way of nearly every id, in one breath: ingest comes by here three times an event
    if text and len(text) <= EXTERNAL_ID_MAX_LENGTH and text.isprintable() and not text.isspace():
        return text
    return name(field, text, EXTERNAL_ID_MAX_LENGTH)


def name(field: str, text: str, max_length: int) -> str:
    """A one-line text that must not be empty."""
    if not text or text.isspace():
        raise Rejection("missing_field", "%(field)s is empty.", field=field)
    return line(field, text, max_length)


def line(field: str, text: str, max_length: int) -> str:
    """A one-line text, possibly empty."""
    if len(text) > max_length:
        raise Rejection("too_long", "%(field)s is longer than %(limit)s characters.", field=field, limit=max_length)
    if not text.isprintable() and _FORBIDDEN.search(text):
        raise _unprintable(field, text)
    return text


def prose(field: str, text: str, max_length: int) -> str:
    """A text of several lines: tabs and line breaks are fine."""
    if len(text) > max_length:
        raise Rejection("too_long", "%(field)s is longer than %(limit)s characters.", field=field, limit=max_length)
    if not text.isprintable() and _FORBIDDEN_IN_PROSE.search(text):
        raise _unprintable(field, text)
    return text


def _unprintable(field: str, text: str) -> Rejection:
    if _NO_CHARACTER.search(text):
        return Rejection(
            "invalid_text", "%(field)s contains what is no character, such as half of an emoji.", field=field
        )
    return Rejection("invalid_text", "%(field)s contains a control character.", field=field)


def money(field: str, amount: Decimal | None) -> Decimal | None:
    """An amount from 0 to a million millions, rounded to cents."""
    if amount is None:
        return None
    if not amount.is_finite() or amount < 0 or amount >= MONEY_LIMIT:
        raise Rejection("invalid_amount", "%(field)s must be a number from 0 to below 1,000,000,000,000.", field=field)
    return amount.quantize(_CENT, ROUND_HALF_UP)


def currency(field: str, code: str) -> str:
    """An ISO 4217 code in capitals; empty stays empty."""
    if not code:
        return ""
    if code.upper() not in _currencies():
        raise Rejection("invalid_currency", "%(field)s must be an ISO 4217 code such as GBP.", field=field)
    return code.upper()


@cache
def _currencies() -> frozenset[str]:
    from babel.numbers import list_currencies  # loads locale data: only where a currency is checked

    return frozenset(list_currencies())
