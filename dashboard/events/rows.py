"""Events as rows of text, in PostgreSQL's COPY format without its escapes: what storage takes.

Checked text holds no control character, so tabs separate, a line ends a row, and \\x01 stands for NULL.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from dashboard.events.payload import CleanEvent, Line
from dashboard.events.vocabulary import MONEY_TYPES

NULL = "\x01"
_NO_ITEM = (Line("", 1, None, None),)
#: The columns of a row, with PostgreSQL's types. `at`: seconds since 1970.
COLUMNS = {
    "event_id": "varchar(255)",
    "payload_hash": "bytea",
    "line": "smallint",
    "type": "varchar(20)",
    "visitor_id": "varchar(255)",
    "session_id": "varchar(255)",
    "item_id": "varchar(255)",
    "quantity": "integer",
    "price": "numeric",
    "value": "numeric",
    "currency": "varchar(3)",
    "order_id": "varchar(255)",
    "query": "varchar(500)",
    "recommendation_id": "uuid",
    "placement": "varchar(50)",
    "at": "float8",
    "low_trust": "boolean",
    "about": "varchar(10)",
}


@dataclass
class Batch:
    """Events with different ids, ready to be stored; `indexes` are their places in the request, `digests` their payload
    hashes in hex. `rows` may be more: an event of several items has several."""

    indexes: list[int] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    digests: list[str] = field(default_factory=list)
    rows: list[str] = field(default_factory=list)

    def add(self, index: int, event: CleanEvent, *, low_trust: bool) -> None:
        digest = event.payload_hash.hex()
        self.indexes.append(index)
        self.ids.append(event.event_id)
        self.digests.append(digest)
        self.rows += rows_of(event, digest, low_trust=low_trust)

    @property
    def visitor_ids(self) -> set[str]:
        return {row.split("\t", 5)[4] for row in self.rows}


def rows_of(event: CleanEvent, digest: str, *, low_trust: bool) -> list[str]:
    """One row an item; `low_trust`: purchases and refunds may be made up. An event without items has one row too."""
    who = f"{event.type}\t{event.visitor_id}\t{event.session_id}"
    tail = (
        f"{event.currency}\t{event.order_id}\t{event.query}\t{_or_null(event.recommendation_id)}\t{event.placement}\t"
        f"{event.timestamp.timestamp()!r}\t{'t' if low_trust and event.type in MONEY_TYPES else 'f'}\t{event.about}\n"
    )
    lines: Sequence[Line] = event.lines or _NO_ITEM
    return [
        f"{event.event_id}\t\\x{digest}\t{number}\t{who}\t{item_id}\t{quantity}\t{_or_null(price)}\t{_or_null(value)}\t{tail}"
        for number, (item_id, quantity, price, value) in enumerate(lines)
    ]


def _or_null(value: Any) -> Any:
    return NULL if value is None else value
