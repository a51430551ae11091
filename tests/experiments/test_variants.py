"""Two to eight variants: what each may be, on which share of the visitors, and how each is served."""

import json
from collections import Counter

import pytest
from django.core.management import call_command

from dashboard.audiences.services import create_audience, set_attributes
from dashboard.core import errors
from dashboard.events.models import Exposure
from dashboard.experiments.assignment import pick_variant
from dashboard.experiments.models import Assignment
from dashboard.experiments.services import (
    Arm,
    Terms,
    begin_experiment,
    create_experiment,
    start_experiment,
    variant_for,
)
from dashboard.policies.selectors import policy_published_now
from dashboard.policies.services import add_rule, propose_policy, publish_policy
from dashboard.serving.batches import recommend_many
from dashboard.serving.services import recommend
from dashboard.serving.types import SlateRequest

VISITORS = [f"v{number}" for number in range(900)]
NEVER_THIS = {"kind": "exclude", "match": {"item_id": "recalled"}}


@pytest.fixture
def front(shop):
    from dashboard.policies.models import Placement

    placement = Placement.objects.create(shop=shop, slug="front", name="Front page")
    publish_policy(placement=placement, knobs={"exploration": 0.1, "diversity": 0.2}, rules=(), by=None)
    return placement


def bold(exploration, **arm):
    return Arm(knobs={"exploration": exploration}, **arm)


def test_visitors_are_split_by_the_shares_of_three_variants(front, owner):
    arms = [bold(0.3, share=0.2), bold(0.6, share=0.3)]
    experiment = start_experiment(placement=front, by=owner, arms=arms)
    weights = {variant.key: variant.weight for variant in experiment.variants.all()}
    assert weights == pytest.approx({"A": 0.5, "B": 0.2, "C": 0.3})
    met = Counter(variant_for(placement_id=front.pk, visitor_id=visitor).key for visitor in VISITORS)
    assert {key: met[key] / len(VISITORS) for key in "ABC"} == pytest.approx(weights, abs=0.05)


def test_shares_that_are_not_given_have_alike_what_is_left(front, owner):
    experiment = create_experiment(placement=front, by=owner, arms=[bold(0.3, share=0.4), bold(0.6), bold(0.9)])
    assert [variant.weight for variant in experiment.variants.all()] == pytest.approx([0.2, 0.4, 0.2, 0.2])


@pytest.mark.parametrize("shares", [(0.5, 0.5), (0.7, 0.6), (0.995, None)])
def test_shares_that_leave_nothing_to_another_variant_are_refused(front, owner, shares):
    with pytest.raises(errors.Invalid) as refused:
        create_experiment(placement=front, by=owner, arms=[bold(0.3, share=shares[0]), bold(0.6, share=shares[1])])
    assert set(refused.value.fields) == {"share"}


def test_eight_variants_are_the_most(front, owner):
    arms = [bold(0.2 + number / 10) for number in range(8)]
    assert create_experiment(placement=front, by=owner, arms=arms[:7]).variants.count() == 8
    with pytest.raises(errors.Invalid, match="1 to 7 variants beside A"):
        create_experiment(placement=front, by=owner, arms=arms)


def test_two_variants_that_would_serve_the_same_are_refused_by_name(front, owner):
    with pytest.raises(errors.Invalid, match="C is the same as B"):
        create_experiment(placement=front, by=owner, arms=[bold(0.3), bold(0.3)])


def test_a_variant_may_be_any_version_of_the_placement(front, owner):
    draft = propose_policy(placement=front, knobs={"diversity": 0.9}, rules=[NEVER_THIS], by=owner)
    experiment = create_experiment(placement=front, by=owner, arms=[bold(0.3), Arm(policy=draft)])
    assert experiment.variants.get(key="C").policy == draft


def test_all_variants_obey_rules_that_came_after_the_draft(front, owner):
    draft = create_experiment(placement=front, by=owner, arms=[bold(0.3), bold(0.6), Arm(shows_nothing=True)])
    add_rule(placement=front, rule=NEVER_THIS, by=owner)
    begun = begin_experiment(experiment=draft, by=owner)
    assert [variant.policy.rules for variant in begun.variants.all()] == [[NEVER_THIS]] * 4
    assert begun.variants.get(key="C").policy.knobs["exploration"] == 0.6


