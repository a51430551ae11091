"""Which override of a policy a visitor meets: the first whose audience they belong to now."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from dashboard.accounts.models import Shop
from dashboard.audiences.facts import VisitorFacts, visitor_facts
from dashboard.audiences.selectors import ready_audiences
from dashboard.core import clock
from dashboard.policies.selectors import Override, ServedPolicy
from dashboard.serving.composing import Assigned
from dashboard.serving.types import SlateRequest


def overridden(request: SlateRequest, assigned: Sequence[Assigned]) -> list[Assigned]:
    """What the visitor of a request is served with at each placement of a page. Who has no id meets no override.

    Costs one statement, and only where a policy has overrides.
    """
    if not request.visitor_id or not any(_has_overrides(entry) for entry in assigned):
        return list(assigned)
    facts = facts_of(request.shop, request.visitor_id, request.now)
    return [_met(entry, request.shop, facts) for entry in assigned]


def facts_of(shop: Shop, visitor_id: str, now: datetime | None = None) -> VisitorFacts | None:
    """What is known of a visitor; None of nobody."""
    if not visitor_id:
        return None
    moment = now or clock.now()
    return visitor_facts(shop_id=shop.pk, currency=shop.currency, visitor_id=visitor_id, now=moment)


def met_override(shop: Shop, policy: ServedPolicy, facts: VisitorFacts | None) -> Override | None:
    """The first whose audience the visitor belongs to; None: everything is inherited."""
    if facts is None or not policy.overrides:
        return None
    audiences = ready_audiences(shop.pk)
    return next(
        (
            override
            for override in policy.overrides
            if (audience := audiences.get(override.audience_id)) and audience.condition.holds(facts)
        ),
        None,
    )


def policy_for(shop: Shop, policy: ServedPolicy, facts: VisitorFacts | None) -> ServedPolicy:
    """What a visitor is served with."""
    met = met_override(shop, policy, facts)
    return met.policy if met else policy


def _has_overrides(assigned: Assigned) -> bool:
    return bool(assigned.policy.overrides or (assigned.rival and assigned.rival.overrides))


def _met(assigned: Assigned, shop: Shop, facts: VisitorFacts | None) -> Assigned:
    met = met_override(shop, assigned.policy, facts)
    if assigned.rival is not None:
        assigned = replace(assigned, rival=policy_for(shop, assigned.rival, facts))
    return replace(assigned, policy=met.policy, audience_id=met.audience_id) if met else assigned
