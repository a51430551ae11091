"""Reads of the log of slates."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import connection

from dashboard.events.models import Exposure, LoggedPolicy
from recommender.slate import Knobs, Rule
from recommender.slate.record import SlateRecord

PAGE = 500  # 2 MB
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_ID = UUID(int=2**128 - 1)
_PAGE = """
    SELECT recommendation_id, served_at, policy_hash, seed, items, record FROM events_exposure
    WHERE shop_id = %(shop)s AND served_at >= %(since)s AND served_at <= %(until)s
        AND (served_at, recommendation_id) < (%(until)s, %(before)s)
    ORDER BY served_at DESC, recommendation_id DESC LIMIT %(limit)s
"""


@dataclass(frozen=True)
class LoggedSlate:
    """An exposure, as far as drawing it again needs it. `record` None: of a version that kept none."""

    recommendation_id: UUID
    served_at: datetime
    policy_hash: str
    seed: int
    items: list[dict[str, Any]]
    record: bytes | None


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
        for slate, served_at, policy_hash, seed, items, record in rows:
            yield LoggedSlate(slate, served_at, policy_hash, seed, _read(items), record and bytes(record))
        if len(rows) < PAGE:
            return
        at |= {"before": rows[-1][0], "until": rows[-1][1]}


def logged_terms(shop_id: int) -> dict[str, Terms]:
    """{policy hash: the knobs and rules that it stands for} of all that a shop has ever served with."""
    rows = LoggedPolicy.objects.filter(shop_id=shop_id)
    return {
        row.policy_hash: Terms(Knobs.from_dict(row.knobs), tuple(Rule.from_dict(rule) for rule in row.rules))
        for row in rows
    }


def _read(items: Any) -> list[dict[str, Any]]:
    return json.loads(items) if isinstance(items, str) else items
