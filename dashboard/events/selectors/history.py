"""What one visitor did: read for every slate, so by raw queries on the index of visitor and time."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Generic, NamedTuple, TypeVar

from django.db import connection

from dashboard.core import clock
from dashboard.events.selectors.not_interested import not_interested_days
from dashboard.events.vocabulary import INTEREST_TYPES

RECENT_PURCHASE_DAYS = 30
CART_DAYS = 7
MOST_NOT_INTERESTED = 500
Event = TypeVar("Event")


@dataclass(frozen=True)
class PastOfVisitor(Generic[Event]):
    """`history`: interests, oldest first. `owned`: items that lie in the cart or were bought lately. `not_interested`:
    {(item, "" for itself or brand or category)} that the visitor does not want to see."""

    history: list[Event] = field(default_factory=list)
    owned: set[str] = field(default_factory=set)
    not_interested: set[tuple[str, str]] = field(default_factory=set)


class PastInteraction(NamedTuple):
    """One thing that a visitor did to an item; the same fields as `recommender.serving.HistoryEvent`."""

    item_id: str
    type: str
    timestamp_seconds: float


def recent_interactions(
    shop_id: int, visitor_id: str, limit: int = 50, types: tuple[str, ...] = INTEREST_TYPES
) -> list[PastInteraction]:
    """The visitor's last interactions with items, oldest first; empty for nobody. What was taken back is not interest.

    Impressions, removals, refunds and searches are left out unless `types` names them.
    """
    if not visitor_id:
        return []
    rows = _rows(
        "SELECT item_id, type, extract(epoch FROM timestamp)::float8 FROM events_interaction "
        "WHERE shop_id = %s AND visitor_id = %s AND type = ANY(%s) AND item_id <> '' "
        "ORDER BY timestamp DESC, id DESC LIMIT %s",
        [shop_id, visitor_id, list(types), limit],
    )
    return [PastInteraction(*row) for row in reversed(rows)]


def past_parameters(shop_id: int, visitor_id: str, limit: int) -> list[Any]:
    """The values of PAST, in its order."""
    now = clock.now()
    heeded = timedelta(days=not_interested_days(shop_id))
    bought = timedelta(days=RECENT_PURCHASE_DAYS)
    return [shop_id, visitor_id, limit, now - bought, now + timedelta(days=1), now - heeded]


def pasts_of(
    shop_id: int, visitor_ids: Collection[str], limit: int, event: Callable[[str, str, float], Event]
) -> dict[str, PastOfVisitor[Event]]:
    """`past_of` each of these visitors who did something, by one question."""
    parameters = past_parameters(shop_id, "", limit)
    parameters[1] = list(visitor_ids)
    rows_of: dict[str, list[tuple[Any, ...]]] = {}
    for visitor_id, *row in _rows(_PASTS, dict(zip(_NAMES, parameters, strict=True))):
        rows_of.setdefault(visitor_id, []).append(tuple(row))
    return {visitor_id: past_of(rows, event) for visitor_id, rows in rows_of.items()}


def past_of(rows: list[tuple[Any, ...]], event: Callable[[str, str, float], Event]) -> PastOfVisitor[Event]:
    """What the rows of PAST in their order say; `event` makes an interest of item, type and seconds."""
    history = [event(item_id, kind, seconds) for item_id, kind, seconds, part in rows if part == _INTERESTS]
    history.reverse()
    trade = [PastInteraction(item_id, kind, seconds) for item_id, kind, seconds, part in rows if part == _TRADE]
    unwanted = {(item_id, about) for item_id, about, _, part in rows if part == _NOT_INTERESTED}
    return PastOfVisitor(history, owned_by(trade) if trade else set(), unwanted)


_INTEREST = ", ".join(f"'{kind}'" for kind in INTEREST_TYPES)
_NAMES = ("shop", "visitors", "limit", "since", "until", "heeded_since")
_INTERESTS, _TRADE, _NOT_INTERESTED = 0, 1, 2
#: What a slate asks of a visitor: two scans of the index of visitor and time, one of the small one of what is not
#: wanted; months that have not begun are not looked into. Its rows come first in a statement that asks for more.
_PAST = f"""
    (SELECT item_id::text, type::text, date_part('epoch', timestamp), {_INTERESTS} FROM events_interaction
     WHERE shop_id = {{shop}} AND visitor_id = {{visitor}} AND timestamp < {{until}} AND type IN ({_INTEREST})
         AND item_id <> ''
     ORDER BY timestamp DESC, id DESC LIMIT {{limit}})
    UNION ALL
    (SELECT item_id, type, date_part('epoch', timestamp), {_TRADE} FROM events_interaction
     WHERE shop_id = {{shop}} AND visitor_id = {{visitor}} AND timestamp > {{since}} AND timestamp < {{until}}
         AND type IN ('add_to_cart', 'remove_from_cart', 'purchase')
     ORDER BY timestamp DESC, id DESC)
    UNION ALL
    (SELECT item_id, about, 0, {_NOT_INTERESTED} FROM events_interaction
     WHERE shop_id = {{shop}} AND visitor_id = {{visitor}} AND timestamp > {{heeded_since}} AND timestamp < {{until}}
         AND type = 'not_interested'
     ORDER BY timestamp DESC LIMIT {MOST_NOT_INTERESTED})
"""  # noqa: S608  words of the vocabulary
PAST = _PAST.format(shop="$1", visitor="$2", limit="$3", since="$4", until="$5", heeded_since="$6")
_PASTS = "SELECT asked.visitor_id, past.* FROM unnest(%(visitors)s::text[]) AS asked (visitor_id), LATERAL ({}) AS past"
_PASTS = _PASTS.format(
    _PAST.format(visitor="asked.visitor_id", **{name: f"%({name})s" for name in _NAMES if name != "visitors"})
)
PAST_TYPES = "bigint, text, integer, timestamptz, timestamptz, timestamptz"


def owned_by(newest_first: list[PastInteraction]) -> set[str]:
    """Bought within the rows, or last added to the cart in CART_DAYS and neither removed nor bought after it."""
    cart_since = (clock.now() - timedelta(days=CART_DAYS)).timestamp()
    latest: dict[str, PastInteraction] = {}
    for event in newest_first:
        latest.setdefault(event.item_id, event)
    in_cart = {
        event.item_id
        for event in latest.values()
        if event.type == "add_to_cart" and event.timestamp_seconds > cart_since
    }
    return in_cart | {event.item_id for event in newest_first if event.type == "purchase"}


def _rows(query: str, parameters: list[Any] | dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return cursor.fetchall()
