"""What a page says of a rule is what visitors get: states of rules against slates of visitors nobody knows."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dashboard.catalog.matches import value_reader
from dashboard.catalog.servable import item_labels
from dashboard.core import clock
from dashboard.policies.models import Placement
from dashboard.policies.rule_states import Reason, State, products_shown, rule_states
from recommender.slate import Rule
from tests.serving.conftest import ask, ids, set_policy

VISITORS = [f"fresh-{number}" for number in range(5)]
SLATE_SIZE = 4
DAY = timedelta(days=1)


@pytest.fixture
def home(catalog):
    """Slates of 4 of the 8 products that are in stock, the newest first: nothing is known of anybody."""
    Placement.objects.filter(shop=catalog, slug="home").update(slate_size=SLATE_SIZE)
    return catalog


def rule(kind, match, **more):
    return {"kind": kind, "match": {"item_id": match} if isinstance(match, str) else match, **more}


def pin(match, position=1, **more):
    return rule("pin", match, position=position, **more)


def slates(shop, rules):
    set_policy(shop, rules=rules, exploration=0.0)
    return [ids(ask(shop, visitor_id=visitor)) for visitor in VISITORS]


def states_of(shop, rules):
    return rule_states(shop.pk, [Rule.from_dict(entry) for entry in rules], SLATE_SIZE, clock.now())


def concerned(shop, raw, item_ids):
    """Those of the items that a rule concerns."""
    labels, wanted = item_labels(shop.pk, item_ids), Rule.from_dict(raw)
    return [entry for entry in item_ids if wanted.matches(value_reader(labels[entry], clock.now()))]


def test_an_item_that_does_not_exist_a_title_and_another_case_do_nothing(home):
    plain = slates(home, [])
    for match in ("no-such-item", "Border spade", {"categories": "garden"}, {"brand": "DIGWELL"}, {"brand": "Nobody"}):
        for raw in (pin(match), rule("boost", match, strength=1), rule("bury", match), rule("exclude", match)):
            assert states_of(home, [raw])[0].state is State.MATCHES_NOTHING
            assert slates(home, [raw]) == plain


def test_showing_nothing_else_than_what_nobody_has_shows_nothing(home):
    raw = rule("include_only", {"brand": "Nobody"})
    assert states_of(home, [raw])[0].state is State.MATCHES_NOTHING
    assert products_shown(home.pk, [Rule.from_dict(raw)], clock.now()) == 0
    assert slates(home, [raw]) == [[]] * len(VISITORS)


def test_of_two_pins_on_one_position_the_second_stands_where_its_state_says(home):
    rules = [pin("lantern", 2), pin("fork", 2)]
    assert [state.position for state in states_of(home, rules)] == [2, 3]
    assert all(slate[1:3] == ["lantern", "fork"] for slate in slates(home, rules))


def test_lifted_and_lowered_alike_an_item_stays_where_it_was(home):
    rules = [rule("boost", "lantern", strength=0.8), rule("bury", "lantern", strength=0.8)]
    assert [state.reason for state in states_of(home, rules)] == [Reason.CANCELLED, Reason.CANCELLED]
    assert slates(home, rules) == slates(home, [])


def test_lifted_more_than_lowered_an_item_comes_up(home):
    rules = [rule("boost", "lantern", strength=1.0), rule("bury", "lantern", strength=0.2)]
    assert [state.state for state in states_of(home, rules)] == [State.ACTS, State.CROWDED_OUT]
    assert all("lantern" not in slate for slate in slates(home, []))
    assert all("lantern" in slate for slate in slates(home, rules))


def test_before_it_begins_and_after_it_ends_a_rule_does_nothing(home):
    plain, now = slates(home, []), clock.now()
    waits = pin("lantern", starts_at=(now + DAY).isoformat())
    over = pin("lantern", starts_at=(now - 2 * DAY).isoformat(), ends_at=(now - DAY).isoformat())
    assert [state.state for state in states_of(home, [waits, over])] == [State.WAITS, State.OVER]
    assert slates(home, [waits, over]) == plain


@pytest.mark.parametrize(
    ("others", "reason"),
    [
        ([rule("exclude", "lantern")], Reason.EXCLUDED),
        ([rule("exclude", {"categories": "Garden"})], Reason.EXCLUDED),
        ([rule("include_only", {"categories": "Kitchen"})], Reason.NOT_INCLUDED),
    ],
)
def test_a_pin_of_what_may_not_be_shown_does_nothing(home, others, reason):
    rules = [pin("lantern"), *others]
    assert (states_of(home, rules)[0].reason, states_of(home, rules)[0].by) == (reason, 1)
    assert slates(home, rules) == slates(home, others)


def test_a_pin_of_what_is_out_of_stock_does_nothing(home):
    assert states_of(home, [pin("rare")])[0].reason is Reason.OUT_OF_STOCK
    assert slates(home, [pin("rare")]) == slates(home, [])


@pytest.mark.parametrize("raw", [pin({"brand": "Glow"}, 3), rule("boost", {"brand": "Glow"}, strength=1.0)])
def test_a_rule_brings_items_that_no_step_proposes(home, monkeypatch, raw):
    """“Acts” must be so for items that are neither popular nor new."""
    monkeypatch.setattr("dashboard.serving.fallbacks.NEWEST_PAGE", 5)
    assert states_of(home, [raw])[0].state is State.ACTS
    assert all("lantern" in slate for slate in slates(home, [raw]))


matches = st.sampled_from(
    [
        *({"item_id": entry} for entry in ("spade", "lantern", "mug-red", "mug-blue", "rare", "no-such-item")),
        {"categories": "Garden"},
        {"categories": "garden"},
        {"brand": ["Digwell", "Glow"]},
        {"brand": "Nobody"},
        {"price": {"max": 9}},
    ]
)
periods = st.sampled_from(
    [{}, {}, {}, {"starts_at": "2020-01-01T00:00:00Z"}, {"starts_at": "2120-01-01"}, {"ends_at": "2020-01-01"}]
)
rules_drawn = st.lists(
    st.one_of(
        st.builds(pin, matches, st.integers(1, 5)),
        st.builds(rule, st.sampled_from(["exclude", "include_only", "boost", "bury"]), matches),
    ).flatmap(lambda raw: periods.map(lambda period: raw | period)),
    min_size=1,
    max_size=4,
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rules=rules_drawn)
def test_whatever_the_rules_their_states_are_what_is_served(home, rules):
    states, (slate, *_) = states_of(home, rules), slates(home, rules)
    for place, (raw, state) in enumerate(zip(rules, states, strict=True)):
        without = slates(home, [entry for other, entry in enumerate(rules) if other != place])[0]
        if state.state is not State.ACTS:
            changes_nothing = raw["kind"] != "include_only" and state.reason not in (
                Reason.CANCELLED,
                Reason.OUTWEIGHED,
            )
            assert not changes_nothing or slate == without, (raw, state)
        elif raw["kind"] == "pin":
            at = min(state.position, len(slate)) - 1  # with too few items to reach their places pins move up
            assert concerned(home, raw, slate[: at + 1]), (raw, state, slate)
        elif raw["kind"] == "exclude":
            assert not concerned(home, raw, slate)
        elif raw["kind"] == "include_only":
            assert slate and concerned(home, raw, slate) == slate
    left = products_shown(home.pk, [Rule.from_dict(raw) for raw in rules], clock.now())
    assert len(slate) == min(SLATE_SIZE, left)
