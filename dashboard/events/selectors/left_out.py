"""What a visitor's past would be if something they did had not happened: row by row, as if the rows were deleted."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, NamedTuple

from django.db import connection

from dashboard.core import clock
from dashboard.events.selectors.history import (
    Event,
    PastInteraction,
    PastOfVisitor,
    owned_by,
    past_parameters,
    pasts_of,
)
from dashboard.events.selectors.left import Left, left_since
from dashboard.events.vocabulary import INTEREST_TYPES

DEEPER = 4  # times as many rows are read as count: older ones take the place of what is left out
_TRADE_TYPES = ("add_to_cart", "remove_from_cart", "purchase")
Opened = tuple[str, frozenset[int], tuple[int, ...]]  # item, rows that opened it in a slate, when it was shown there


class Deed(NamedTuple):
    """A row of what a visitor did."""

    id: int
    item_id: str
    type: str
    timestamp_seconds: float


@dataclass(frozen=True)
class LeftOut(Generic[Event]):
    """The past without these deeds; `left_besides`: what would count as shown and not opened, because they alone opened
    it."""

    deeds: tuple[Deed, ...]
    past: PastOfVisitor[Event]
    left_besides: Left = field(default_factory=dict)

    def left(self, left: Left) -> Left:
        """What the visitor left, and what they would have left besides."""
        besides = {item: (*left.get(item, ()), *moments) for item, moments in self.left_besides.items()}
        return {**left, **besides}


def pasts_without_each(
    shop_id: int, visitor_id: str, limit: int, event: Callable[[str, str, float], Event]
) -> list[LeftOut[Event]]:
    """The past as `pasts_of` would tell it without one row, for each of the newest `limit` interests, oldest first, and
    without all rows of an item, for each item that has several. Five statements."""
    whole = pasts_of(shop_id, [visitor_id], limit, event).get(visitor_id)
    if whole is None:
        return []
    shop, visitor, _, bought_since, until, _ = past_parameters(shop_id, visitor_id, limit)
    at = {"shop": shop, "visitor": visitor, "until": until, "limit": DEEPER * limit}
    interests = [Deed(*row) for row in _rows(_INTERESTS, {**at, "types": list(INTEREST_TYPES)})]
    trade = [Deed(*row) for row in _rows(_TRADE, {**at, "since": bought_since, "types": list(_TRADE_TYPES)})]
    opened = _opened(shop_id, visitor_id, until)
    return [
        LeftOut(
            deeds,
            PastOfVisitor(_history(interests, gone, limit, event), _owned(trade, gone), whole.not_interested),
            _left_besides(opened, gone),
        )
        for deeds, gone in _groups(interests, trade, limit)
    ]


def _groups(
    interests: Sequence[Deed], trade: Sequence[Deed], limit: int
) -> Iterator[tuple[tuple[Deed, ...], frozenset[int]]]:
    """What is left out each time, and the ids of its rows."""
    counting = interests[:limit]
    for deed in reversed(counting):
        yield (deed,), frozenset([deed.id])
    for item_id in dict.fromkeys(deed.item_id for deed in reversed(counting)):
        deeds = tuple(deed for deed in reversed(interests) if deed.item_id == item_id)
        if len(deeds) > 1:
            yield deeds, frozenset(deed.id for deed in (*deeds, *trade) if deed.item_id == item_id)


def _left_besides(opened: Sequence[Opened], gone: frozenset[int]) -> Left:
    found: dict[str, tuple[int, ...]] = {}
    for item_id, rows, moments in opened:
        if rows <= gone:
            found[item_id] = (*found.get(item_id, ()), *moments)
    return found


def _history(
    interests: Sequence[Deed], gone: frozenset[int], limit: int, event: Callable[[str, str, float], Event]
) -> list[Event]:
    kept = [deed for deed in interests if deed.id not in gone][:limit]
    return [event(deed.item_id, deed.type, deed.timestamp_seconds) for deed in reversed(kept)]


def _owned(trade: Sequence[Deed], gone: frozenset[int]) -> set[str]:
    return owned_by(
        [PastInteraction(deed.item_id, deed.type, deed.timestamp_seconds) for deed in trade if deed.id not in gone]
    )


_COLUMNS = "SELECT id, item_id, type, date_part('epoch', timestamp) FROM events_interaction"
_OF_VISITOR = (
    "WHERE shop_id = %(shop)s AND visitor_id = %(visitor)s AND timestamp < %(until)s AND type = ANY(%(types)s)"
)
_NEWEST_FIRST = "ORDER BY timestamp DESC, id DESC"
_INTERESTS = f"{_COLUMNS} {_OF_VISITOR} AND item_id <> '' {_NEWEST_FIRST} LIMIT %(limit)s"
_TRADE = f"{_COLUMNS} {_OF_VISITOR} AND timestamp > %(since)s {_NEWEST_FIRST}"
#: As selectors/left.py tells what was opened.
_OPENED = """
    SELECT shown.item_id, opened.ids, array_agg(date_part('epoch', shown.timestamp)::bigint ORDER BY shown.timestamp)
    FROM (
        SELECT recommendation_id, item_id, array_agg(id) AS ids FROM events_interaction
        WHERE shop_id = %(shop)s AND visitor_id = %(visitor)s AND timestamp > %(since)s AND timestamp < %(until)s
            AND type IN ('select_item', 'view_item') AND recommendation_id IS NOT NULL
        GROUP BY recommendation_id, item_id) AS opened
    JOIN events_impression AS shown
        ON shown.recommendation_id = opened.recommendation_id AND shown.item_id = opened.item_id
    WHERE shown.shop_id = %(shop)s AND shown.visitor_id = %(visitor)s AND shown.timestamp > %(since)s
        AND shown.timestamp < %(until)s
    GROUP BY shown.item_id, opened.ids
"""


def _opened(shop_id: int, visitor_id: str, until: datetime) -> list[Opened]:
    at = {"shop": shop_id, "visitor": visitor_id, "since": left_since(clock.now()), "until": until}
    return [(item_id, frozenset(ids), tuple(moments)) for item_id, ids, moments in _rows(_OPENED, at)]


def _rows(query: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return cursor.fetchall()
