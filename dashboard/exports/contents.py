"""What an export holds: rows by pages of their key, as lines of JSON or CSV."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import msgspec

from dashboard.accounts.models import Shop
from dashboard.audiences import selectors as audiences
from dashboard.catalog.selectors import ITEM_COLUMNS, item_page
from dashboard.core import errors
from dashboard.core.csv_lines import csv_lines
from dashboard.core.keyset import Row, all_pages, first, no_cursor
from dashboard.events.selectors import INTERACTION_COLUMNS, interaction_page
from dashboard.segments import selectors as segments

MEMBER_COLUMNS = ("visitor_id", "segment", "probability")
MEDIA_TYPES = {"jsonl": "application/x-ndjson", "csv": "text/csv; charset=utf-8"}
CURSOR = "cursor"


@dataclass(frozen=True)
class Contents:
    """A list of a shop. `page_after(cursor, rows)` reads its next rows by one query, each with its own `cursor`."""

    name: str
    columns: Sequence[str]
    page_after: Callable[[str, int], list[Row]]

    def lines(self, form: str, *, after: str = "", limit: int | None = None) -> Iterator[bytes | str]:
        """What stands in the file. Raises `Invalid` at once for a cursor that no row had."""
        self.page_after(after, 1)
        return _lines(form, (*self.columns, CURSOR), first(all_pages(self.page_after, after), limit))


def items(shop: Shop) -> Contents:
    """The catalog."""
    return Contents("items", ITEM_COLUMNS, lambda after, limit: item_page(shop.pk, after=after, limit=limit))


def interactions(shop: Shop, *, since: datetime | None = None, until: datetime | None = None) -> Contents:
    """What visitors did, oldest first."""

    def page(after: str, limit: int) -> list[Row]:
        return interaction_page(shop.pk, after=after, limit=limit, since=since, until=until)

    return Contents("interactions", INTERACTION_COLUMNS, page)


def members(shop: Shop, number: int) -> Contents:
    """Visitors of a segment, surest first. Raises `NotFound` where the published artifact has no such segment."""
    if segments.segment(shop, number) is None:
        raise errors.NotFound("The published artifact has no such segment.")
    return Contents(f"segment-{number}", MEMBER_COLUMNS, partial(_members, shop, number))


def audience_members(shop: Shop, audience_id: int) -> Contents:
    """Visitors of an audience, by their ids. Raises `NotFound`, and `Forbidden` where they are too few to be told."""
    audience = audiences.audience_of(shop, audience_id)
    condition = audiences.listed_condition(shop, audience)

    def page(after: str, limit: int) -> list[Row]:
        found = audiences.member_page(shop, condition, after=after, limit=limit)
        return [{"visitor_id": visitor_id, CURSOR: visitor_id} for visitor_id in found]

    return Contents(f"audience-{audience_id}", ("visitor_id",), page)


def _members(shop: Shop, number: int, after: str, limit: int) -> list[Row]:
    try:
        page = segments.segment_members(shop, number, cursor=after, limit=limit)
    except errors.Invalid:
        raise no_cursor("after") from None
    return [
        {
            "visitor_id": member.visitor_id,
            "segment": number,
            "probability": member.probability,
            CURSOR: segments.cursor_of(member),
        }
        for member in page.members
    ]


def _lines(form: str, columns: Sequence[str], rows: Iterable[Row]) -> Iterator[bytes | str]:
    if form == "csv":
        return csv_lines(columns, ([_cell(row[column]) for column in columns] for row in rows))
    return map(_json_line, rows)


def _json_line(row: Row) -> bytes:
    return msgspec.json.encode(row) + b"\n"


def _cell(value: Any) -> Any:
    """Lists as `import_items` splits them, attributes as JSON."""
    if isinstance(value, list):
        return "|".join(map(str, value))
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False) if value else ""
    return value.isoformat() if hasattr(value, "isoformat") else value
