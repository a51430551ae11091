"""What Forage thinks of who browses: the same that the page of a visitor tells merchants."""

from typing import Any
from uuid import UUID

from dashboard.accounts.models import Shop
from dashboard.core import formats
from dashboard.serving.explained import explained_slate
from dashboard.serving.pages import CHIPS_OF_TYPES, mix_parts
from dashboard.serving.request_context import read_request_context
from dashboard.serving.selectors import interests_now, recent_deeds, visitor_past
from dashboard.serving.types import SlateRequest

DEEDS_SHOWN = 6


def thoughts(shop: Shop, visitor_id: str, recommendation_id: str) -> dict[str, Any]:
    """`recommendation_id`: the slate that was shown last, in whatever form it came."""
    interests = interests_now(read_request_context(SlateRequest(shop=shop, placement="", visitor_id=visitor_id)))
    deeds = recent_deeds(shop, visitor_id, DEEDS_SHOWN)
    return {
        "past": visitor_past(shop, visitor_id),
        "interests": interests,
        "mix": mix_parts(interests),
        "mix_words": "; ".join(f"{entry.name} {formats.percent(entry.share)}" for entry in interests),
        "deeds": [(deed, CHIPS_OF_TYPES.get(deed.interaction.type, "eye")) for deed in deeds],
        "slate": explained_slate(shop, visitor_id, _uuid(recommendation_id)),
        "asked_for": recommendation_id,
    }


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
