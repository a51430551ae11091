"""A slate that was served, explained: what was shown, out of how many, why, and with which chance."""

from dataclasses import dataclass
from uuid import UUID

from dashboard.accounts.models import Shop
from dashboard.catalog.servable import ServableItem, item_labels
from dashboard.events.models import Exposure
from dashboard.events.selectors import candidate_count
from dashboard.events.selectors.left import left_by
from dashboard.policies.selectors import placement_by_slug
from dashboard.serving.preview import ShownItem
from dashboard.serving.reasons import PINNED, Place, reasons_for, sentence
from dashboard.serving.request_context import read_request_context
from dashboard.serving.types import SlateItem, SlateRequest


@dataclass(frozen=True)
class ExplainedItem:
    """An item in its position, with the reason in words."""

    shown: ShownItem
    sentence: str


@dataclass(frozen=True)
class ExplainedSlate:
    """`candidates`: how many items it was drawn from. `artifact_id` None: no model answered, but `fallback`."""

    placement: str
    policy_version: int
    artifact_id: int | None
    variant: str
    fallback: str
    candidates: int
    items: list[ExplainedItem]

    @property
    def explored(self) -> int:
        return sum(item.shown.slot.explore for item in self.items)


def explained_slate(shop: Shop, visitor_id: str, recommendation_id: UUID | None) -> ExplainedSlate | None:
    """None for what was never served to this visitor, or is not stored yet."""
    if recommendation_id is None:
        return None
    row = Exposure.objects.filter(shop=shop, visitor_id=visitor_id, recommendation_id=recommendation_id).first()
    if row is None:
        return None
    return ExplainedSlate(
        placement=placement_by_slug(shop, row.placement).name,
        policy_version=row.policy_version,
        artifact_id=row.artifact_id,
        variant=row.variant,
        fallback=row.fallback,
        candidates=candidate_count(row),
        items=_items(shop, visitor_id, row),
    )


def _items(shop: Shop, visitor_id: str, row: Exposure) -> list[ExplainedItem]:
    left = left_by(shop.pk, visitor_id, row.served_at)
    slots = [SlateItem(**entry, left=len(left.get(entry["item_id"], ()))) for entry in row.items]
    context = read_request_context(SlateRequest(shop=shop, placement=row.placement, visitor_id=visitor_id))
    places = [Place(slot.item_id, slot.source, slot.explore, slot.reason == PINNED) for slot in slots]
    grounds = [because_of for _code, because_of in reasons_for(context, places)]
    labels = item_labels(shop.pk, {*(slot.item_id for slot in slots), *filter(None, grounds)})
    return [
        ExplainedItem(ShownItem(slot, labels[slot.item_id]), _sentence(slot, labels.get(ground)))
        for slot, ground in zip(slots, grounds, strict=True)
        if slot.item_id in labels
    ]


def _sentence(slot: SlateItem, ground: ServableItem | None) -> str:
    title = (ground.title or ground.item_id) if ground else ""
    return sentence(slot.reason, title, slot.left)
