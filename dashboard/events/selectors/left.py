"""What a visitor was shown in slates and did not open: read for a slate, so by the index of the visitor."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

import orjson
from django.db import connection

LEFT_DAYS = 30  # what lies further back has faded whatever the half-life
#: Moments in seconds since 1970 by item: one text, because rows of their own would cost more than they do. What was
#: clicked in its slate was not left. `shop`, `visitor`, `since` and `until` are put in.
LEFT = """
    SELECT coalesce(json_object_agg(item_id, moments)::text, '') FROM (
        SELECT item_id, json_agg(date_part('epoch', timestamp)::bigint) AS moments FROM events_impression
        WHERE shop_id = {shop} AND visitor_id = {visitor} AND timestamp > {since} AND timestamp < {until}
            AND recommendation_id IS NOT NULL AND (recommendation_id, item_id) NOT IN (
                SELECT recommendation_id, item_id FROM events_interaction
                WHERE shop_id = {shop} AND visitor_id = {visitor} AND timestamp > {since} AND timestamp < {until}
                    AND type IN ('select_item', 'view_item') AND recommendation_id IS NOT NULL)
        GROUP BY item_id) AS each
"""
_OF_EACH = LEFT.format(shop="%(shop)s", visitor="asked.visitor_id", since="%(since)s", until="%(until)s")
_OF_MANY = f"SELECT * FROM unnest(%(visitors)s::text[]) AS asked (visitor_id), LATERAL ({_OF_EACH}) AS answer"  # noqa: S608
_OF_ONE = LEFT.format(shop="%(shop)s", visitor="%(visitor)s", since="%(since)s", until="%(until)s")
Left = Mapping[str, tuple[int, ...]]  # {item: moments in seconds since 1970}


def left_since(now: datetime) -> datetime:
    """From when on it is asked."""
    return now - timedelta(days=LEFT_DAYS)


def left_of(text: str) -> Left:
    """The answer of LEFT."""
    return {item_id: tuple(moments) for item_id, moments in orjson.loads(text).items()} if text else {}


def left_by(shop_id: int, visitor_id: str, until: datetime) -> Left:
    """What one visitor had left by a moment."""
    if not visitor_id:
        return {}
    at = {"shop": shop_id, "visitor": visitor_id, "since": left_since(until), "until": until}
    ((text,),) = _rows(_OF_ONE, at)
    return left_of(text)


def left_by_each(shop_id: int, visitor_ids: Collection[str], now: datetime) -> dict[str, Left]:
    """The same of many, by one question; those who left nothing are missing."""
    at = {"shop": shop_id, "visitors": list(visitor_ids), "since": left_since(now), "until": now}
    return {visitor_id: left_of(text) for visitor_id, text in _rows(_OF_MANY, at) if text}


def _rows(query: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return cursor.fetchall()
