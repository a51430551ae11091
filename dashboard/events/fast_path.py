"""The fast path of ingest: a whole batch read at once, for batches without a fault.

Nearly every batch is. It costs a third of reading and judging event by event; where anything is unusual this gives up,
and the careful way (services/record.py) says what is wrong with which event. Both make the same rows and hashes.
"""

import re
from datetime import datetime
from typing import NamedTuple

import msgspec

from dashboard.core.batches import MAX_BATCH
from dashboard.core.ids import EXTERNAL_ID_MAX_LENGTH
from dashboard.core.verdicts import Rejection
from dashboard.events.payload import MILLISECONDS_FROM, CleanEvent, Event, EventBatch, clean_event, hash_of
from dashboard.events.rows import COLUMNS, NULL, Batch
from dashboard.events.vocabulary import MONEY_TYPES, TYPE_OF

_decode = msgspec.json.Decoder(EventBatch).decode
_is_uuid = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}").fullmatch
_TABS = len(COLUMNS) - 1
_MANY_KIB = 256  # of text that may take four bytes a character once it is read: what is more is read event by event
_LONGEST_ITEMS = 100  # of an event: more could pass the limit of a part (core/batches.py), which is checked there
_PRINTABLE_ASCII = bytes(range(0x20, 0x7F)) + f"\t\n{NULL}".encode()
_LONGEST_ID, _LONGEST_PLACEMENT = EXTERNAL_ID_MAX_LENGTH, 50
_MONEY_NAMES = frozenset(name for name, kind in TYPE_OF.items() if kind in MONEY_TYPES)


class Span(NamedTuple):
    """When events may have happened: not before `oldest_at` (None: whenever), and hardly after `received_at`."""

    oldest_at: datetime | None
    received_at: datetime


class _Unusual(Exception):
    """Not for the fast path."""


def faultless_batch(raw: bytes, span: Span, *, low_trust: bool, max_lines: int) -> Batch | None:
    """The batch of a JSON body in which every event is in order and no id comes twice; None for any other.

    `max_lines`: of how many items together, at most.
    """
    if len(raw) > _MANY_KIB * 1024 and not (raw.isascii() and b"\\u" not in raw):
        return None
    try:
        events = _decode(raw).events
        if not 0 < len(events) <= MAX_BATCH or _lines(events) > max_lines:
            return None
        batch = _batch(events, span, low_trust=low_trust)
    except (_Unusual, Rejection, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return batch if len(set(batch.ids)) == len(batch.ids) else None


def _lines(events: list[Event]) -> int:
    return sum(len(event.items) for event in events if event.items)


def _batch(events: list[Event], span: Span, *, low_trust: bool) -> Batch:
    batch, simple, nulls = Batch(), list[str](), 0
    latest = span.received_at.timestamp()
    earliest = span.oldest_at.timestamp() if span.oldest_at else float("-inf")
    for index, event in enumerate(events):
        slate = event.recommendation_id or None
        if not _is_simple(event, slate):
            batch.add(index, _careful(event, span), low_trust=low_trust)
            continue
        at = latest if event.timestamp is None else _seconds(event.timestamp)
        if not earliest <= at <= latest:
            raise _Unusual
        row, digest = _simple_row(event, slate, at)
        batch.indexes.append(index)
        batch.ids.append(event.event_id)
        batch.digests.append(digest)
        simple.append(row)
        nulls += 3 if slate is None else 2
    _check("".join(simple), len(simple), nulls)
    batch.rows += simple
    return batch


def _is_simple(event: Event, slate: str | None) -> bool:
    """One item, and neither money nor words nor a slate's id that is none."""
    return (
        event.items is None
        and event.item_id is not None
        and event.value is None
        and not event.query
        and not event.order_id
        and not event.currency
        and event.about is None
        and event.type not in _MONEY_NAMES
        and (slate is None or _is_uuid(slate) is not None)
    )


def _careful(event: Event, span: Span) -> CleanEvent:
    if event.items is not None and len(event.items) > _LONGEST_ITEMS:
        raise _Unusual
    return clean_event(event, received_at=span.received_at, oldest_at=span.oldest_at)


def _simple_row(event: Event, slate: str | None, at: float) -> tuple[str, str]:
    """The row, as `rows.rows_of` makes it, and its digest. What characters it holds is checked for all rows at once."""
    kind = TYPE_OF.get(event.type)
    event_id, visitor_id, item_id = event.event_id, event.visitor_id, event.item_id
    session_id, placement = event.session_id or "", event.placement or ""
    if (
        kind is None
        or not (event_id and visitor_id and item_id)
        or len(event_id) > _LONGEST_ID
        or len(visitor_id) > _LONGEST_ID
        or len(item_id) > _LONGEST_ID
        or len(session_id) > _LONGEST_ID
        or len(placement) > _LONGEST_PLACEMENT
    ):
        raise _Unusual
    digest = hash_of(kind, visitor_id, session_id, ((item_id, 1, None, None),), slate, placement, "", "", "").hex()
    row = (
        f"{event_id}\t\\x{digest}\t0\t{kind}\t{visitor_id}\t{session_id}\t{item_id}\t1\t{NULL}\t{NULL}\t\t\t\t"
        f"{slate or NULL}\t{placement}\t{at!r}\tf\t\n"
    )
    return row, digest


def _seconds(stamp: str | float) -> float:
    if not isinstance(stamp, str):
        return stamp / 1000 if stamp >= MILLISECONDS_FROM else float(stamp)
    try:
        moment = datetime.fromisoformat(stamp)
    except ValueError:
        raise _Unusual from None
    if moment.tzinfo is None:
        raise _Unusual
    return moment.timestamp()


def _check(text: str, rows: int, nulls: int) -> None:
    """No text of the rows may hold a character that separates them, cannot be printed, or could be a space alone."""
    separators = text.count("\t") == rows * _TABS and text.count("\n") == rows and text.count(NULL) == nulls
    if not (separators and _is_printable(text)) or "\t " in text or "\n " in text or text.startswith(" "):
        raise _Unusual


def _is_printable(text: str) -> bool:
    """But for what separates. Most text is ASCII, which bytes tell in an eighth of the time."""
    if text.isascii():
        return not text.encode().translate(None, _PRINTABLE_ASCII)
    return text.replace("\t", "").replace("\n", "").replace(NULL, "").isprintable()
