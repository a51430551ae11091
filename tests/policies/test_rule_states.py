"""What each rule of a placement does, and why one does nothing. tests/serving/test_rules_in_truth.py asks serving."""

from datetime import UTC, datetime, timedelta

import pytest

from dashboard.catalog.models import Item
from dashboard.policies.rule_states import Reason, RuleState, State, fills_slates, products_shown, rule_states
from recommender.slate import Rule

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
GARDEN, DIGWELL, NOBODY = {"categories": "Garden"}, {"brand": "Digwell"}, {"brand": "Nobody"}


def rule(kind, match, **more):
    return Rule.from_dict({"kind": kind, "match": {"item_id": match} if isinstance(match, str) else match, **more})


def pin(match, position=1, **more):
    return rule("pin", match, position=position, **more)


def states(shop, *rules, slate_size=4):
    return rule_states(shop.pk, rules, slate_size, NOW)


def told(state: RuleState):
    return (state.state, state.reason, state.by)


ACTS = (State.ACTS, None, None)


@pytest.mark.parametrize(
    ("alone", "expected"),
    [
        (pin("spade"), ACTS),
        (pin(GARDEN), ACTS),
        (rule("exclude", DIGWELL), ACTS),
        (rule("exclude", "rare"), ACTS),
        (rule("include_only", GARDEN), ACTS),
        (rule("boost", {"price": {"max": 9}}), ACTS),
        (pin("no-such-item"), (State.MATCHES_NOTHING, None, None)),
        (pin("Border spade"), (State.MATCHES_NOTHING, None, None)),
        (rule("bury", {"categories": "garden"}), (State.MATCHES_NOTHING, None, None)),
        (rule("include_only", NOBODY), (State.MATCHES_NOTHING, None, None)),
        (pin("rare"), (State.CROWDED_OUT, Reason.OUT_OF_STOCK, None)),
        (rule("include_only", "rare"), (State.CROWDED_OUT, Reason.OUT_OF_STOCK, None)),
        (pin("spade", 5), (State.CROWDED_OUT, Reason.NO_PLACE, None)),
        (pin("spade", starts_at="2026-12-01T00:00:00Z"), (State.WAITS, None, None)),
        (pin("no-such-item", ends_at="2026-11-24T12:00:00Z"), (State.OVER, None, None)),
        (pin("spade", starts_at="2026-11-24T12:00:00Z", ends_at="2026-11-25T12:00:00Z"), ACTS),
    ],
)
def test_a_rule_by_itself(catalog, alone, expected):
    assert told(*states(catalog, alone)) == expected


def test_how_many_items_match_is_counted_for_rules_that_wait_too(catalog):
    (state,) = states(catalog, rule("boost", {"brand": "Glow"}, starts_at="2026-12-01T00:00:00Z"))
    assert (state.items, state.servable) == (2, 1)


def test_what_is_never_shown_crowds_out_its_pin_and_is_named(catalog):
    first, second, third = states(catalog, rule("exclude", NOBODY), rule("exclude", DIGWELL), pin("spade"))
    assert told(second) == ACTS
    assert told(third) == (State.CROWDED_OUT, Reason.EXCLUDED, 1)
    assert told(first) == (State.MATCHES_NOTHING, None, None)


def test_a_rule_that_is_over_crowds_out_nothing(catalog):
    over = rule("exclude", DIGWELL, ends_at="2026-11-24T12:00:00Z")
    assert told(states(catalog, over, pin("spade"))[1]) == ACTS


def test_showing_nothing_else_crowds_out_pins_of_other_items(catalog):
    kitchen = rule("include_only", {"categories": "Kitchen"})
    assert told(states(catalog, pin("spade"), kitchen)[0]) == (State.CROWDED_OUT, Reason.NOT_INCLUDED, 1)


