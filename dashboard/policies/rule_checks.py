"""What a person should know before a rule is taken: asked of them, and taken when they say so.

Everything is looked at as it will stand when the rule begins. Only the very same rule twice is refused.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from dashboard.policies.rule_states import FORBIDDING, RuleState, State, products_shown, rule_states
from recommender.slate import Rule


class Doubt(StrEnum):
    DUPLICATE = "duplicate"
    OVER = "over"  # it would never act
    MATCHES_NOTHING = "matches_nothing"
    CROWDED_OUT = "crowded_out"
    MOVED = "moved"  # a pin that would stand further down
    HARMS = "harms"  # rules that act today no longer would
    LEAVES_FEW = "leaves_few"


@dataclass(frozen=True)
class Check:
    """A rule among the others of its placement at the moment when it begins.

    `state` is its own then, `state_now` that of today; `harmed` are the states of rules that acted (or stood where they
    were pinned) without it, with their places among all rules; `left`, `left_before`: products that slates may hold
    with and without it, None where the rule keeps nothing out.
    """

    rule: Rule
    rules: tuple[Rule, ...]
    state: RuleState
    begins_later: bool
    slate_size: int
    duplicate_of: int | None
    harmed: dict[int, RuleState]
    left: int | None
    left_before: int | None

    @property
    def state_now(self) -> RuleState:
        waiting = replace(self.state, state=State.WAITS, reason=None, by=None, position=None)
        return waiting if self.begins_later else self.state

    @property
    def leaves_few(self) -> bool:
        return self.left is not None and self.left < self.slate_size and self.left != self.left_before

    @property
    def doubts(self) -> list[Doubt]:
        found = {
            Doubt.DUPLICATE: self.duplicate_of is not None,
            Doubt.OVER: self.state.state is State.OVER,
            Doubt.MATCHES_NOTHING: self.state.state is State.MATCHES_NOTHING,
            Doubt.CROWDED_OUT: self.state.state is State.CROWDED_OUT and self.duplicate_of is None,
            Doubt.MOVED: self.state.is_moved,
            Doubt.HARMS: bool(self.harmed) and self.duplicate_of is None,
            Doubt.LEAVES_FEW: self.leaves_few,
        }
        return [doubt for doubt, is_there in found.items() if is_there]

    @property
    def is_refused(self) -> bool:
        return self.duplicate_of is not None

    @property
    def agreement(self) -> str:
        """What a person agrees to, figures included: a form that carries it was confirmed with the facts of now."""
        words = [f"{doubt}-{self.left}" if doubt is Doubt.LEAVES_FEW else str(doubt) for doubt in self.doubts]
        return ",".join([*words, *(str(place) for place in sorted(self.harmed))])


def check_rule(shop_id: int, rules: Sequence[Rule], rule: Rule, slate_size: int, now: datetime) -> Check:
    """`rule` put behind `rules`. An edited rule is checked against the others."""
    moment = max(now, rule.starts_at) if rule.starts_at else now
    before = rule_states(shop_id, rules, slate_size, moment)
    *after, own = rule_states(shop_id, [*rules, rule], slate_size, moment)
    keeps_out = rule.kind in FORBIDDING and rule.is_active(moment)
    return Check(
        rule=rule,
        rules=tuple(rules),
        state=own,
        begins_later=moment > now,
        slate_size=slate_size,
        duplicate_of=next((place for place, other in enumerate(rules) if other == rule), None),
        harmed={
            place: state
            for place, (was, state) in enumerate(zip(before, after, strict=True))
            if was.state is State.ACTS and (state.state is not State.ACTS or state.position != was.position)
        },
        left=products_shown(shop_id, [*rules, rule], moment) if keeps_out else None,
        left_before=products_shown(shop_id, rules, moment) if keeps_out else None,
    )
