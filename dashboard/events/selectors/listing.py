"""Interactions of a shop, oldest first, from any place on."""

from datetime import UTC, datetime
from typing import Any

from django.db.models import Q

from dashboard.core.keyset import no_cursor
from dashboard.events.models import Interaction

INTERACTION_COLUMNS = (
    "event_id", "line", "type", "visitor_id", "session_id", "item_id", "quantity", "price", "value", "currency",
    "order_id", "query", "recommendation_id", "placement", "timestamp", "received_at", "low_trust", "simulated",
)  # fmt: skip


def interaction_page(
    shop_id: int, *, after: str, limit: int, since: datetime | None = None, until: datetime | None = None
) -> list[dict[str, Any]]:
    """Rows of `INTERACTION_COLUMNS` with `cursor`, in the order of their time; `until` is no longer part.

    Raises `Invalid` for a cursor that none of these rows had.
    """
    rows = Interaction.objects.filter(shop_id=shop_id)
    if since is not None:
        rows = rows.filter(timestamp__gte=since)
    if until is not None:
        rows = rows.filter(timestamp__lt=until)
    if after:
        moment, pk = _place(after)
        rows = rows.filter(Q(timestamp__gt=moment) | Q(timestamp=moment, pk__gt=pk), timestamp__gte=moment)
    found = rows.order_by("timestamp", "id").values("id", *INTERACTION_COLUMNS)[:limit]
    return [{**row, "cursor": f"{row['timestamp'].astimezone(UTC).isoformat()}~{row.pop('id')}"} for row in found]


def _place(cursor: str) -> tuple[datetime, int]:
    moment, _, pk = cursor.partition("~")
    try:
        found = datetime.fromisoformat(moment)
        if found.tzinfo is None or not 0 <= int(pk) < 2**63:
            raise ValueError
        return found, int(pk)
    except (ValueError, OverflowError):
        raise no_cursor("after") from None
