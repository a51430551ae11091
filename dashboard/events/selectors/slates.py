"""Slates that were served, by their id."""

from uuid import UUID

from dashboard.events.models import Exposure


def served_to(shop_id: int, recommendation_id: UUID) -> tuple[str, str] | None:
    """(visitor, placement) of a slate; None where it is not kept any more, as of a visitor who was erased."""
    found = Exposure.objects.filter(shop_id=shop_id, recommendation_id=recommendation_id)
    return found.values_list("visitor_id", "placement").first()
