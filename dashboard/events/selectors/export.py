"""All behaviour that is kept of one visitor, for the visitor to have."""

from typing import Any

from django.db.models import Q, QuerySet

from dashboard.events.models import BotVisitor, Exposure, Impression, Interaction, VisitorAlias

_SHARED = ("event_id", "line", "session_id", "item_id", "recommendation_id", "placement", "timestamp")


def kept_behaviour(shop_id: int, visitor_id: str) -> dict[str, Any]:
    """Every row of the visitor by its kind, oldest first."""
    mine = {"shop_id": shop_id, "visitor_id": visitor_id}
    return {
        "interactions": _rows(
            Interaction.objects.filter(**mine).order_by("timestamp", "id"),
            (*_SHARED, "type", "quantity", "price", "value", "currency", "order_id", "query", "about", "received_at"),
        ),
        "impressions": _rows(Impression.objects.filter(**mine).order_by("timestamp", "id"), _SHARED),
        "exposures": _rows(
            Exposure.objects.filter(**mine).order_by("served_at"),
            ("recommendation_id", "placement", "served_at", "experiment_id", "variant", "audience_id", "items"),
        ),
        "bot_marks": _rows(
            BotVisitor.objects.filter(**mine), ("reason", "detail", "found_at", "since", "until", "dismissed_at")
        ),
        "other_ids": _rows(
            VisitorAlias.objects.filter(Q(visitor_id=visitor_id) | Q(known_as=visitor_id), shop_id=shop_id),
            ("visitor_id", "known_as", "merged_at"),
        ),
    }


def _rows(rows: QuerySet[Any], fields: tuple[str, ...]) -> list[dict[str, Any]]:
    return list(rows.values(*fields))
