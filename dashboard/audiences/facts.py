"""What is known of one visitor this moment: what audiences are judged by when a slate is asked for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from dashboard.core.prepared import Prepared
from recommender.expressions import Field

NEW_UP_TO_VISITS = 1
SESSION_PAUSE = "interval '30 minutes'"
_DAY_SECONDS = 86_400


@dataclass(frozen=True)
class VisitorFacts:
    """Figures and attributes of a visitor. Moments are seconds since 1970; None: it never happened.

    `memberships`: {segment: probability} above 1 % in the artifact that is shown; None: it does not know the visitor.
    """

    now: float
    attributes: Mapping[str, Any] = field(default_factory=dict)
    memberships: Mapping[int, float] | None = None
    first_seen: float | None = None
    last_seen: float | None = None
    last_purchase: float | None = None
    visits: int = 0
    interactions: int = 0
    purchases: int = 0
    spent: float = 0.0

    def value_of(self, wanted: Field) -> Any:
        """The value of a field of `recommender.expressions.VISITORS`, or of an attribute."""
        if wanted.is_attribute:
            return self.attributes.get(wanted.name)
        if wanted.segment is not None:
            return None if self.memberships is None else self.memberships.get(wanted.segment, 0)
        if wanted.name == "new":
            return self.visits <= NEW_UP_TO_VISITS
        if (moment := _MOMENTS.get(wanted.name)) is not None:
            return self._days_since(getattr(self, moment))
        return getattr(self, wanted.name)

    def _days_since(self, moment: float | None) -> float | None:
        return None if moment is None else max((self.now - moment) / _DAY_SECONDS, 0.0)


_MOMENTS = {
    "days_since_first_visit": "first_seen",
    "days_since_last_visit": "last_seen",
    "days_since_last_purchase": "last_purchase",
}

# The sums that lie ready and, added to them, what happened since they were made: a click of a moment ago counts.
_FACTS = Prepared(
    "forage_visitor_facts",
    "bigint, text, timestamptz, text",
    f"""
    WITH known AS (
        SELECT * FROM audiences_visitor WHERE shop_id = $1 AND visitor_id = $2
    ), since AS (
        SELECT timestamp, type, coalesce(nullif(order_id, ''), event_id) AS order_key,
            CASE WHEN currency IN ('', $4) THEN coalesce(value, 0) ELSE 0 END AS money,
            timestamp - lag(timestamp, 1, (SELECT last_seen_at FROM known)) OVER (ORDER BY timestamp) AS pause
        FROM events_interaction
        WHERE shop_id = $1 AND visitor_id = $2 AND timestamp <= $3
            AND timestamp > coalesce((SELECT counted_until FROM known), '-infinity'::timestamptz)
    ), fresh AS (
        SELECT count(*) AS interactions, min(timestamp) AS first_seen_at, max(timestamp) AS last_seen_at,
            max(timestamp) FILTER (WHERE type = 'purchase') AS last_purchase_at,
            count(*) FILTER (WHERE pause IS NULL OR pause > {SESSION_PAUSE}) AS visits,
            count(DISTINCT order_key) FILTER (WHERE type = 'purchase') AS purchases,
            coalesce(sum(money) FILTER (WHERE type = 'purchase'), 0) AS spent
        FROM since
    )
    SELECT known.attributes::text,
        (SELECT probabilities::text FROM segments_segmentmembership WHERE shop_id = $1 AND visitor_id = $2
            AND artifact_id = (SELECT artifact_id FROM segments_segmentset WHERE shop_id = $1)),
        date_part('epoch', least(known.first_seen_at, fresh.first_seen_at)),
        date_part('epoch', greatest(known.last_seen_at, fresh.last_seen_at)),
        date_part('epoch', greatest(known.last_purchase_at, fresh.last_purchase_at)),
        (coalesce(known.visits, 0) + fresh.visits)::bigint,
        (coalesce(known.interactions, 0) + fresh.interactions)::bigint,
        (coalesce(known.purchases, 0) + fresh.purchases)::bigint,
        (coalesce(known.spent, 0) + fresh.spent)::float8
    FROM fresh LEFT JOIN known ON TRUE
    """,  # noqa: S608  words of this module
)


def visitor_facts(*, shop_id: int, currency: str, visitor_id: str, now: datetime) -> VisitorFacts:
    """Read now, by one statement. Of somebody who has never been here: a visitor without a past."""
    ((attributes, memberships, *figures),) = _FACTS.rows([shop_id, visitor_id, now, currency])
    return VisitorFacts(
        now.timestamp(),
        orjson.loads(attributes) if attributes else {},
        None if memberships is None else {int(number): p for number, p in orjson.loads(memberships).items()},
        *figures,
    )
