"""A JSON body that carries a batch, cut into its parts without reading them: one bad part spoils no other."""

from typing import Any

import msgspec

from dashboard.core import errors
from dashboard.core.bodies import check_values
from dashboard.core.structs import Struct, decoded, in_words
from dashboard.core.verdicts import Rejection

MAX_BATCH = 500
MAX_PART_KIB = 32
MAX_VALUES = 100_000  # of a body: 6 MB once it is cut into parts


def parts(body: bytes, decoder: "msgspec.json.Decoder[Any]", field: str) -> list[msgspec.Raw]:
    """The parts of `{"<field>": [...]}`. Raises `Invalid` for a body of another form, `TooLarge` above 500 parts."""
    check_values(body, MAX_VALUES)
    try:
        found: list[msgspec.Raw] = getattr(decoder.decode(body), field)
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


def part(raw: msgspec.Raw, decoder: "msgspec.json.Decoder[Struct]") -> Struct:
    """Read one part. Raises `Rejection`."""
    if len(memoryview(raw)) > MAX_PART_KIB * 1024:
        raise Rejection("too_large", "One may take %(limit)s KiB.", limit=MAX_PART_KIB)
    return decoded(decoder, raw)
