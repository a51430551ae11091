"""Slates of many visitors at once: what `recommend` answers each of them, at a fraction of the cost.

The database is asked once for all, exposures are stored by one COPY, and candidates are gathered once for all of whom
nothing is known: their slates differ by the draw alone.
"""

import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from dashboard.catalog.filters import NO_FILTERS
from dashboard.core import clock
from dashboard.events.services.exposures import exposure_row, record_exposures
from dashboard.experiments.services import VariantChoice, variants_for
from dashboard.policies.selectors import PublishedPolicy
from dashboard.segments.selectors import visitors_with_membership
from dashboard.serving.composing import Assigned, Prepared, compose_of, prepare
from dashboard.serving.fallbacks import count_of_young
from dashboard.serving.overrides import overridden
from dashboard.serving.request_context import RequestContext, read_request_contexts
from dashboard.serving.services import assigned_to, exposed, placement_of
from dashboard.serving.types import Slate, SlateRequest


def recommend_many(requests: Sequence[SlateRequest]) -> list[Slate]:
    """The slate of each request; all are of one shop, and each of a visitor with an id.

    Their exposures are logged before they are returned. Raises `NotFound` as `recommend`, before anything is logged.
    """
    if not requests:
        return []
    requests = [request if request.now else replace(request, now=clock.now()) for request in requests]
    assigned = _assigned(requests)
    contexts = read_request_contexts(requests)
    shared = _Shared(visitors_with_membership(requests[0].shop, [request.visitor_id for request in requests]))
    slates, rows = [], []
    for context, assignment in zip(contexts, assigned, strict=True):
        started = time.perf_counter()
        n = context.request.n or assignment.placement.slate_size
        slate = compose_of(shared.prepared(context, assignment, n), assignment, n)
        latency_ms = (time.perf_counter() - started) * 1000
        rows.append(exposure_row(**exposed(context.request, slate, context.now, latency_ms)))
        slates.append(slate)
    record_exposures(rows)
    return slates


def _assigned(requests: Sequence[SlateRequest]) -> list[Assigned]:
    """Placement, policy and variant of each."""
    placements = {slug: placement_of(requests[0].shop, slug) for slug in {request.placement for request in requests}}
    seen_at: dict[str, dict[str, datetime]] = defaultdict(dict)
    for request in requests:
        seen_at[request.placement].setdefault(request.visitor_id, request.now or clock.now())
    choices = {
        slug: variants_for(placement_id=placements[slug].placement_id, seen_at=seen) for slug, seen in seen_at.items()
    }
    return [_one_assigned(request, placements[request.placement], choices[request.placement]) for request in requests]


def _one_assigned(request: SlateRequest, placement: PublishedPolicy, choices: dict[str, VariantChoice]) -> Assigned:
    return overridden(request, [assigned_to(placement, choices.get(request.visitor_id))])[0]


@dataclass
class _Shared:
    """Candidates of those of whom nothing is known, gathered once for each policy and page."""

    members: frozenset[str]  # who has a segment by the last training
    _kept: dict[object, Prepared] = field(default_factory=dict)

    def prepared(self, context: RequestContext, assigned: Assigned, n: int) -> Prepared:
        request = context.request
        if context.history or request.visitor_id in self.members or request.filters != NO_FILTERS:
            return prepare(context, assigned.policy, n)
        key = self._key(context, assigned, n)
        kept = self._kept.get(key)
        if kept is None:
            nobody = replace(context, request=replace(request, visitor_id=""))
            kept = self._kept[key] = prepare(nobody, assigned.policy, n)
        return kept.for_another(context)

    def _key(self, context: RequestContext, assigned: Assigned, n: int) -> object:
        """All that the candidates of somebody unknown depend on."""
        policy = assigned.policy
        active = tuple(rule.is_active(context.now) for rule in policy.rules)
        young = count_of_young(context, policy)
        return policy.digest, n, context.request.context_items, context.unwanted, active, young
