"""Slots of slates that came onto a screen, with what became of them: what beliefs are learned from."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from django.db import connection

from dashboard.events.selectors.bots import is_person
from recommender.beliefs.rendered import Rendered

MOST_RENDERED = 200_000  # 3 s of a worker and 60 MB; a busy shop is learned from its latest days
_SERVED_BEFORE = timedelta(days=1)  # how long a slate may lie in a page until it is looked at
_SERVED_LONG_BEFORE = timedelta(days=7)  # and until it is clicked

# A click is what daily sums call one (services/kpis.py). A slot counts once, whatever a page sends; one that was
# clicked was seen, also where that came too early to tell.
_TOLD = f"""
    SELECT recommendation_id, item_id, timestamp, false AS clicked FROM events_impression AS seen
    WHERE shop_id = %(shop)s AND timestamp > %(since)s AND received_at <= %(until)s AND recommendation_id IS NOT NULL
        AND {is_person("seen", "received_at")}
    UNION ALL
    SELECT recommendation_id, item_id, timestamp, true FROM events_interaction AS did
    WHERE shop_id = %(shop)s AND timestamp > %(since)s AND received_at <= %(until)s AND recommendation_id IS NOT NULL
        AND type IN ('select_item', 'view_item') AND {is_person("did", "received_at")}
"""  # noqa: S608  constants of the events' own
_RENDERED = f"""
    WITH told AS (
        SELECT recommendation_id, item_id, min(timestamp) AS seen_at, bool_or(clicked) AS clicked FROM ({_TOLD}) AS each
        GROUP BY 1, 2
    )
    SELECT slate.placement, slate.visitor_id, slot.item_id, slot.position, slot.score, coalesce(slot.propensity, 1),
        date_part('epoch', told.seen_at) / 86400, told.clicked
    FROM events_exposure AS slate
    CROSS JOIN LATERAL jsonb_to_recordset(slate.items)
        AS slot (item_id text, position int, score float8, propensity float8)
    JOIN told ON told.recommendation_id = slate.recommendation_id AND told.item_id = slot.item_id
    WHERE slate.shop_id = %(shop)s AND slate.served_at > %(served_since)s AND slate.served_at <= %(until)s
"""  # noqa: S608  as above
# Slates of which something came; then all that is known of these, to tell what is new of each slot.
_ARRIVED = f"""
    WITH touched AS (
        SELECT recommendation_id, visitor_id FROM events_impression
        WHERE shop_id = %(shop)s AND received_at > %(since)s AND received_at <= %(until)s
            AND recommendation_id IS NOT NULL
        UNION
        SELECT recommendation_id, visitor_id FROM events_interaction
        WHERE shop_id = %(shop)s AND received_at > %(since)s AND received_at <= %(until)s
            AND recommendation_id IS NOT NULL AND type IN ('select_item', 'view_item')
    ), told AS (
        SELECT seen.recommendation_id, seen.item_id, seen.received_at, NULL::timestamptz AS clicked_at
        FROM touched JOIN events_impression AS seen USING (recommendation_id, visitor_id)
        WHERE seen.shop_id = %(shop)s AND seen.received_at <= %(until)s AND {is_person("seen", "received_at")}
        UNION ALL
        SELECT did.recommendation_id, did.item_id, did.received_at, did.received_at
        FROM touched JOIN events_interaction AS did USING (recommendation_id, visitor_id)
        WHERE did.shop_id = %(shop)s AND did.received_at <= %(until)s AND did.type IN ('select_item', 'view_item')
            AND {is_person("did", "received_at")}
    ), known AS (
        SELECT recommendation_id, item_id, min(received_at) AS seen_at, min(clicked_at) AS clicked_at
        FROM told GROUP BY 1, 2
    )
    SELECT slate.placement, slot.item_id, slot.position, slot.score, known.seen_at > %(since)s,
        coalesce(known.clicked_at > %(since)s, false), CASE WHEN known.seen_at > %(since)s THEN slate.record END
    FROM events_exposure AS slate
    CROSS JOIN LATERAL jsonb_to_recordset(slate.items) AS slot (item_id text, position int, score float8)
    JOIN known ON known.recommendation_id = slate.recommendation_id AND known.item_id = slot.item_id
    WHERE slate.shop_id = %(shop)s AND slate.served_at > %(served_since)s
        AND slate.recommendation_id IN (SELECT recommendation_id FROM touched)
        AND (known.seen_at > %(since)s OR known.clicked_at > %(since)s)
"""  # noqa: S608  as above
_SINCE = """
    SELECT timestamp FROM events_impression
    WHERE shop_id = %(shop)s AND timestamp > %(since)s AND timestamp <= %(until)s
    ORDER BY timestamp DESC OFFSET %(most)s LIMIT 1
"""


@dataclass(frozen=True)
class Arrived:
    """A slot of which something new is known. `record`: of its slate, where it was not known to have been seen."""

    placement: str
    item_id: str
    position: int
    score: float
    is_newly_seen: bool
    is_newly_clicked: bool
    record: bytes | memoryview | None


_KINDS = (object, object, object, int, float, float, float, bool)


def rendered_slots(shop_id: int, *, since: datetime, until: datetime, most: int = MOST_RENDERED) -> Rendered:
    """What people were shown since a moment, as far as it was received by another; the latest, of about `most` slots.
    What bots did is left out."""
    period: dict[str, Any] = {"shop": shop_id, "since": since, "until": until, "most": most}
    with connection.cursor() as cursor:
        cursor.execute(_SINCE, period)
        if (row := cursor.fetchone()) is not None:
            period["since"] = row[0]
        cursor.execute(_RENDERED, {**period, "served_since": period["since"] - _SERVED_BEFORE})
        return _columns(cursor.fetchall())


def arrived_slots(shop_id: int, *, since: datetime, until: datetime) -> list[Arrived]:
    """Slots of which it became known between two moments that they were seen, or clicked."""
    served_since = since - _SERVED_LONG_BEFORE
    period: dict[str, Any] = {"shop": shop_id, "since": since, "until": until, "served_since": served_since}
    with connection.cursor() as cursor:
        cursor.execute(_ARRIVED, period)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return [Arrived(*row) for row in rows]


def _columns(rows: Sequence[tuple[Any, ...]]) -> Rendered:
    columns = zip(*rows, strict=True) if rows else ((),) * len(_KINDS)
    return Rendered(*(np.array(column, dtype=kind) for column, kind in zip(columns, _KINDS, strict=True)))
