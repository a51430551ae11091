"""What is wrong with a translation, in words for the person who writes it."""

import re
from collections.abc import Iterator

from babel.messages.catalog import Catalog, Message

from dashboard.core.i18n.catalogs import messages

_PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|(?<!%)%[sd]|\{\w*\}")
Key = tuple[str, str | None]


def problems(catalog: Catalog, found: Catalog) -> list[str]:
    """Missing, fuzzy or superfluous strings, and placeholders that differ. Empty where all is well."""
    known = {_key(message): message for message in messages(catalog)}
    wanted = {_key(message): message for message in messages(found)}
    lines = [f"not in the catalog yet (run “update”): {key[0]!r}" for key in wanted if key not in known]
    lines += [f"no longer in the source (run “update”): {key[0]!r}" for key in known if key not in wanted]
    for key, message in known.items():
        if key in wanted:
            lines += [f"{problem}: {key[0]!r}" for problem in _faults(message)]
    return lines


def _key(message: Message) -> Key:
    first = message.id[0] if isinstance(message.id, list | tuple) else message.id
    return first, message.context


def _faults(message: Message) -> Iterator[str]:
    originals = list(message.id) if isinstance(message.id, list | tuple) else [message.id]
    translations = list(message.string) if isinstance(message.string, list | tuple) else [message.string]
    if not all(translations):
        yield "not translated"
        return
    if message.fuzzy:
        yield "fuzzy: look at it again and remove the mark"
    # Chinese has one form for all numbers: it stands for the plural, and may use what any form of the original has.
    allowed = {placeholder for original in originals for placeholder in _PLACEHOLDER.findall(original)}
    required = set(_PLACEHOLDER.findall(originals[-1]))
    for translation in translations:
        has = set(_PLACEHOLDER.findall(translation or ""))
        if has - allowed or required - has:
            yield "placeholders differ"
