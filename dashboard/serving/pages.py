"""What the page of a visitor shows, put together for its template."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext as _

from dashboard.accounts.models import Shop
from dashboard.audiences.selectors import audiences_by_id
from dashboard.catalog.servable import item_labels
from dashboard.core import formats
from dashboard.policies.models import Placement
from dashboard.policies.services import placements_at_hand
from dashboard.serving.composing import Assigned, compose
from dashboard.serving.interests_over_time import interests_figure, periods_of
from dashboard.serving.model_store import LoadedModel
from dashboard.serving.preview import ShownItem, preview_context, with_grounds
from dashboard.serving.request_context import RequestContext
from dashboard.serving.selectors import (
    Interest,
    assignment_as_it_is,
    interests_now,
    recent_deeds,
    visitor_past,
)
from dashboard.serving.types import Slate

CHIPS_OF_TYPES = {
    "view_item": "eye",
    "add_to_cart": "bag",
    "remove_from_cart": "close",
    "add_to_wishlist": "plus",
    "purchase": "check",
    "refund": "undo",
    "select_item": "arrow-right",
    "search": "search",
    "not_interested": "close",
}
_SMALL = 0.05  # a share below this is summed up under “others”


@dataclass(frozen=True)
class MixPart:
    """A piece of the bar of interests: where it starts and how long it is, in percent."""

    number: int | None
    name: str
    share: float
    start: str

    @property
    def width(self) -> str:
        return f"{self.share * 100:.1f}"


@dataclass(frozen=True)
class SlateNow:
    """What the visitor would see at a placement now, and how it came to be. Nothing of it is logged."""

    slate: Slate
    rows: list[ShownItem]
    context: RequestContext
    assigned: Assigned
    milliseconds: float

    @property
    def model(self) -> LoadedModel | None:
        return self.context.model if self.slate.artifact_id else None

    @property
    def explored(self) -> str:
        shown = self.slate.items
        return formats.percent(sum(item.explore for item in shown) / len(shown)) if shown else ""


def visitor_page(shop: Shop, visitor_id: str, slug: str, draw: int) -> dict[str, Any]:
    placements = placements_at_hand(shop)
    placement = next((entry for entry in placements if entry.slug == slug), placements[0])
    now = slate_now(shop, placement, visitor_id, draw)
    interests = interests_now(now.context)
    return {
        "visitor_id": visitor_id,
        "past": visitor_past(shop, visitor_id),
        "interests": interests,
        "mix": mix_parts(interests),
        "over_time": interests_figure(shop, periods_of(now.context)),
        "draw": draw,
        "mix_words": "; ".join(f"{entry.name} {formats.percent(entry.share)}" for entry in interests),
        "deeds": [(deed, CHIPS_OF_TYPES.get(deed.interaction.type, "eye")) for deed in recent_deeds(shop, visitor_id)],
        "placements": placements,
        "placement": placement,
        "now": now,
        "override": _override_name(shop, now.slate.audience_id),
    }


def slate_now(shop: Shop, placement: Placement, visitor_id: str, draw: int) -> SlateNow:
    """`draw`: the seed, so that what is told of the slate afterwards is told of this one."""
    assigned = assignment_as_it_is(shop, placement.slug, visitor_id)
    started = time.perf_counter()
    context = preview_context(shop, placement.slug, visitor_id)
    context = replace(context, request=replace(context.request, seed=draw))
    slate = compose(context, assigned)
    milliseconds = (time.perf_counter() - started) * 1000
    return SlateNow(slate, _rows(shop, slate), context, assigned, milliseconds)


def _override_name(shop: Shop, audience_id: int | None) -> str:
    """The audience whose override the visitor meets; empty where everything is inherited."""
    return "" if audience_id is None else str(audiences_by_id(shop, [audience_id])[audience_id])


def mix_parts(interests: Sequence[Interest]) -> list[MixPart]:
    """Interests above 5% by name, the rest as one part; together the whole bar."""
    large = [entry for entry in interests if entry.share >= _SMALL]
    parts, start = [], 0.0
    for entry in large:
        parts.append(MixPart(entry.number, entry.name, entry.share, f"{start * 100:.1f}"))
        start += entry.share
    if large and start < 0.995:
        parts.append(MixPart(None, _("Others"), 1.0 - start, f"{start * 100:.1f}"))
    return parts


def _rows(shop: Shop, slate: Slate) -> list[ShownItem]:
    items = item_labels(shop.pk, {slot.item_id for slot in slate.items})
    return with_grounds(
        shop.pk, [ShownItem(slot, items[slot.item_id]) for slot in slate.items if slot.item_id in items]
    )
