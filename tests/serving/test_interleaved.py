"""While two policies make slates together: who chose what is logged, and rules, products and batches hold."""

import pytest

from dashboard.core import clock, errors
from dashboard.events.models import Exposure
from dashboard.events.selectors.exposures import logged_slates
from dashboard.experiments.models import Assignment
from dashboard.experiments.services import Terms, start_experiment, stop_experiment
from dashboard.policies import services as policies
from dashboard.policies.selectors import placement_by_slug, proposal_of
from dashboard.serving.batches import recommend_many
from dashboard.serving.replay import replay
from dashboard.serving.services import recommend
from dashboard.serving.types import SlateRequest
from tests.serving.conftest import ids, set_policy

TOGETHER = Terms(is_interleaved=True)


@pytest.fixture
def home(catalog):
    set_policy(catalog, exploration=0.0)
    return placement_by_slug(catalog, "home")


@pytest.fixture
def both(home):
    return start_experiment(placement=home, treatment_knobs={"exploration": 0.9}, by=None, terms=TOGETHER)


def asked(home, visitor, n=4, **more):
    return recommend(SlateRequest(shop=home.shop, placement="home", visitor_id=visitor, n=n, **more))


def test_each_item_is_logged_with_the_team_that_chose_it(home, both):
    slates = [asked(home, f"v{number}", seed=number) for number in range(12)]
    for slate in slates:
        logged = Exposure.objects.get(pk=slate.recommendation_id)
        assert (logged.experiment_id, logged.variant, logged.record) == (both.pk, "A+B", None)
        teams = [item["team"] for item in logged.items]
        assert {teams[0], teams[1]} == {teams[2], teams[3]} == {"A", "B"}
        assert logged.items == slate.as_answer(explain=False)["items"]
        assert all(0 < item["propensity"] <= 1 for item in logged.items)
        assert len(set(ids(slate))) == 4
    assert {slate.items[0].team for slate in slates} == {"A", "B"}
    assert not Assignment.objects.exists(), "nobody has a variant"


def test_the_seed_makes_the_same_slate_again(home, both):
    one, other = (asked(home, "v", seed=7) for _ in range(2))
    assert [(item.item_id, item.team) for item in one.items] == [(item.item_id, item.team) for item in other.items]


def test_the_reasons_are_told_in_words_too(home, both):
    slate = asked(home, "v", explain=True)
    assert all(item.explanation for item in slate.items)


def test_two_variants_of_a_product_never_stand_together(home, both):
    for number in range(20):
        assert not {"mug-red", "mug-blue"} <= set(ids(asked(home, f"v{number}", n=9)))


def test_a_pin_that_is_published_meanwhile_is_nobodys(home, both):
    pin = {"kind": "pin", "match": {"item_id": "spade"}, "position": 2}
    policies.draft_rule(placement=home, rule=pin, by=None)
    policies.publish_draft(placement=home, revision=proposal_of(home).revision, by=None)
    slate = asked(home, "v")
    assert ids(slate)[1] == "spade"
    assert "team" not in slate.logged_items[1]


def test_when_it_has_stopped_one_policy_makes_them_again(home, both):
    stop_experiment(experiment=both, by=None)
    slate = asked(home, "v")
    assert (slate.variant, {item.team for item in slate.items}) == ("", {""})


def test_a_batch_is_made_by_what_is_published(home, both):
    (slate,) = recommend_many([SlateRequest(shop=home.shop, placement="home", visitor_id="v", n=4)])
    assert (slate.experiment_id, slate.variant) == (None, "")


def test_a_replay_leaves_them_out_and_says_so(home, both):
    asked(home, "v")
    found = replay(home.shop_id, logged_slates(home.shop_id, until=clock.now()))
    assert (found.slates, found.untold) == (0, {"interleaved": 1})


def test_of_part_of_the_visitors_the_rest_see_what_is_published(home):
    half = Terms(is_interleaved=True, traffic_share=0.5)
    start_experiment(placement=home, treatment_knobs={"exploration": 0.9}, by=None, terms=half, salt="fixed")
    variants = [asked(home, f"v{number}").variant for number in range(40)]
    assert 10 < variants.count("A+B") < 30
    assert [asked(home, f"v{number}").variant for number in range(40)] == variants, "each stays where it is"


def test_what_cannot_make_a_slate_together_is_refused(home):
    from dashboard.experiments.services import Arm

    with pytest.raises(errors.Invalid):
        start_experiment(placement=home, arms=[Arm(shows_nothing=True)], by=None, terms=TOGETHER)
    with pytest.raises(errors.Invalid):
        three = [Arm(knobs={"exploration": 0.9}), Arm(knobs={"exploration": 0.5})]
        start_experiment(placement=home, arms=three, by=None, terms=TOGETHER)
    pin = {"kind": "pin", "match": {"item_id": "spade"}, "position": 2}
    with pytest.raises(errors.Invalid):
        start_experiment(placement=home, arms=[Arm(rules=[pin])], by=None, terms=TOGETHER)
