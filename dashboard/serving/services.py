"""Serving: the product in one function."""

import time
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from dashboard.accounts.models import Shop
from dashboard.beliefs.selectors import fatigue_of
from dashboard.core import errors
from dashboard.events.services.exposures import record_exposure
from dashboard.experiments.services import VariantChoice, variant_for
from dashboard.policies.models import Placement
from dashboard.policies.selectors import PublishedPolicy, published_policy
from dashboard.policies.services import ensure_default_placements
from dashboard.serving.composing import Assigned, compose
from dashboard.serving.interleaved import compose_together
from dashboard.serving.model_store import published_models
from dashboard.serving.overrides import overridden
from dashboard.serving.request_context import RequestContext, read_request_context
from dashboard.serving.types import Slate, SlateRequest
from dashboard.serving.variants import WITHHELD, policy_of_variant


def load_models_beside() -> None:
    """From now on this process loads models beside its requests, never within one: for web processes."""
    published_models.load_beside()


def recommend(request: SlateRequest) -> Slate:
    """The slate for a request; its exposure is logged before it is returned.

    Raises `NotFound` for a placement that the shop does not have, naming those it has.
    """
    return recommend_together([request])[0]


def recommend_together(requests: Sequence[SlateRequest]) -> list[Slate]:
    """Slates of one page: one visitor, one moment; no item, and no variant of it, stands in two of them.

    The requests differ in placement, size and filters alone; the first chooses first. Raises `NotFound` as `recommend`,
    before anything is logged.
    """
    started = time.perf_counter()
    assigned = overridden(requests[0], [_assigned(request) for request in requests])
    moment = read_request_context(requests[0], with_left=asks_what_was_left(requests, assigned))
    slates: list[Slate] = []
    for request, assignment in zip(requests, assigned, strict=True):
        context = moment.without(request, {item.item_id for slate in slates for item in slate.items})
        slate = composed(context, assignment)
        ended = time.perf_counter()
        _record(request, slate, context.now, (ended - started) * 1000)
        slates.append(slate)
        started = ended
    return slates


def composed(context: RequestContext, assigned: Assigned) -> Slate:
    """By its policy, or by two that make it together."""
    if assigned.rival is None or assigned.withheld:
        return compose(context, assigned)
    return compose_together(context, assigned, assigned.rival)


def asks_what_was_left(requests: Sequence[SlateRequest], assigned: Sequence[Assigned]) -> bool:
    """Whether anything of it would count: it costs a tenth of a millisecond."""
    return any(
        _reads_fatigue(entry) and fatigue_of(request.shop.pk, request.placement).rate > 0
        for request, entry in zip(requests, assigned, strict=True)
    )


def _reads_fatigue(assigned: Assigned) -> bool:
    return any(policy.knobs.fatigue > 0 for policy in (assigned.policy, assigned.rival) if policy)


def _assigned(request: SlateRequest) -> Assigned:
    placement = placement_of(request.shop, request.placement)
    choice = variant_for(placement_id=placement.placement_id, visitor_id=request.visitor_id, now=request.now)
    return assigned_to(placement, choice)


def assigned_to(placement: PublishedPolicy, choice: VariantChoice | None) -> Assigned:
    """Without a choice: what is published."""
    if choice is None:
        return Assigned(placement, placement.policy)
    policy = policy_of_variant(choice.policy, choice.control, placement.policy)
    withheld = WITHHELD if choice.shows_nothing else ""
    rival = policy_of_variant(choice.rival, choice.control, placement.policy) if choice.rival else None
    return Assigned(placement, policy, choice.experiment_id, choice.key, withheld=withheld, rival=rival)


def placement_of(shop: Shop, slug: str) -> PublishedPolicy:
    try:
        return published_policy(shop_id=shop.pk, slug=slug)
    except errors.NotFound:
        if Placement.objects.filter(shop=shop).exists():
            raise
    ensure_default_placements(shop)
    return published_policy(shop_id=shop.pk, slug=slug)


def _record(request: SlateRequest, slate: Slate, served_at: datetime, latency_ms: float) -> None:
    record_exposure(**exposed(request, slate, served_at, latency_ms))


def exposed(request: SlateRequest, slate: Slate, served_at: datetime, latency_ms: float) -> dict[str, Any]:
    """The fields of the slate's exposure."""
    return {
        "shop_id": request.shop.pk,
        "recommendation_id": slate.recommendation_id,
        "placement": slate.placement,
        "served_at": served_at,
        "policy_version": slate.policy.version,
        "policy_hash": slate.policy.digest,
        "temperature": slate.temperature,
        "seed": slate.seed,
        "items": slate.logged_items,
        "record": slate.record,
        "knobs": slate.policy.knobs,
        "rules": slate.policy.rules,
        "visitor_id": request.visitor_id,
        "session_id": request.session_id,
        "artifact_id": slate.artifact_id,
        "experiment_id": slate.experiment_id,
        "variant": slate.variant,
        "audience_id": slate.audience_id,
        "fallback": slate.fallback,
        "latency_ms": round(latency_ms, 3),
        "simulated": request.simulated,
    }
