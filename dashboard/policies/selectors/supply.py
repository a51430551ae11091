"""Whether placements have enough to show, and which rule is to blame where they have not."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dashboard.accounts.models import Shop
from dashboard.catalog.selectors import current_items
from dashboard.core import clock
from dashboard.policies.models import Placement, Policy
from dashboard.policies.rule_states import FORBIDDING, RuleState, State, fills_slates, products_shown, rule_states
from dashboard.policies.selectors.drafts import rule_key
from dashboard.policies.selectors.policies import published_policies_of
from recommender.slate import Rule


@dataclass(frozen=True)
class Shortage:
    """A placement with fewer products than its slates have places. `rule`: the key of the one that keeps most out; ""
    where no rule does, and the catalog itself has no more."""

    placement: Placement
    left: int
    rule: str


@dataclass(frozen=True)
class IdleRules:
    """The rules of a placement that do nothing now, though it is their time."""

    placement: Placement
    states: list[RuleState]


def shortage(placement: Placement, policy: Policy) -> Shortage | None:
    """None where slates can be full, and of a shop that has no catalog yet."""
    shop_id, now = placement.shop_id, clock.now()
    rules = _rules(policy)
    if fills_slates(shop_id, rules, now, slate_size=placement.slate_size) or not current_items(shop_id).exists():
        return None
    left = products_shown(shop_id, rules, now)
    forbidding = [rule for rule in rules if rule.kind in FORBIDDING and rule.is_active(now)]
    without = {
        rule_key(rule.to_dict()): products_shown(shop_id, [other for other in rules if other != rule], now)
        for rule in forbidding
    }
    worst = max(without, key=without.__getitem__, default="")
    return Shortage(placement, left, worst if worst and without[worst] > left else "")


def products_to_show(placement: Placement, policy: Policy) -> int:
    """How many products a version leaves for slates."""
    return products_shown(placement.shop_id, _rules(policy), clock.now())


def shortages(shop: Shop) -> list[Shortage]:
    found = (shortage(policy.placement, policy) for policy in _published(shop))
    return [entry for entry in found if entry is not None]


def idle_rules(shop: Shop) -> list[IdleRules]:
    """Of every placement that has some."""
    found = []
    for policy in _published(shop):
        states = rule_states(shop.pk, _rules(policy), policy.placement.slate_size, clock.now())
        idle = [state for state in states if state.state in (State.MATCHES_NOTHING, State.CROWDED_OUT)]
        if idle:
            found.append(IdleRules(policy.placement, idle))
    return found


def _published(shop: Shop) -> Iterator[Policy]:
    yield from published_policies_of(shop).select_related("placement").order_by("placement_id")


def _rules(policy: Policy) -> Sequence[Rule]:
    return [Rule.from_dict(entry) for entry in policy.rules]