def test_two_rules_that_leave_nothing_together_are_not_blamed_alone(catalog):
    both = [rule("exclude", DIGWELL), rule("exclude", {"brand": "Glow"})]
    assert told(states(catalog, *both, rule("boost", GARDEN))[2]) == (State.CROWDED_OUT, Reason.EXCLUDED, None)
    assert told(states(catalog, both[0], rule("boost", GARDEN))[1]) == ACTS


def test_of_two_that_show_nothing_else_each_crowds_out_the_other(catalog):
    first, second = states(catalog, rule("include_only", GARDEN), rule("include_only", {"categories": "Kitchen"}))
    assert told(first) == (State.CROWDED_OUT, Reason.NOT_INCLUDED, 1)
    assert told(second) == (State.CROWDED_OUT, Reason.NOT_INCLUDED, 0)


def test_of_two_pins_on_one_position_the_later_stands_below(catalog):
    first, second = states(catalog, pin("spade", 2), pin("fork", 2))
    assert (first.position, second.position) == (2, 3)
    assert (first.is_moved, second.is_moved) == (False, True)


def test_a_pin_is_crowded_out_where_pins_stand_on_all_positions_below(catalog):
    last = states(catalog, pin("spade", 4), pin("fork", 3), pin("whisk", 4))
    assert [told(state) for state in last] == [ACTS, ACTS, (State.CROWDED_OUT, Reason.NO_PLACE, None)]


def test_an_item_or_a_variant_of_it_is_pinned_once(catalog):
    red, blue = states(catalog, pin("mug-red", 2), pin("mug-blue", 1))
    assert told(red) == (State.CROWDED_OUT, Reason.TAKEN, 1)
    assert told(blue) == ACTS


def test_a_pin_of_many_items_finds_another_one(catalog):
    assert [told(state) for state in states(catalog, pin("spade", 1), pin(DIGWELL, 2))] == [ACTS, ACTS]


@pytest.mark.parametrize(
    ("lift", "lower", "expected"),
    [
        (0.5, 0.5, [(State.CROWDED_OUT, Reason.CANCELLED, 1), (State.CROWDED_OUT, Reason.CANCELLED, 0)]),
        (0.7, 0.5, [ACTS, (State.CROWDED_OUT, Reason.OUTWEIGHED, 0)]),
        (0.2, 0.5, [(State.CROWDED_OUT, Reason.OUTWEIGHED, 1), ACTS]),
    ],
)
def test_lifting_and_lowering_the_very_same_is_weighed(catalog, lift, lower, expected):
    found = states(catalog, rule("boost", DIGWELL, strength=lift), rule("bury", DIGWELL, strength=lower))
    assert [told(state) for state in found] == expected


def test_a_lifted_brand_with_one_lowered_item_is_no_contradiction(catalog):
    assert {told(state) for state in states(catalog, rule("boost", DIGWELL), rule("bury", "spade"))} == {ACTS}


def test_another_shop_s_items_match_nothing(catalog, other_shop):
    Item.objects.create(shop=other_shop, item_id="theirs", brand="Theirs")
    assert [state.state for state in states(catalog, pin("theirs"), rule("boost", {"brand": "Theirs"}))] == [
        State.MATCHES_NOTHING,
        State.MATCHES_NOTHING,
    ]


@pytest.mark.parametrize(("kind", "expected"), [("include_only", 4), ("exclude", 4), ("boost", 8)])
def test_what_is_left_for_slates_is_counted_by_product(catalog, kind, expected):
    rules = [rule(kind, GARDEN), rule("exclude", DIGWELL, starts_at=(NOW + timedelta(days=1)).isoformat())]
    assert products_shown(catalog.pk, rules, NOW) == expected
    assert fills_slates(catalog.pk, rules, NOW, slate_size=expected)
    assert not fills_slates(catalog.pk, rules, NOW, slate_size=expected + 1)


def test_the_states_of_many_rules_cost_one_question(catalog, django_assert_num_queries):
    many = [pin(item, 1) for item in ("spade", "fork", "trowel")] + [rule("exclude", NOBODY)] * 40
    with django_assert_num_queries(1):
        states(catalog, *many)
