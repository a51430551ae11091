"""One event as a shop sends it: its form, and the checks that make it an event we keep.

The Structs are the contract: the OpenAPI document is generated from them.
"""

import hashlib
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Annotated, NamedTuple

import msgspec
from msgspec import Meta

from dashboard.core.external import MONEY_LIMIT, currency, identifier, line, money
from dashboard.core.verdicts import Rejection
from dashboard.events.vocabulary import ABOUT, CONSTANTS, TAKEN_NAMES, TYPE_OF, WITHOUT_ITEM

MAX_ITEMS = 1000
MAX_QUANTITY = 1_000_000
#: Nothing happened before: a year 1 is a date that some program never set, and has no day in many zones.
OLDEST = datetime(1970, 1, 1, tzinfo=UTC)
FUTURE_TOLERANCE_MINUTES = 10  # clocks of browsers run ahead; more than this is a mistake
MILLISECONDS_FROM = 100_000_000_000  # as seconds this would be the year 5138
_encode = msgspec.json.Encoder().encode

Money = Annotated[Decimal, Meta(extra_json_schema={"type": ["number", "string"], "examples": [12.5]})]
Id = Annotated[str, Meta(extra_json_schema={"minLength": 1, "maxLength": 255})]


class EventItem(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """One item of an event of several."""

    item_id: Id
    quantity: Annotated[int, Meta(extra_json_schema={"minimum": 1, "maximum": MAX_QUANTITY})] = 1
    price: Money | None = None


class Event(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """What a visitor did. `type` is ours or an alias of Google Analytics 4 or Google Retail."""

    event_id: Id
    type: Annotated[str, Meta(extra_json_schema={"enum": TAKEN_NAMES, "x-enum-varnames": CONSTANTS})]
    visitor_id: Id
    session_id: str | None = None
    item_id: str | None = None
    items: list[EventItem] | None = None
    timestamp: Annotated[
        str | int | float | None, Meta(description="RFC 3339 with an offset, or seconds or milliseconds since 1970.")
    ] = None
    recommendation_id: str | None = None
    placement: str | None = None
    value: Money | None = None
    currency: str | None = None
    order_id: str | None = None
    query: Annotated[str | None, Meta(description="What was searched for.")] = None
    about: Annotated[
        str | None,
        Meta(
            description="Of not_interested: in the item (if nothing is said), or in all of its brand or category.",
            extra_json_schema={"enum": [*ABOUT, None]},
        ),
    ] = None


class EventBatch(msgspec.Struct, forbid_unknown_fields=True):
    """The body of `POST /events`."""

    events: list[Event]


class Line(NamedTuple):
    """One item of an event; `value` is its money, so that sums over lines are the event's."""

    item_id: str
    quantity: int
    price: Decimal | None
    value: Decimal | None


class CleanEvent(msgspec.Struct):
    """An event that passed every check. `payload_hash`: 16 bytes over all but the timestamp."""

    event_id: str
    payload_hash: bytes
    type: str
    visitor_id: str
    session_id: str
    lines: Sequence[Line]
    timestamp: datetime
    recommendation_id: uuid.UUID | None
    placement: str
    currency: str
    order_id: str
    query: str
    about: str = ""


def clean_event(event: Event, *, received_at: datetime, oldest_at: datetime | None) -> CleanEvent:
    """Check one event. `oldest_at`: what is older is refused; None: what is older than 1970. Raises `Rejection`."""
    kind = TYPE_OF.get(event.type)
    if kind is None:
        raise Rejection("unknown_type", "type “%(type)s” is not known here.", type=event.type[:50])
    clean = CleanEvent(
        event_id=identifier("event_id", event.event_id),
        payload_hash=b"",
        type=kind,
        visitor_id=identifier("visitor_id", event.visitor_id),
        session_id=_optional_id("session_id", event.session_id),
        lines=_lines(event),
        timestamp=_moment(event.timestamp, received_at, oldest_at or OLDEST),
        recommendation_id=_slate_id(event.recommendation_id),
        placement=line("placement", event.placement, 50) if event.placement else "",
        currency=currency("currency", event.currency) if event.currency else "",
        order_id=_optional_id("order_id", event.order_id),
        query=line("query", event.query, 500) if event.query else "",
        about=_about(kind, event.about),
    )
    clean.payload_hash = payload_hash(clean)
    return clean


def payload_hash(event: CleanEvent) -> bytes:
    """What tells a resend from another event of the same id.

    Without the timestamp: a client that stamps an event again when it retries has not made another event.
    """
    return hash_of(
        event.type,
        event.visitor_id,
        event.session_id,
        event.lines,
        event.recommendation_id,
        event.placement,
        event.currency,
        event.order_id,
        event.query,
        *([event.about] if event.about else []),  # hashes of before it was there stay what they were
    )


def hash_of(*content: object) -> bytes:
    """The hash of what `payload_hash` lists, in that order; a UUID may be its text."""
    return hashlib.blake2b(_encode(content), digest_size=16).digest()


def _optional_id(field: str, text: str | None) -> str:
    return identifier(field, text) if text else ""


def _about(kind: str, text: str | None) -> str:
    """Empty for the item, as for events that are about nothing else."""
    if not text:
        return ""
    if kind != "not_interested":
        raise Rejection("unexpected_field", "about goes with not_interested alone.")
    if text not in ABOUT:
        raise Rejection("invalid_about", "about must be one of %(names)s.", names=", ".join(ABOUT))
    return "" if text == "item" else text


def _slate_id(text: str | None) -> uuid.UUID | None:
    """A recommendation_id that is none is harmless: the event counts, without its slate."""
    if not text:
        return None
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def _lines(event: Event) -> list[Line]:
    value = money("value", event.value)
    if event.item_id is not None:
        if event.items is not None:
            raise Rejection("item_twice", "Send item_id or items, not both.")
        return [Line(identifier("item_id", event.item_id), 1, None, value)]
    if not event.items:
        if event.type not in WITHOUT_ITEM:
            raise Rejection("missing_field", "item_id or items is missing.")
        return []
    if len(event.items) > MAX_ITEMS:
        raise Rejection("too_many_items", "%(field)s has more than %(limit)s entries.", field="items", limit=MAX_ITEMS)
    return _with_values([_line(number, item) for number, item in enumerate(event.items)], value)


def _line(number: int, item: EventItem) -> Line:
    try:
        if not 1 <= item.quantity <= MAX_QUANTITY:
            raise Rejection(
                "invalid_quantity",
                "%(field)s must be from 1 to %(limit)s.",
                field="quantity",
                limit=f"{MAX_QUANTITY:,}",
            )
        price = money("price", item.price)
        value = None if price is None else price * item.quantity
        if value is not None and value >= MONEY_LIMIT:
            raise Rejection("invalid_amount", "%(field)s is too large.", field="price × quantity")
        return Line(identifier("item_id", item.item_id), item.quantity, price, value)
    except Rejection as reason:
        raise reason.within(f"items[{number}]") from None


def _with_values(lines: list[Line], total: Decimal | None) -> list[Line]:
    """Spread what the event's value leaves over the lines that carry no price of their own."""
    if total is None:
        return lines
    open_lines = [number for number, entry in enumerate(lines) if entry.value is None]
    if not open_lines:
        return lines
    rest = max(total - sum((entry.value for entry in lines if entry.value is not None), Decimal(0)), Decimal(0))
    share = (rest / len(open_lines)).quantize(Decimal("0.01"), "ROUND_DOWN")
    for number in open_lines:
        lines[number] = lines[number]._replace(value=share)
    first = open_lines[0]
    lines[first] = lines[first]._replace(value=rest - share * (len(open_lines) - 1))
    return lines


def _moment(stamp: str | float | None, received_at: datetime, oldest_at: datetime) -> datetime:
    if stamp is None or stamp == "":
        return received_at
    moment = moment_of(stamp)
    if moment > received_at:
        if moment - received_at > timedelta(minutes=FUTURE_TOLERANCE_MINUTES):
            limit = FUTURE_TOLERANCE_MINUTES
            raise Rejection("timestamp_in_future", "timestamp is over %(limit)s minutes ahead.", limit=limit)
        return received_at
    if moment < oldest_at:
        day = f"{oldest_at:%Y-%m-%d}"
        raise Rejection("timestamp_too_old", "timestamp is before %(day)s; nothing older is taken.", day=day)
    return moment


def moment_of(stamp: str | float) -> datetime:
    """RFC 3339 with an offset, or seconds or milliseconds since 1970. Raises `Rejection`."""
    try:
        if isinstance(stamp, str):
            if not stamp.replace(".", "", 1).isdigit():
                return _from_text(stamp)
            stamp = float(stamp)
        if abs(stamp) >= MILLISECONDS_FROM:
            stamp /= 1000
        return datetime.fromtimestamp(stamp, UTC)
    except (ValueError, OverflowError, OSError):
        raise Rejection(
            "invalid_timestamp", "timestamp must be RFC 3339 with an offset, or seconds or milliseconds since 1970."
        ) from None


def _from_text(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError
    return moment.astimezone(UTC)
