"""Google Merchant feeds: tab-separated or CSV, and XML (RSS 2.0 or Atom)."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.sax import SAXParseException
from xml.sax.handler import ContentHandler, feature_external_ges, feature_namespaces

from defusedxml.common import DefusedXmlException
from defusedxml.expatreader import create_parser

from dashboard.catalog.feeds.plain import split_categories
from dashboard.core import errors
from dashboard.core.rows import Row, Rows, opened
from dashboard.core.verdicts import Rejection

_NAMES = {
    "id": "item_id",
    "title": "title",
    "description": "description",
    "link": "url",
    "image_link": "image_url",
    "brand": "brand",
    "item_group_id": "group_id",
}
_HANDLED = {*_NAMES, "price", "sale_price", "availability", "product_type", "google_product_category"}
_READ_BYTES = 64 * 1024
MAX_TEXT = 100_000


def google_item(row: Row) -> Row:
    """An entry of a Google feed as an item. Raises `Rejection` with the attribute's name."""
    entry = {key.strip().lower().replace(" ", "_").removeprefix("g:"): value for key, value in row.items()}
    item = {ours: entry[theirs] for theirs, ours in _NAMES.items() if theirs in entry}
    if price := entry.get("sale_price") or entry.get("price"):
        item["price"], item["currency"] = _price(price)
    if "availability" in entry:
        item["in_stock"] = str(entry["availability"]).strip().lower().replace(" ", "_") in ("in_stock", "preorder")
    if kind := entry.get("product_type") or entry.get("google_product_category"):
        item["categories"] = split_categories(kind)
    if rest := {key: value for key, value in entry.items() if key not in _HANDLED and key}:
        item["attributes"] = rest
    return item


def _price(text: Any) -> tuple[Decimal, str]:
    number, _, code = str(text).strip().partition(" ")
    try:
        return Decimal(number), code.strip()
    except ArithmeticError:
        raise Rejection("wrong_type", "price must be a number and a currency, such as 12.50 GBP.") from None


class _Entries(ContentHandler):
    """Collects each <item> or <entry> as a row with the line it begins at."""

    def __init__(self, locator: Any) -> None:
        super().__init__()
        self.done: list[tuple[int, Row | Rejection]] = []
        self._row: Row | None = None
        self._start = 0
        self._depth = 0
        self._text: list[str] = []
        self._locator = locator

    def startElementNS(self, name: Any, qname: Any, attributes: Any) -> None:
        self._text = []
        if self._row is not None:
            self._depth += 1
            if name[1] == "link" and (None, "href") in attributes:
                self._row["link"] = attributes[(None, "href")]
        elif name[1] in ("item", "entry"):
            self._row, self._start, self._depth = {}, self._locator.getLineNumber(), 0

    def characters(self, content: str) -> None:
        if self._row is not None and len(self._text) < MAX_TEXT:
            self._text.append(content)

    def endElementNS(self, name: Any, qname: Any) -> None:
        if self._row is None:
            return
        if self._depth == 0:
            self.done.append((self._start, self._row))
            self._row = None
            return
        text = "".join(self._text).strip()
        if self._depth == 1 and text:
            self._row.setdefault(name[1], text[:MAX_TEXT])
        self._depth -= 1


def google_xml_rows(path: Path) -> Rows:
    """Entries of an XML feed, read as a stream; entities and references to other files are refused."""
    parser = create_parser()
    entries = _Entries(parser)
    parser.setFeature(feature_namespaces, True)
    parser.setFeature(feature_external_ges, False)
    parser.setContentHandler(entries)
    with opened(path) as source:
        try:
            while block := source.read(_READ_BYTES):
                parser.feed(block)
                yield from _taken(entries)
            parser.close()
        except SAXParseException as problem:
            yield from _taken(entries)
            where = problem.getLineNumber() or 0
            yield where, Rejection("not_xml", f"The file is no sound XML from here on: {problem.getMessage()}.")
        except DefusedXmlException:
            raise errors.Invalid(f"{path.name}: the file declares entities; such XML is not taken.") from None


def _taken(entries: _Entries) -> Iterator[tuple[int, Row | Rejection]]:
    done, entries.done = entries.done, []
    yield from done
