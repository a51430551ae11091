"""The statements of ingest. Ids are claimed first: what is claimed is stored in the same transaction.

Ids are claimed in sorted order, so that two batches with the same ids wait for each other and never deadlock.
Lines go in by COPY (docs/adr/0005-parser-and-ingest.md).
"""

import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError, connection, transaction

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
_KEY_COLUMNS = "shop_id, event_id, payload_hash"
COPY_FROM = 20  # below this a savepoint costs more than it saves
_NULL = "\x01"
_NO_ITEM = [Line("", 1, None, None)]


def claim_ids(shop_id: int, events: Iterable[CleanEvent]) -> set[str]:
    """The ids that nobody had claimed before; waits for a transaction that is claiming one of them right now.

    Nearly every batch is new as a whole: plain COPY costs 6 µs an id where ON CONFLICT costs 14.
    """
    pairs = sorted((event.event_id, event.payload_hash.hex()) for event in events)
    if len(pairs) >= COPY_FROM:
        try:
            with transaction.atomic():
                _copy("events_eventkey", _KEY_COLUMNS, [f"{shop_id}\t{key}\t\\x{digest}\n" for key, digest in pairs])
            return {pair[0] for pair in pairs}
        except IntegrityError:
            pass  # some ids are known: ask for each
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
    interactions: list[str] = []
    impressions: list[str] = []
    received, made = received_at.isoformat(), "t" if simulated else "f"
    for event in events:
        if event.type == IMPRESSION:
            impressions += _impressions(shop_id, event, f"{received}\t{made}\n")
        else:
            doubted = "t" if low_trust and event.type in MONEY_TYPES else "f"
            interactions += _interactions(shop_id, event, f"{received}\t{doubted}\t{made}\n")
    _copy("events_interaction", _INTERACTION_COLUMNS, interactions)
    _copy("events_impression", _IMPRESSION_COLUMNS, impressions)


def _interactions(shop_id: int, event: CleanEvent, end: str) -> list[str]:
    head = f"{shop_id}\t{event.event_id}"
    who = f"{event.type}\t{event.visitor_id}\t{event.session_id}"
    tail = (
        f"{event.currency}\t{event.order_id}\t{event.query}\t{_or_null(event.recommendation_id)}\t"
        f"{event.placement}\t{event.timestamp.isoformat()}\t{end}"
    )
    return [
        f"{head}\t{number}\t{who}\t{item_id}\t{quantity}\t{_or_null(price)}\t{_or_null(value)}\t{tail}"
        for number, (item_id, quantity, price, value) in enumerate(event.lines or _NO_ITEM)
    ]


def _impressions(shop_id: int, event: CleanEvent, end: str) -> list[str]:
    head, who = f"{shop_id}\t{event.event_id}", f"{event.visitor_id}\t{event.session_id}"
    slate = f"{_or_null(event.recommendation_id)}\t{event.placement}\t{event.timestamp.isoformat()}\t{end}"
    return [f"{head}\t{number}\t{who}\t{line.item_id}\t{slate}" for number, line in enumerate(event.lines)]


def _copy(table: str, columns: str, rows: list[str]) -> None:
    """COPY's text format. No checked text holds a control character, so only backslashes need care."""
    if rows:
        text = "".join(rows).replace("\\", "\\\\")
        # Django turns the driver's errors into its own only in execute()
        with connection.cursor() as cursor, connection.wrap_database_errors:
            cursor.copy_expert(f"COPY {table} ({columns}) FROM STDIN WITH (NULL '{_NULL}')", io.StringIO(text))


def _or_null(value: Any) -> Any:
    return _NULL if value is None else value
