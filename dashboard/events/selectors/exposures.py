"""Reads of the log of slates."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import connection

from dashboard.events.models import Exposure, LoggedPolicy
from dashboard.events.selectors.bots import is_person
from recommender.slate import Knobs, Rule
from recommender.slate.record import SlateRecord

PAGE = 500  # 2 MB
MOST_COUNTED = 20_000  # slates, half a second
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_ID = UUID(int=2**128 - 1)
_COLUMNS = "recommendation_id, served_at, policy_hash, seed, items, record, audience_id"
_PAGE = f"""
    SELECT {_COLUMNS} FROM events_exposure
    WHERE shop_id = %(shop)s AND served_at >= %(since)s AND served_at <= %(until)s
        AND (served_at, recommendation_id) < (%(until)s, %(before)s)
    ORDER BY served_at DESC, recommendation_id DESC LIMIT %(limit)s
"""  # noqa: S608  the only thing put in is a constant of this module
_BY_IDS = f"""
    SELECT {_COLUMNS} FROM events_exposure
    WHERE shop_id = %(shop)s AND served_at >= %(since)s AND served_at <= %(until)s
        AND recommendation_id = ANY(%(ids)s::uuid[])
"""  # noqa: S608  as above
_OF_PEOPLE = f"""
    AND placement = %(placement)s AND simulated = %(simulated)s AND {is_person("events_exposure", "served_at")}
"""
_HEADS = f"""
    SELECT recommendation_id, served_at, policy_hash, policy_version, audience_id,
        coalesce(nullif(visitor_id, ''), nullif(session_id, ''), recommendation_id::text)
    FROM events_exposure
    WHERE shop_id = %(shop)s AND served_at >= %(since)s AND served_at <= %(until)s {_OF_PEOPLE}
        AND (%(experiment)s::bigint IS NULL OR experiment_id = %(experiment)s AND variant = %(variant)s)
    ORDER BY served_at DESC, recommendation_id DESC LIMIT %(limit)s
"""  # noqa: S608  as above
_SLOTS = f"""
    SELECT entry->>'item_id', count(*) FROM (
        SELECT items FROM events_exposure WHERE shop_id = %(shop)s AND served_at >= %(since)s {_OF_PEOPLE}
        ORDER BY served_at DESC LIMIT %(slates)s
    ) AS newest CROSS JOIN LATERAL jsonb_array_elements(items) AS entry
    GROUP BY 1
"""  # noqa: S608  the only thing put in is a constant of this module
_RECENT = f"""
    SELECT visitor_id FROM (
        SELECT visitor_id, served_at FROM events_exposure
        WHERE shop_id = %(shop)s AND visitor_id <> '' AND served_at >= %(since)s {_OF_PEOPLE}
        ORDER BY served_at DESC LIMIT %(slates)s
    ) AS newest
    GROUP BY visitor_id ORDER BY max(served_at) DESC, visitor_id LIMIT %(limit)s
