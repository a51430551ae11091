"""The three statements of ingest. Ids are claimed first: what is claimed is stored in the same transaction.

Ids are claimed in sorted order, so that two batches with the same ids wait for each other and never deadlock.
Lines go in by COPY (docs/adr/0005-parser-and-ingest.md).
"""

import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from dashboard.events.payload import CleanEvent, Line
from dashboard.events.vocabulary import IMPRESSION, MONEY_TYPES

_CLAIM = """
    INSERT INTO events_eventkey (shop_id, event_id, payload_hash)
    SELECT %s, event_id, decode(hash, 'hex') FROM unnest(%s::text[], %s::text[]) AS sent (event_id, hash)
    ON CONFLICT (shop_id, event_id) DO NOTHING RETURNING event_id
"""
_INTERACTION_COLUMNS = (
    "shop_id, event_id, line, type, visitor_id, session_id, item_id, quantity, price, value, currency, order_id, "
    "query, recommendation_id, placement, timestamp, received_at, low_trust, simulated"
)
_IMPRESSION_COLUMNS = (
    "shop_id, event_id, line, visitor_id, session_id, item_id, recommendation_id, placement, timestamp, received_at, "
    "simulated"
)
_NO_ITEM = [Line("", 1, None, None)]


def claim_ids(shop_id: int, events: Iterable[CleanEvent]) -> set[str]:
    """The ids that nobody had claimed before; waits for a transaction that is claiming one of them right now."""
    pairs = sorted((event.event_id, event.payload_hash.hex()) for event in events)
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, [shop_id, [pair[0] for pair in pairs], [pair[1] for pair in pairs]])
        return {row[0] for row in cursor.fetchall()}


def hashes_of(shop_id: int, event_ids: list[str]) -> dict[str, bytes]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT event_id, payload_hash FROM events_eventkey WHERE shop_id = %s AND event_id = ANY(%s)",
            [shop_id, event_ids],
        )
        return {event_id: bytes(digest) for event_id, digest in cursor.fetchall()}


def store_lines(
    shop_id: int, events: Sequence[CleanEvent], received_at: datetime, *, low_trust: bool, simulated: bool
) -> None:
    """COPY the lines of accepted events: `view_item_list` to impressions, all else to interactions."""
    interactions, impressions = io.StringIO(), io.StringIO()
    received = received_at.isoformat()
    for event in events:
        if event.type == IMPRESSION:
            _write_impressions(impressions, shop_id, event, received, simulated)
        else:
            _write_interactions(interactions, shop_id, event, received, low_trust, simulated)
    _copy("events_interaction", _INTERACTION_COLUMNS, interactions)
    _copy("events_impression", _IMPRESSION_COLUMNS, impressions)


def _write_interactions(
    out: io.StringIO, shop_id: int, event: CleanEvent, received: str, low_trust: bool, simulated: bool
) -> None:
    doubted = "t" if low_trust and event.type in MONEY_TYPES else "f"
    head = f"{shop_id}\t{_text(event.event_id)}"
    who = f"{event.type}\t{_text(event.visitor_id)}\t{_text(event.session_id)}"
    tail = (
        f"{event.currency}\t{_text(event.order_id)}\t{_text(event.query)}\t{_or_null(event.recommendation_id)}\t"
        f"{_text(event.placement)}\t{event.timestamp.isoformat()}\t{received}\t{doubted}\t{'t' if simulated else 'f'}\n"
    )
    for number, line in enumerate(event.lines or _NO_ITEM):
        money = f"{_or_null(line.price)}\t{_or_null(line.value)}"
        out.write(f"{head}\t{number}\t{who}\t{_text(line.item_id)}\t{line.quantity}\t{money}\t{tail}")


def _write_impressions(out: io.StringIO, shop_id: int, event: CleanEvent, received: str, simulated: bool) -> None:
    who = f"{_text(event.visitor_id)}\t{_text(event.session_id)}"
    tail = (
        f"{_or_null(event.recommendation_id)}\t{_text(event.placement)}\t{event.timestamp.isoformat()}\t{received}\t"
        f"{'t' if simulated else 'f'}\n"
    )
    for number, line in enumerate(event.lines):
        out.write(f"{shop_id}\t{_text(event.event_id)}\t{number}\t{who}\t{_text(line.item_id)}\t{tail}")


def _copy(table: str, columns: str, rows: io.StringIO) -> None:
    if rows.tell():
        rows.seek(0)
        with connection.cursor() as cursor:
            cursor.copy_expert(f"COPY {table} ({columns}) FROM STDIN", rows)


def _text(text: str) -> str:
    """COPY's text format: ids hold no control characters, so only backslashes need care."""
    return text.replace("\\", "\\\\") if "\\" in text else text


def _or_null(value: Any) -> str:
    return "\\N" if value is None else str(value)
