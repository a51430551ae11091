"""Whether each rule of a placement does anything: one answer for pages, the API and what needs the merchant.

It follows what `recommender.slate.make_slate` does, for a visitor of whom nothing is known: a cart or a purchase may
keep a pinned item from its buyer besides. tests/serving/test_rules_in_truth.py compares it with what is served.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from dashboard.catalog.matched import PRODUCTS_NAMED, MatchCount, has_products, match_counts, products_left
from dashboard.catalog.matches import Selection
from recommender.slate import Rule

FORBIDDING = ("exclude", "include_only")


class State(StrEnum):
    ACTS = "acts"
    WAITS = "waits"
    OVER = "over"
    MATCHES_NOTHING = "matches_nothing"
    CROWDED_OUT = "crowded_out"


class Reason(StrEnum):
    """Why a rule is crowded out."""

    OUT_OF_STOCK = "out_of_stock"  # whatever matches is
    EXCLUDED = "excluded"  # by a rule that never shows it
    NOT_INCLUDED = "not_included"  # by a rule that shows nothing else than other items
    TAKEN = "taken"  # another rule has pinned the item already
    NO_PLACE = "no_place"  # its position is beyond the slate, or pins stand on all from there on
    CANCELLED = "cancelled"  # lifted and lowered alike
    OUTWEIGHED = "outweighed"  # lifted, and lowered more


@dataclass(frozen=True)
class RuleState:
    """What a rule does at a moment: `items` of the catalog match, `servable` of them are in stock.

    `by`: the place (from 0) of the rule that crowds it out. `position`: where a pin that acts really stands.
    """

    rule: Rule
    state: State
    items: int
    servable: int
    reason: Reason | None = None
    by: int | None = None
    position: int | None = None

    @property
    def is_moved(self) -> bool:
        """Whether a pin stands elsewhere than where it was pinned."""
        return self.position is not None and self.position != self.rule.position


def selection_of(rules: Iterable[Rule], now: datetime) -> Selection:
    """What the rules that are active let a slate hold."""
    active = [rule for rule in rules if rule.is_active(now)]
    return Selection(
        within=tuple(rule.match for rule in active if rule.kind == "include_only"),
        without=tuple(rule.match for rule in active if rule.kind == "exclude"),
    )


def products_shown(shop_id: int, rules: Iterable[Rule], now: datetime) -> int:
    """How many products the rules leave for slates."""
    return products_left(shop_id, selection_of(rules, now), now)


def fills_slates(shop_id: int, rules: Iterable[Rule], now: datetime, *, slate_size: int) -> bool:
    """Whether the rules leave enough for a whole slate."""
    return has_products(shop_id, selection_of(rules, now), now, at_least=slate_size)


def rule_states(shop_id: int, rules: Sequence[Rule], slate_size: int, now: datetime) -> list[RuleState]:
    """The state of every rule, in their order. One round trip where nothing is kept out by another rule."""
    counts = match_counts(shop_id, [rule.match for rule in rules], selection_of(rules, now), now)
    states = [_alone(rule, count, now) for rule, count in zip(rules, counts, strict=True)]
    states = _kept_out(shop_id, states, counts, now)
    return _weighed(_pinned(states, counts, slate_size))


def _alone(rule: Rule, count: MatchCount, now: datetime) -> RuleState:
    """As if there were no other rule."""
    state = State.ACTS
    if rule.ends_at is not None and rule.ends_at <= now:
        state = State.OVER
    elif not rule.is_active(now):
        state = State.WAITS
    elif not count.catalog:
        state = State.MATCHES_NOTHING
    elif not count.servable and rule.kind != "exclude":
        return RuleState(rule, State.CROWDED_OUT, count.catalog, 0, Reason.OUT_OF_STOCK)
    return RuleState(rule, state, count.catalog, count.servable)


def _kept_out(
    shop_id: int, states: Sequence[RuleState], counts: Sequence[MatchCount], now: datetime
) -> list[RuleState]:
    """Rules that bring items which other rules keep out: by one of them, or (`by` is None) by several together."""
    answer = list(states)
    bringing = [
        place
        for place, state in enumerate(states)
        if state.state is State.ACTS and state.rule.kind != "exclude" and not counts[place].allowed
    ]
    for place in bringing:
        answer[place] = _crowded_out(answer[place], Reason.EXCLUDED, None)
    for by, rule in enumerate(state.rule for state in states):
        if rule.kind in FORBIDDING and rule.is_active(now):
            open_still = [place for place in bringing if answer[place].by is None and place != by]
            for place in _barred(shop_id, rule, [states[place].rule for place in open_still], open_still, now):
                reason = Reason.EXCLUDED if rule.kind == "exclude" else Reason.NOT_INCLUDED
                answer[place] = _crowded_out(answer[place], reason, by)
    return answer


def _barred(shop_id: int, by: Rule, rules: Sequence[Rule], places: Sequence[int], now: datetime) -> list[int]:
    """The places of those rules whose every item one rule keeps out."""
    left = match_counts(shop_id, [rule.match for rule in rules], selection_of([by], now), now)
    return [place for place, count in zip(places, left, strict=True) if not count.allowed]


def _pinned(states: Sequence[RuleState], counts: Sequence[MatchCount], slate_size: int) -> list[RuleState]:
    """Pins in the order in which they choose: by position, then as they stand."""
    answer, places, taken = list(states), set[int](), dict[str, int]()
    pins = [place for place, state in enumerate(states) if state.rule.kind == "pin" and state.state is State.ACTS]
    for place in sorted(pins, key=lambda place: states[place].rule.position or 0):
        products = set(counts[place].products)
        is_whole = len(products) < PRODUCTS_NAMED
        free = products - taken.keys()
        wanted = states[place].rule.position or 1
        position = next((number for number in range(wanted, slate_size + 1) if number not in places), None)
        if is_whole and not free:
            answer[place] = _crowded_out(states[place], Reason.TAKEN, taken[min(products)])
        elif position is None:
            answer[place] = _crowded_out(states[place], Reason.NO_PLACE, None)
        else:
            answer[place] = replace(states[place], position=position)
            places.add(position)
            if is_whole and len(free) == 1:
                taken[free.pop()] = place
    return answer


def _weighed(states: Sequence[RuleState]) -> list[RuleState]:
    """Rules that lift and lower the very same."""
    return [_against(place, states, _signs(states)) for place in range(len(states))]


def _against(place: int, states: Sequence[RuleState], signs: Mapping[int, float]) -> RuleState:
    state, own = states[place], signs.get(place, 0.0)
    same = {other: sign for other, sign in signs.items() if states[other].rule.match == state.rule.match}
    opposed = [other for other, sign in same.items() if sign * own < 0]
    if not opposed:
        return state
    net = sum(same.values())
    if abs(net) < 1e-9:
        return _crowded_out(state, Reason.CANCELLED, opposed[0])
    return state if net * own > 0 else _crowded_out(state, Reason.OUTWEIGHED, opposed[0])


def _signs(states: Sequence[RuleState]) -> dict[int, float]:
    """{place: how much a rule that acts lifts; below 0 where it lowers}."""
    sign = {"boost": 1.0, "bury": -1.0}
    return {
        place: sign[state.rule.kind] * state.rule.strength
        for place, state in enumerate(states)
        if state.rule.kind in sign and state.state is State.ACTS
    }


def _crowded_out(state: RuleState, reason: Reason, by: int | None) -> RuleState:
    return replace(state, state=State.CROWDED_OUT, reason=reason, by=by)
