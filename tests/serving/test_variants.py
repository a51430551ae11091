"""While an experiment runs: rules act for everyone at once, knobs wait until it ends."""

import pytest

from dashboard.experiments.metrics import GUARDRAILS
from dashboard.experiments.services import ship_experiment, start_experiment, stop_experiment
from dashboard.policies import services as policies
from dashboard.policies.selectors import placement_by_slug, policy_published_now, proposal_of
from dashboard.serving.selectors import assignment_as_it_is
from dashboard.serving.services import recommend
from dashboard.serving.types import SlateRequest
from tests.serving.conftest import ids, set_policy

PIN_SPADE = {"kind": "pin", "match": {"item_id": "spade"}, "position": 1}
NEVER_GARDEN = {"kind": "exclude", "match": {"categories": "Garden"}}
ONLY_CLAY = {"kind": "include_only", "match": {"brand": "Clay & Co"}}


@pytest.fixture
def home(catalog):
    set_policy(catalog, exploration=0.0)
    return placement_by_slug(catalog, "home")


@pytest.fixture
def experiment(home):
    return start_experiment(placement=home, treatment_knobs={"exploration": 0.9}, by=None, salt="fixed")


def slates_of_fresh_visitors(home, prefix, count=16):
    """{variant: what its visitors were served}; visitors whom nobody has seen before."""
    found = {}
    for number in range(count):
        slate = recommend(SlateRequest(shop=home.shop, placement="home", visitor_id=f"{prefix}-{number}", n=4, seed=1))
        found.setdefault(slate.variant, []).append(slate)
    return found


def publish(home, *, rule=None, **knobs):
    if rule:
        policies.draft_rule(placement=home, rule=rule, by=None)
    if knobs:
        policies.draft_knobs(placement=home, knobs=knobs, by=None)
    return policies.publish_draft(placement=home, revision=proposal_of(home).revision, by=None)


def test_a_pin_published_while_an_experiment_runs_reaches_every_variant(home, experiment):
    assert {ids(slate)[0] for slates in slates_of_fresh_visitors(home, "before").values() for slate in slates} != {
        "spade"
    }
    publish(home, rule=PIN_SPADE)
    after = slates_of_fresh_visitors(home, "after")
    assert set(after) == {"A", "B"}
    assert {ids(slate)[0] for slates in after.values() for slate in slates} == {"spade"}


@pytest.mark.parametrize(
    ("rule", "shown"),
    [
        (NEVER_GARDEN, {"mug-red", "mug-blue", "teapot", "whisk", "bowl"}),
        (ONLY_CLAY, {"mug-red", "mug-blue", "teapot"}),
    ],
)
def test_a_rule_about_what_may_be_shown_acts_in_every_variant_at_once(home, experiment, rule, shown):
    publish(home, rule=rule)
    after = slates_of_fresh_visitors(home, "after")
    assert set(after) == {"A", "B"}
    for slates in after.values():
        assert {item for slate in slates for item in ids(slate)} <= shown


def test_a_rule_that_is_taken_away_holds_in_no_variant_any_more(home):
    publish(home, rule=ONLY_CLAY)
    start_experiment(placement=home, treatment_knobs={"exploration": 0.9}, by=None, salt="fixed")
    policies.publish_policy(placement=home, knobs=policy_published_now(home).knobs, rules=(), by=None)
    for slates in slates_of_fresh_visitors(home, "after").values():
        assert any(len(ids(slate)) == 4 for slate in slates)


def test_the_variants_keep_their_knobs_while_a_change_of_knobs_waits(home, experiment):
    waiting = publish(home, exploration=0.5)
    after = slates_of_fresh_visitors(home, "after")
    assert {slate.temperature for slate in after["A"]} == {0.0}
    assert waiting.version not in {slate.policy_version for slates in after.values() for slate in slates}


def test_what_a_variant_itself_does_with_rules_stays_tested(home):
    treatment = policies.propose_policy(placement=home, knobs={"exploration": 0.0}, rules=[PIN_SPADE], by=None)
    start_experiment(placement=home, treatment_policy=treatment, by=None, salt="fixed")
    publish(home, rule={"kind": "exclude", "match": {"item_id": "fork"}})
    after = slates_of_fresh_visitors(home, "after")
    assert {ids(slate)[0] for slate in after["B"]} == {"spade"}
    assert "spade" not in {ids(slate)[0] for slate in after["A"]}
    assert "fork" not in {item for slates in after.values() for slate in slates for item in ids(slate)}


def test_visitors_outside_the_experiment_get_what_is_published_at_once(home):
    from dashboard.experiments.services import Terms

    start_experiment(
        placement=home, treatment_knobs={"exploration": 0.9}, by=None, salt="fixed", terms=Terms(traffic_share=0.4)
    )
    waiting = publish(home, exploration=0.5)
    after = slates_of_fresh_visitors(home, "after", count=24)
    assert set(after) == {"", "A", "B"}
    assert {slate.policy_version for slate in after[""]} == {waiting.version}


def test_stopping_serves_the_change_that_waited(home, experiment):
    waiting = publish(home, exploration=0.5)
    stop_experiment(experiment=experiment, by=None)
    after = slates_of_fresh_visitors(home, "after")
    assert set(after) == {""}
    assert {slate.policy_version for slate in after[""]} == {waiting.version}


def test_shipping_b_serves_b_with_the_rules_of_now_and_not_the_knobs_that_waited(home, experiment):
    publish(home, rule=PIN_SPADE, exploration=0.5)
    ship_experiment(experiment=experiment, by=None, accepted=GUARDRAILS)
    after = slates_of_fresh_visitors(home, "after")
    assert {ids(slate)[0] for slate in after[""]} == {"spade"}
    assert policy_published_now(home).knobs["exploration"] == 0.9


def test_the_page_of_a_visitor_says_what_serving_does(home, experiment):
    publish(home, rule=PIN_SPADE)
    for slates in slates_of_fresh_visitors(home, "seen", count=6).values():
        for slate in slates:
            assert {slate.policy.digest} == {
                assignment_as_it_is(home.shop, "home", f"seen-{number}").policy.digest
                for number in range(6)
                if assignment_as_it_is(home.shop, "home", f"seen-{number}").variant == slate.variant
            }
