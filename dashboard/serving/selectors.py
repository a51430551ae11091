"""Reads for the page and the API of one visitor."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, Max, Min, Q, Sum

from dashboard.accounts.models import Shop
from dashboard.audiences.selectors import visitor_attributes
from dashboard.catalog.servable import ServableItem, item_labels
from dashboard.core import errors
from dashboard.events.models import EventType, Interaction
from dashboard.experiments.models import Assignment, Experiment
from dashboard.policies.selectors import published_policy
from dashboard.segments.selectors import active_segments, visitor_memberships
from dashboard.serving.composing import Assigned
from dashboard.serving.model_store import published_models
from dashboard.serving.overrides import overridden
from dashboard.serving.request_context import RequestContext, read_request_context
from dashboard.serving.types import SlateRequest
from dashboard.serving.variants import assigned_variants

RECENT_INTERACTIONS = 12
SMALLEST_SHARE = 0.01


@dataclass(frozen=True)
class Interest:
    """How much a visitor belongs to a segment now, 0..1."""

    number: int
    name: str
    share: float


@dataclass(frozen=True)
class Past:
    """All that a visitor did, in figures."""

    interactions: int
    first_at: datetime | None
    last_at: datetime | None
    orders: int
    spent: Decimal | None
    simulated: bool


@dataclass(frozen=True)
class Deed:
    """One interaction with the item it was about, if it was about one."""

    interaction: Interaction
    item: ServableItem | None


def models_are_loaded() -> bool:
    """Whether this process holds what is published, as far as it can be used."""
    return published_models.is_ready


def interests_now(context: RequestContext) -> list[Interest]:
    """Memberships worked out from the last interactions now; those of the last training where there is no model."""
    shares = _profile_shares(context)
    names = {found.number: found.name for found in active_segments(context.request.shop)}
    named = [Interest(number, names[number], share) for number, share in shares.items() if number in names]
    return sorted((entry for entry in named if entry.share >= SMALLEST_SHARE), key=lambda entry: -entry.share)


def _profile_shares(context: RequestContext) -> dict[int, float]:
    if context.model is not None and context.history:
        shares = context.model.recommender.profile(context.history).segment_probabilities
        if shares:
            return shares
    visitor_id = context.request.visitor_id
    stored = visitor_memberships(context.request.shop, visitor_id) if visitor_id else None
    return stored.probabilities if stored else {}


def visitor_past(shop: Shop, visitor_id: str) -> Past:
    bought = Q(type=EventType.PURCHASE)
    row = Interaction.objects.filter(shop=shop, visitor_id=visitor_id).aggregate(
        interactions=Count("pk"),
        first_at=Min("timestamp"),
        last_at=Max("timestamp"),
        orders=Count("event_id", distinct=True, filter=bought),
        spent=Sum("value", filter=bought & Q(line=0)),
        simulated=Count("pk", filter=Q(simulated=True)),
    )
    return Past(**{**row, "simulated": row["simulated"] > 0})


def recent_deeds(shop: Shop, visitor_id: str, limit: int = RECENT_INTERACTIONS) -> list[Deed]:
    """Newest first."""
    rows = list(Interaction.objects.filter(shop=shop, visitor_id=visitor_id).order_by("-timestamp", "-id")[:limit])
    labels = item_labels(shop.pk, {row.item_id for row in rows if row.item_id})
    return [Deed(row, labels.get(row.item_id)) for row in rows]


def assignment_as_it_is(shop: Shop, slug: str, visitor_id: str) -> Assigned:
    """The policy that serves this visitor there, without assigning anybody who has not been assigned yet."""
    placement = published_policy(shop_id=shop.pk, slug=slug)
    kept = Assignment.objects.filter(
        experiment__placement_id=placement.placement_id,
        experiment__state=Experiment.State.RUNNING,
        visitor_id=visitor_id,
    ).first()
    variants = assigned_variants(placement) if kept else {}
    assigned = variants.get(kept.variant if kept else "", Assigned(placement, placement.policy))
    return overridden(SlateRequest(shop=shop, placement=slug, visitor_id=visitor_id), [assigned])[0]


def visitor_profile(shop: Shop, visitor_id: str) -> dict[str, Any]:
    """What the API answers of a visitor. Raises `NotFound` of whom the shop knows nothing."""
    past = visitor_past(shop, visitor_id)
    context = read_request_context(SlateRequest(shop=shop, placement="", visitor_id=visitor_id))
    interests, attributes = interests_now(context), visitor_attributes(shop, visitor_id)
    if not past.interactions and not interests and not attributes:
        raise errors.NotFound("There is no such visitor in this shop.")
    return {
        "visitor_id": visitor_id,
        "interactions": past.interactions,
        "first_seen_at": past.first_at,
        "last_seen_at": past.last_at,
        "attributes": attributes,
        "artifact": context.model.artifact_id if context.model else None,
        "interest": _interest_vector(context),
        "segments": [{"segment": e.number, "name": e.name, "probability": round(e.share, 4)} for e in interests],
    }


def _interest_vector(context: RequestContext) -> list[float] | None:
    if context.model is None or not context.history:
        return None
    vector = context.model.recommender.profile(context.history).interest_P
    return None if vector is None else [round(float(value), 4) for value in vector]
