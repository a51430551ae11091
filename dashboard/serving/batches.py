"""Slates of many visitors at once: what `recommend` answers each of them, at a fraction of the cost.

The database is asked once for all, the model proposes for many in a few products of matrices, and exposures are stored
by one COPY. For all of whom nothing is known candidates are gathered once, and their slates, which differ by the draw
alone, are drawn at once.
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
from dashboard.serving.composing import Assigned, Prepared, compose, compose_alike, compose_of, prepare
from dashboard.serving.fallbacks import CANDIDATES, count_of_young
from dashboard.serving.overrides import overridden
from dashboard.serving.request_context import RequestContext, read_request_contexts
from dashboard.serving.services import asks_what_was_left, assigned_to, exposed, placement_of
from dashboard.serving.types import Slate, SlateRequest
from recommender.serving.together import Asked, candidates_of_many


def recommend_many(requests: Sequence[SlateRequest]) -> list[Slate]:
    """The slate of each request; all are of one shop, and each of a visitor with an id.

    Their exposures are logged before they are returned: each took its share of the time in which all were made. Raises
    `NotFound` as `recommend`, before anything is logged.
    """
    if not requests:
        return []
    requests = [request if request.now else replace(request, now=clock.now()) for request in requests]
    assigned = _assigned(requests)
    contexts = read_request_contexts(requests, with_left=asks_what_was_left(requests, assigned))
    started = time.perf_counter()
    slates = _made(contexts, assigned)
    latency_ms = (time.perf_counter() - started) * 1000 / len(slates)
    rows = zip(contexts, slates, strict=True)
    record_exposures([exposure_row(**exposed(each.request, slate, each.now, latency_ms)) for each, slate in rows])
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


def _made(contexts: Sequence[RequestContext], assigned: Sequence[Assigned]) -> list[Slate]:
    """Those of whom something is known one by one, the others together."""
    silent = [context.request.visitor_id for context in contexts if not context.history]
    members = visitors_with_membership(contexts[0].request.shop, silent) if silent else frozenset()
    slates: dict[int, Slate] = {}
    known, unknown = list[int](), list[int]()
    for place, context in enumerate(contexts):
        if assigned[place].withheld:
            slates[place] = compose(context, assigned[place])
            continue
        is_known = bool(context.history or context.left or context.request.visitor_id in members)
        is_known = is_known or context.request.filters != NO_FILTERS
        (known if is_known else unknown).append(place)
    for place, context in zip(known, with_proposals([contexts[place] for place in known]), strict=True):
        n = _size(context, assigned[place])
        slates[place] = compose_of(prepare(context, assigned[place].policy, n), assigned[place], n)
    for prepared, n, places in _Gathered.of(unknown, contexts, assigned):
        requests = [contexts[place].request for place in places]
        made = compose_alike(prepared, requests, [assigned[place] for place in places], n)
        slates |= zip(places, made, strict=True)
    return [slates[place] for place in range(len(contexts))]


def _size(context: RequestContext, assigned: Assigned) -> int:
    return context.request.n or assigned.placement.slate_size


def with_proposals(contexts: Sequence[RequestContext]) -> list[RequestContext]:
    """What the model proposes to each of whom it knows something, asked for all at once."""
    places = [place for place, context in enumerate(contexts) if context.is_known_to_model]
    if not places or (model := contexts[0].model) is None:
        return list(contexts)
    some = [contexts[place] for place in places]
    asked = [Asked(each.history, each.request.context_items, each.hidden) for each in some]
    found = dict(zip(places, candidates_of_many(model.recommender, asked, CANDIDATES), strict=True))
    return [replace(context, proposed=found.get(place)) for place, context in enumerate(contexts)]


@dataclass
class _Gathered:
    """Candidates for those of whom nothing is known, gathered once for each policy and page."""

    _kept: dict[object, Prepared] = field(default_factory=dict)

    @classmethod
    def of(
        cls, places: Sequence[int], contexts: Sequence[RequestContext], assigned: Sequence[Assigned]
    ) -> list[tuple[Prepared, int, list[int]]]:
        """(what their slates are drawn from, of which size, whose they are) for all of these places."""
        gathered, drawn = cls(), dict[object, tuple[Prepared, int, list[int]]]()
        for place in places:
            context, assignment = contexts[place], assigned[place]
            n = _size(context, assignment)
            key, prepared = gathered._prepared(context, assignment, n)
            moment = prepared.moment_of(context.now)
            if (key, moment) not in drawn:
                drawn[key, moment] = prepared.for_another(context), n, []
            drawn[key, moment][2].append(place)
        return [*drawn.values()]

    def _prepared(self, context: RequestContext, assigned: Assigned, n: int) -> tuple[object, Prepared]:
        key = self._key(context, assigned, n)
        kept = self._kept.get(key)
        if kept is None:
            nobody = replace(context, request=replace(context.request, visitor_id=""))
            kept = self._kept[key] = prepare(nobody, assigned.policy, n)
        return key, kept

    def _key(self, context: RequestContext, assigned: Assigned, n: int) -> object:
        """All that the candidates of somebody unknown depend on."""
        policy = assigned.policy
        active = tuple(rule.is_active(context.now) for rule in policy.rules)
        young = count_of_young(context, policy)
        return policy.digest, n, context.request.context_items, context.unwanted, active, young
