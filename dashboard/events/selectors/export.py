"""All that is kept of one visitor, for the visitor to have."""

from typing import Any

from django.db.models import QuerySet

from dashboard.events.models import Exposure, Impression, Interaction

_SHARED = ("event_id", "line", "session_id", "item_id", "recommendation_id", "placement", "timestamp")


def visitor_export(shop_id: int, visitor_id: str) -> dict[str, Any]:
    """Every row of the visitor, oldest first: {"visitor_id", "interactions", "impressions", "exposures"}."""
    mine = {"shop_id": shop_id, "visitor_id": visitor_id}
    return {
        "visitor_id": visitor_id,
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


def _rows(rows: QuerySet[Any], fields: tuple[str, ...]) -> list[dict[str, Any]]:
    return list(rows.values(*fields))
