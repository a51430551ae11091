"""A JSON body that carries a batch, cut into its parts without reading them: one bad part spoils no other."""

import re
from collections.abc import Collection, Mapping
from itertools import islice
from typing import Any

import msgspec

from dashboard.core import errors
from dashboard.core.bodies import check_values
from dashboard.core.structs import Struct, decoded, in_words
from dashboard.core.verdicts import Rejection

MAX_BATCH = 500
MAX_PART_KIB = 32
MAX_SURROGATES = 14_000  # of a body that are looked at: 7 ms
MAX_VALUES = 100_000  # of a body: 6 MB once it is cut into parts


_SURROGATE = re.compile(
    rb"(?<!\\)(\\++)u[dD](?:[89abAB][0-9a-fA-F]{2}(?=(\\u[dD][c-fC-F][0-9a-fA-F]{2})?)|[c-fC-F][0-9a-fA-F]{2})"
)


def parts(body: bytes, decoder: "msgspec.json.Decoder[Any]", field: str) -> list[msgspec.Raw]:
    """The parts of `{"<field>": [...]}`. Raises `Invalid` for a body of another form, `TooLarge` above 500 parts."""
    check_values(body, MAX_VALUES)
    try:
        found: list[msgspec.Raw] = getattr(decoder.decode(_with_marked_halves(body)), field)
    except msgspec.ValidationError as problem:
        wrong = in_words(str(problem)).message
        raise errors.Invalid(f'Send {{"{field}": […]}}: {wrong}', fields={"body": wrong}) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
        message = f"The body is not valid JSON in UTF-8: {problem}."
        raise errors.Invalid(message, fields={"body": str(problem)}) from None
    if len(found) > MAX_BATCH:
        message = f"A request may carry {MAX_BATCH} {field}; this one has {len(found):,}."
        raise errors.TooLarge(message, fields={field: f"more than {MAX_BATCH}"})
    return found


def _with_marked_halves(body: bytes) -> bytes | bytearray:
    r"""The same with `\uffff` for each half of a surrogate pair that stands alone: of an emoji that was cut.

    A parser would refuse the whole body. U+FFFF is no character either, and costs only the part that holds it its place
    (core/external.py).
    """
    marked: bytearray | None = None
    pair_ends_at = -1
    for found in islice(_SURROGATE.finditer(body), MAX_SURROGATES):
        is_escape = len(found[1]) % 2 == 1  # an even number of backslashes are backslashes
        if found[2] and is_escape:
            pair_ends_at = found.end()
        elif is_escape and found.start() != pair_ends_at:
            marked = marked or bytearray(body)
            marked[found.end() - 5 : found.end()] = b"uffff"
    return marked or body


def as_sent(raw: Any) -> Mapping[str, Any]:
    """A part as it came, for a reason that names something of it; empty where it is no object, or too large to read."""
    if isinstance(raw, msgspec.Raw):
        try:
            raw = msgspec.json.decode(raw) if len(memoryview(raw)) <= MAX_PART_KIB * 1024 else None
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            return {}
    return raw if isinstance(raw, Mapping) else {}


def part(raw: msgspec.Raw, decoder: "msgspec.json.Decoder[Struct]", known: Collection[str] = ()) -> Struct:
    """Read one part. Raises `Rejection`; one of `known` is named where an unknown field may mean it."""
    if len(memoryview(raw)) > MAX_PART_KIB * 1024:
        raise Rejection("too_large", "One may take %(limit)s KiB.", limit=MAX_PART_KIB)
    return decoded(decoder, raw, known)