"""  # noqa: S608  the only thing put in is a constant of this module


@dataclass(frozen=True)
class LoggedSlate:
    """An exposure, as far as drawing it again needs it. `record` None: of a version that kept none."""

    recommendation_id: UUID
    served_at: datetime
    policy_hash: str
    seed: int
    items: list[dict[str, Any]]
    record: bytes | None
    audience_id: int | None


@dataclass(frozen=True)
class SlateHead:
    """An exposure without what it was drawn from. `unit`: the visitor, else the session: slates of one unit are not
    independent."""

    recommendation_id: UUID
    served_at: datetime
    policy_hash: str
    policy_version: int
    audience_id: int | None
    unit: str


@dataclass(frozen=True)
class Terms:
    """Knobs and rules that exposures were drawn with."""

    knobs: Knobs
    rules: tuple[Rule, ...]


def candidate_count(exposure: Exposure) -> int:
    """How many items the slate was drawn from."""
    if exposure.record is not None:
        return len(SlateRecord.decode(bytes(exposure.record)))
    return len((exposure.candidates or {}).get("item_ids", ()))


def logged_slates(shop_id: int, *, until: datetime, since: datetime | None = None) -> Iterator[LoggedSlate]:
    """Slates of a shop, those served last first, a page at a time: what is erased meanwhile does not come."""
    at: dict[str, Any] = {"shop": shop_id, "since": since or _BEGINNING, "until": until, "before": _LAST_ID}
    while True:
        with connection.cursor() as cursor:
            cursor.execute(_PAGE, {**at, "limit": PAGE})
            rows = cursor.fetchall()
        yield from map(_logged_slate, rows)
        if len(rows) < PAGE:
            return
        at |= {"before": rows[-1][0], "until": rows[-1][1]}


def slates_by_ids(shop_id: int, ids: Sequence[UUID], *, since: datetime, until: datetime) -> list[LoggedSlate]:
    """Those of these slates that are there and were served between two moments."""
    with connection.cursor() as cursor:
        cursor.execute(_BY_IDS, {"shop": shop_id, "ids": list(ids), "since": since, "until": until})
        return [_logged_slate(row) for row in cursor.fetchall()]


def slates_of_people(
    shop_id: int,
    placement: str,
    *,
    since: datetime,
    until: datetime,
    simulated: bool,
    limit: int,
    experiment_id: int | None = None,
    variant: str = "",
) -> list[SlateHead]:
    """The newest slates of a placement, without those of bots; either of simulated visitors or of real ones. With an
    `experiment_id` those of one of its variants."""
    asked: dict[str, Any] = {
        "shop": shop_id,
        "placement": placement,
        "simulated": simulated,
        "since": since,
        "until": until,
    }
    with connection.cursor() as cursor:
        cursor.execute(_HEADS, {**asked, "limit": limit, "experiment": experiment_id, "variant": variant})
        return [SlateHead(*row) for row in cursor.fetchall()]


def _logged_slate(row: Sequence[Any]) -> LoggedSlate:
    slate, served_at, policy_hash, seed, items, record, audience_id = row
    return LoggedSlate(slate, served_at, policy_hash, seed, _read(items), record and bytes(record), audience_id)


def only_simulated(shop_id: int, placement: str, *, since: datetime) -> bool:
    """Whether no real visitor has been shown a slate of the placement since a moment."""
    real = Exposure.objects.filter(shop_id=shop_id, placement=placement, simulated=False, served_at__gte=since)
    return not real.exists()


def slots_of_items(shop_id: int, placement: str, *, since: datetime, simulated: bool) -> dict[str, int]:
    """{item: in how many slots} of the newest MOST_COUNTED slates of the placement since a moment; without bots."""
    asked: dict[str, Any] = {
        "shop": shop_id,
        "placement": placement,
        "simulated": simulated,
        "since": since,
        "slates": MOST_COUNTED,
    }
    with connection.cursor() as cursor:
        cursor.execute(_SLOTS, asked)
        return dict(cursor.fetchall())


def recent_visitors(shop_id: int, placement: str, *, since: datetime, limit: int, simulated: bool) -> list[str]:
    """Who was shown a slate of the placement last, as far as the newest 20 slates a visitor say; without bots."""
    asked: dict[str, Any] = {"shop": shop_id, "placement": placement, "simulated": simulated, "since": since}
    with connection.cursor() as cursor:
        cursor.execute(_RECENT, {**asked, "limit": limit, "slates": 20 * limit})
        return [row[0] for row in cursor.fetchall()]


def logged_terms(shop_id: int) -> dict[str, Terms]:
    """{policy hash: the knobs and rules that it stands for} of all that a shop has ever served with."""
    rows = LoggedPolicy.objects.filter(shop_id=shop_id)
    return {
        row.policy_hash: Terms(Knobs.from_dict(row.knobs), tuple(Rule.from_dict(rule) for rule in row.rules))
        for row in rows
    }


def _read(items: Any) -> list[dict[str, Any]]:
    return json.loads(items) if isinstance(items, str) else items
