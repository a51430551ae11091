"""All that is kept of one visitor, for the visitor to have."""

from typing import Any

from django.db.models import QuerySet

from dashboard.core import errors
from dashboard.events.models import Exposure, Impression, Interaction

_SHARED = ("event_id", "line", "session_id", "item_id", "recommendation_id", "placement", "timestamp")


def visitor_export(shop_id: int, visitor_id: str) -> dict[str, Any]:
    """Every row of the visitor, oldest first: {"visitor_id", "interactions", "impressions", "exposures"}.

    Raises `NotFound` for a visitor of whom nothing is kept.
    """
    mine = {"shop_id": shop_id, "visitor_id": visitor_id}
    kept = {
        "interactions": _rows(
            Interaction.objects.filter(**mine).order_by("timestamp", "id"),
            (*_SHARED, "type", "quantity", "price", "value", "currency", "order_id", "query", "received_at"),
        ),
        "impressions": _rows(Impression.objects.filter(**mine).order_by("timestamp", "id"), _SHARED),
        "exposures": _rows(
            Exposure.objects.filter(**mine).order_by("served_at"),
            ("recommendation_id", "placement", "served_at", "experiment_id", "variant", "items"),
        ),
    }
    if not any(kept.values()):
        raise errors.NotFound("There is no such visitor in this shop.")
    return {"visitor_id": visitor_id, **kept}


def _rows(rows: QuerySet[Any], fields: tuple[str, ...]) -> list[dict[str, Any]]:
    return list(rows.values(*fields))
