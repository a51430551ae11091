"""Google Merchant feeds in XML (RSS 2.0 or Atom), read as a stream.

Entities and references to other files are refused, and so is what would fill the memory: a tag without an end, nesting
without a floor. An entry that is too large costs only itself.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.sax import SAXParseException
from xml.sax.handler import ContentHandler, feature_external_ges, feature_namespaces

from defusedxml.common import DefusedXmlException
from defusedxml.expatreader import create_parser

from dashboard.core import errors
from dashboard.core.rows import Row, Rows, opened
from dashboard.core.verdicts import Rejection

READ_BYTES = 64 * 1024
MAX_ENTRY_CHARACTERS = 200_000
MAX_ENTRY_FIELDS = 500
MAX_DEPTH = 50
MAX_TOKEN_BYTES = 1024 * 1024  # one tag or comment; the parser keeps it whole
REPEATED = frozenset({"additional_image_link", "product_highlight"})


class _TooDeep(Exception):
    pass


class _Entries(ContentHandler):
    """Collects each <item> or <entry> as a row with the line it begins at."""

    def __init__(self, locator: Any) -> None:
        super().__init__()
        self.done: list[tuple[int, Row | Rejection]] = []
        self.tokens = 0
        self._locator = locator
        self._row: Row | None = None
        self._start = 0
        self._depth = 0
        self._entry_depth = 0
        self._characters = 0
        self._fields = 0
        self._text: list[str] = []

    def startElementNS(self, name: Any, qname: Any, attributes: Any) -> None:
        self._text = []
        self.tokens += 1
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise _TooDeep
        if self._row is not None:
            self._fields += 1
            if name[1] == "link" and (None, "href") in attributes:
                self._row["link"] = attributes[(None, "href")]
        elif name[1] in ("item", "entry"):
            self._row, self._start, self._entry_depth = {}, self._locator.getLineNumber(), self._depth
            self._characters = self._fields = 0

    def characters(self, content: str) -> None:
        self.tokens += 1
        if self._row is not None:
            self._characters += len(content)
            if self._characters <= MAX_ENTRY_CHARACTERS:
                self._text.append(content)

    def endElementNS(self, name: Any, qname: Any) -> None:
        self.tokens += 1
        self._depth -= 1
        if self._row is None:
            return
        if self._depth < self._entry_depth:
            self.done.append((self._start, self._whole(self._row)))
            self._row = None
        elif self._depth == self._entry_depth and self._fields <= MAX_ENTRY_FIELDS:
            _add(self._row, name[1], "".join(self._text).strip())

    def _whole(self, row: Row) -> Row | Rejection:
        if self._characters > MAX_ENTRY_CHARACTERS or self._fields > MAX_ENTRY_FIELDS:
            return Rejection(
                "too_large",
                "This entry is too large: it may have %(characters)s characters and %(fields)s fields.",
                thing=row.get("id", ""),
                characters=MAX_ENTRY_CHARACTERS,
                fields=MAX_ENTRY_FIELDS,
            )
        return row


def _add(row: Row, field: str, text: str) -> None:
    """The first of a field counts, but fields that Google lets repeat are lists."""
    if not text:
        return
    if field in REPEATED and field in row:
        row[field] = [*(row[field] if isinstance(row[field], list) else [row[field]]), text]
    else:
        row.setdefault(field, text)


def google_xml_rows(path: Path) -> Rows:
    """Entries with the line each begins at; what came before a fault is kept. Raises `Invalid` for hostile files."""
    parser = create_parser()
    entries = _Entries(parser)
    parser.setFeature(feature_namespaces, True)
    parser.setFeature(feature_external_ges, False)
    parser.setContentHandler(entries)
    with opened(path) as source:
        try:
            yield from _fed(parser, entries, iter(lambda: source.read(READ_BYTES), b""))
        except SAXParseException as problem:
            yield from _taken(entries)
            where = problem.getLineNumber() or 0
            yield (
                where,
                Rejection(
                    "not_xml", "The file is no sound XML from here on: %(problem)s.", problem=problem.getMessage()
                ),
            )
        except DefusedXmlException:
            raise errors.Invalid(f"{path.name}: the file declares entities; such XML is not taken.") from None
        except _TooDeep:
            line = parser.getLineNumber()
            raise errors.Invalid(f"{path.name}: line {line} is nested more than {MAX_DEPTH} deep.") from None
        except (ValueError, LookupError) as problem:
            raise errors.Invalid(f"{path.name}: its encoding cannot be read ({problem}); send UTF-8.") from None


def _fed(parser: Any, entries: _Entries, blocks: Iterator[bytes]) -> Rows:
    silent_bytes = 0
    for block in blocks:
        before = entries.tokens
        parser.feed(block)
        silent_bytes = 0 if entries.tokens > before else silent_bytes + len(block)
        if silent_bytes > MAX_TOKEN_BYTES:
            line = parser.getLineNumber()
            raise errors.Invalid(f"After line {line} a tag or a comment takes more than {MAX_TOKEN_BYTES // 1024} KiB.")
        yield from _taken(entries)
    parser.close()
    yield from _taken(entries)


def _taken(entries: _Entries) -> Rows:
    done, entries.done = entries.done, []
    yield from done