def test_a_draft_one_of_whose_variants_was_published_meanwhile_names_it(front, owner):
    draft = create_experiment(placement=front, by=owner, arms=[bold(0.3), bold(0.6)])
    publish_policy(placement=front, knobs=draft.variants.get(key="C").policy.knobs, rules=(), by=owner)
    with pytest.raises(errors.Conflict, match="What C would try is published by now"):
        begin_experiment(experiment=draft, by=owner)


def test_an_aa_test_serves_what_is_published_to_both_halves(front, owner):
    draft = create_experiment(placement=front, by=owner, is_aa=True)
    newer = publish_policy(placement=front, knobs={"exploration": 0.05}, rules=(), by=owner)
    begun = begin_experiment(experiment=draft, by=owner)
    assert (begun.name, {variant.policy for variant in begun.variants.all()}) == ("A/A test on Front page", {newer})
    assert {variant_for(placement_id=front.pk, visitor_id=visitor).key for visitor in VISITORS[:40]} == {"A", "B"}


def visitor_of(experiment, key):
    weights = {variant.key: variant.weight for variant in experiment.variants.all()}
    return next(visitor for visitor in VISITORS if pick_variant(experiment.salt, visitor, weights) == key)


@pytest.fixture
def teapot(shop):
    from dashboard.catalog.models import Item

    return Item.objects.create(shop=shop, item_id="teapot", title="Teapot", in_stock=True)


def slate_of(shop, visitor):
    return recommend(SlateRequest(shop=shop, placement="front", visitor_id=visitor))


def test_a_variant_without_recommendations_is_an_empty_slate_that_says_why_and_is_logged(shop, owner, front, teapot):
    experiment = start_experiment(placement=front, by=owner, arms=[Arm(shows_nothing=True)])
    shown, empty = (slate_of(shop, visitor_of(experiment, key)).as_answer(explain=False) for key in "AB")
    assert (empty["items"], empty["withheld"], empty["variant"]) == ([], "experiment", "B")
    assert ([item["item_id"] for item in shown["items"]], shown["withheld"]) == (["teapot"], None)
    logged = Exposure.objects.get(recommendation_id=empty["recommendation_id"])
    assert (logged.experiment_id, logged.variant, logged.fallback) == (experiment.pk, "B", "")


def test_a_slate_that_was_withheld_is_drawn_again_as_empty(shop, owner, front, teapot, capsys):
    experiment = start_experiment(placement=front, by=owner, arms=[Arm(shows_nothing=True)])
    for key in "AB":
        slate_of(shop, visitor_of(experiment, key))
    call_command("replay", "--shop", shop.slug, "--json")
    told = json.loads(capsys.readouterr().out)
    assert (told["slates"], told["equal"], told["different"]) == (2, 2, [])


def test_batches_withhold_the_same(shop, owner, front, teapot):
    start_experiment(placement=front, by=owner, arms=[Arm(shows_nothing=True)])
    slates = recommend_many([SlateRequest(shop=shop, placement="front", visitor_id=each) for each in VISITORS[:30]])
    assert {(slate.variant, len(slate.items)) for slate in slates} == {("A", 1), ("B", 0)}


def test_what_nobody_sees_cannot_be_an_audience_of_another_shop(front, owner, other_shop):
    with pytest.raises(errors.NotFound):
        create_experiment(placement=front, by=owner, arms=[bold(0.3)], terms=Terms(audience_id=4_711))


def test_who_is_not_in_the_audience_gets_what_is_published_and_is_not_assigned(shop, front, owner):
    audience = create_audience(shop=shop, name="Trade", expression='attributes.tier = "trade"', by=None)
    set_attributes(shop=shop, visitor_id="v1", attributes={"tier": "trade"})
    experiment = start_experiment(placement=front, by=owner, arms=[bold(0.3)], terms=Terms(audience_id=audience.pk))
    assert variant_for(placement_id=front.pk, visitor_id="v1").experiment_id == experiment.pk
    assert variant_for(placement_id=front.pk, visitor_id="v2") is None
    assert list(Assignment.objects.values_list("visitor_id", flat=True)) == ["v1"]
    assert policy_published_now(front) == experiment.variants.get(key="A").policy
