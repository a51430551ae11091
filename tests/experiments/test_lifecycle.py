"""From a draft to a decision: what may be done when, and what it leaves behind."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from django.db import OperationalError, connection, transaction

from dashboard.accounts.audit_words import details_of
from dashboard.accounts.models import AuditEntry
from dashboard.core import clock, errors
from dashboard.core.tenancy import shop_scope
from dashboard.experiments.metrics import GUARDRAILS
from dashboard.experiments.models import DailyMoment, Experiment
from dashboard.experiments.risks import SPLIT, name_of_risk
from dashboard.experiments.services import (
    Arm,
    Terms,
    begin_experiment,
    create_experiment,
    ship_experiment,
    start_experiment,
    stop_experiment,
    variant_for,
)
from dashboard.policies.selectors import policy_published_now
from dashboard.policies.services import add_rule, propose_policy, publish_policy
from tests.experiments.test_results import carts, moment

BOLD = {"exploration": 0.25}


@pytest.fixture
def front(shop):
    from dashboard.policies.models import Placement

    placement = Placement.objects.create(shop=shop, slug="front", name="Front page")
    publish_policy(placement=placement, knobs={"exploration": 0.1, "diversity": 0.2}, rules=(), by=None)
    return placement


def started(placement, by=None, **draft):
    return start_experiment(placement=placement, by=by, treatment_knobs=BOLD, **draft)


def test_a_is_what_is_published_and_b_is_a_new_version_with_the_knobs_laid_over(front, owner):
    experiment = started(front, owner)
    policies = {variant.key: variant.policy for variant in experiment.variants.all()}
    assert policies["A"] == policy_published_now(front)
    assert not policies["B"].is_published
    assert (policies["B"].knobs["exploration"], policies["B"].knobs["diversity"]) == (0.25, 0.2)


def test_a_draft_serves_nobody(front, owner):
    create_experiment(placement=front, treatment_knobs=BOLD, by=owner)
    assert variant_for(placement_id=front.pk, visitor_id="v1") is None


def test_a_draft_takes_as_a_what_is_published_when_it_starts(front, owner):
    draft = create_experiment(placement=front, treatment_knobs=BOLD, by=owner)
    newer = publish_policy(placement=front, knobs={"exploration": 0.05}, rules=(), by=owner)
    begun = begin_experiment(experiment=draft, by=owner)
    assert begun.variants.get(key="A").policy == newer


def test_a_draft_whose_b_was_published_meanwhile_does_not_compare_it_with_itself(front, owner):
    draft = create_experiment(placement=front, treatment_knobs=BOLD, by=owner)
    publish_policy(placement=front, knobs=draft.variants.get(key="B").policy.knobs, rules=(), by=owner)
    with pytest.raises(errors.Conflict, match="published by now"):
        begin_experiment(experiment=draft, by=owner)


def test_one_experiment_runs_on_a_placement(front, owner):
    started(front, owner)
    with pytest.raises(errors.Conflict, match="Stop it first"):
        started(front, owner)


def test_b_must_differ_from_a(front, owner):
    with pytest.raises(errors.Invalid, match="same as A"):
        create_experiment(placement=front, treatment_knobs={"exploration": 0.1}, by=owner)


@pytest.mark.parametrize(
    ("field", "value"),
    [("traffic_share", 0.0), ("traffic_share", 1.1), ("primary_metric", "luck"), ("window_days", 0),
     ("planned_visitors", 3), ("group_share", 0.0)],
)  # fmt: skip
def test_terms_that_do_not_fit_are_refused_by_field(front, owner, field, value):
    with pytest.raises(errors.Invalid) as refused:
        started(front, owner, terms=Terms(**{field: value}))
    assert set(refused.value.fields) == {field}


def test_knobs_out_of_range_are_refused(front, owner):
    with pytest.raises(errors.Invalid):
        start_experiment(placement=front, by=owner, treatment_knobs={"exploration": 1.5})


def test_another_placements_policy_cannot_be_b(front, other_shop, owner):
    from dashboard.policies.models import Placement

    foreign = Placement.objects.create(shop=other_shop, slug="front", name="Front")
    policy = publish_policy(placement=foreign, knobs=BOLD, rules=(), by=None)
    with pytest.raises(errors.NotFound):
        create_experiment(placement=front, treatment_policy=policy, by=owner)


def test_stopping_returns_every_visitor_to_the_published_policy(front, owner):
    experiment = started(front, owner)
    assert variant_for(placement_id=front.pk, visitor_id="v1") is not None
    stop_experiment(experiment=experiment, by=owner)
    assert variant_for(placement_id=front.pk, visitor_id="v1") is None
    assert policy_published_now(front).knobs["exploration"] == 0.1


def test_shipping_publishes_b_and_ends_the_experiment(front, owner):
    experiment = ship_experiment(experiment=started(front, owner), by=owner)
    assert (experiment.state, experiment.ended_at is None) == ("shipped", False)
    assert policy_published_now(front) == experiment.variants.get(key="B").policy


def with_slower_slates(experiment, milliseconds):
    """B converts better; its slates take so much longer, by sums that the refresh would have stored."""
    rng = np.random.default_rng(3)
    rows = [moment(arm, "add_to_cart_rate", carts(rng, 4000, rate)) for arm, rate in (("A", 0.1), ("B", 0.2))]
    rows += [
        moment(arm, "slate_latency", rng.normal(10 + extra, 1, 4000), np.ones(4000))
        for arm, extra in (("A", 0), ("B", milliseconds))
    ]
    for row in rows:
        row.experiment = experiment
    DailyMoment.objects.bulk_create(rows)
    DailyMoment.objects.filter(experiment=experiment).update(day="2026-01-05")  # before what a refresh reads again
    Experiment.objects.filter(pk=experiment.pk).update(refreshed_at=clock.now())
    return Experiment.objects.get(pk=experiment.pk)


def test_b_that_harms_what_is_guarded_is_published_only_where_that_risk_is_accepted_by_name(front, owner):
    experiment = with_slower_slates(started(front, owner), milliseconds=5)
    with pytest.raises(errors.Conflict, match="Time to make a slate got worse beyond your limit"):
        ship_experiment(experiment=experiment, by=owner, accepted=["refund_rate"])
    experiment.refresh_from_db()
    assert (experiment.state, policy_published_now(front).knobs["exploration"]) == ("running", 0.1)
    ship_experiment(experiment=experiment, by=owner, accepted=["slate_latency"], decision=" Worth the wait. ")
    entry = AuditEntry.objects.get(action="experiment.shipped")
    assert (entry.detail["accepted"], entry.detail["note"]) == (["slate_latency"], "Worth the wait.")
    assert policy_published_now(front).knobs["exploration"] == 0.25


def test_b_that_is_proven_to_harm_nothing_is_published_without_a_question(front, owner):
    ship_experiment(experiment=with_slower_slates(started(front, owner), milliseconds=0.1), by=owner)
    assert AuditEntry.objects.get(action="experiment.shipped").detail["accepted"] == []


def test_a_risk_that_is_accepted_has_one_name_on_the_page_and_in_the_audit_trail():
    keys = [SPLIT, *GUARDRAILS]
    (told,) = details_of({"accepted": keys})
    assert told.after == ", ".join(name_of_risk(key) for key in keys)


NEVER_THIS = {"kind": "exclude", "match": {"item_id": "recalled"}}
OLD_NEWS = {"kind": "boost", "match": {"category": "Winter"}, "strength": 0.5}


def test_rules_that_were_changed_while_it_ran_outlive_the_shipping(front, owner):
    add_rule(placement=front, rule=OLD_NEWS, by=owner)
    experiment = started(front, owner)
    publish_policy(placement=front, knobs=policy_published_now(front).knobs, rules=[NEVER_THIS], by=owner)
    ship_experiment(experiment=experiment, by=owner)
    published = policy_published_now(front)
    assert published.rules == [NEVER_THIS]
    assert published.knobs == experiment.variants.get(key="B").policy.knobs


def test_rules_that_b_itself_changed_are_shipped_with_it(front, owner):
    add_rule(placement=front, rule=OLD_NEWS, by=owner)
    boosted = {"kind": "boost", "match": {"category": "Spring"}, "strength": 0.5}
    treatment = propose_policy(placement=front, knobs={}, rules=[boosted], by=owner)
    experiment = start_experiment(placement=front, treatment_policy=treatment, by=owner)
    add_rule(placement=front, rule=NEVER_THIS, by=owner)
    ship_experiment(experiment=experiment, by=owner)
    assert policy_published_now(front).rules == [NEVER_THIS, boosted]


def test_both_arms_obey_rules_that_came_after_the_draft(front, owner):
    draft = create_experiment(placement=front, treatment_knobs=BOLD, by=owner)
    add_rule(placement=front, rule=NEVER_THIS, by=owner)
    begun = begin_experiment(experiment=draft, by=owner)
    arms = {arm.key: arm.policy for arm in begun.variants.all()}
    assert arms["A"].rules == arms["B"].rules == [NEVER_THIS]
    assert arms["B"].knobs["exploration"] == 0.25


@pytest.mark.parametrize("end", [stop_experiment, ship_experiment])
def test_what_has_ended_cannot_be_ended_or_started_again(front, owner, end):
    experiment = stop_experiment(experiment=started(front, owner), by=owner)
    with pytest.raises(errors.Conflict):
        end(experiment=experiment, by=owner)
    with pytest.raises(errors.Conflict):
        begin_experiment(experiment=experiment, by=owner)


def test_every_step_leaves_an_audit_entry_of_who_took_it(front, owner):
    ship_experiment(experiment=started(front, owner), by=owner)
    entries = AuditEntry.objects.filter(shop=front.shop, action__startswith="experiment.").order_by("pk")
    assert [entry.action for entry in entries] == ["experiment.created", "experiment.started", "experiment.shipped"]
    assert {entry.actor for entry in entries} == {owner}


def test_experiments_of_one_exclusion_group_get_slices_that_do_not_touch(shop, front, owner):
    from dashboard.policies.models import Placement

    cart = Placement.objects.create(shop=shop, slug="basket", name="Basket")
    publish_policy(placement=cart, knobs={}, rules=(), by=owner)
    half = Terms(exclusion_group="checkout", group_share=0.5)
    first, second = started(front, owner, terms=half), started(cart, owner, terms=half)
    assert (first.group_start, first.group_end, second.group_start, second.group_end) == (0, 0.5, 0.5, 1)


@pytest.mark.django_db(transaction=True)
def test_two_that_begin_at_once_get_slices_that_do_not_touch(shop, front, owner):
    from dashboard.policies.models import Placement

    cart = Placement.objects.create(shop=shop, slug="basket", name="Basket")
    publish_policy(placement=cart, knobs={}, rules=(), by=owner)
    half = Terms(exclusion_group="checkout", group_share=0.5)
    drafts = [create_experiment(placement=each, treatment_knobs=BOLD, by=owner, terms=half) for each in (front, cart)]

    def begin_impatiently():
        try:
            with shop_scope(shop.pk), connection.cursor() as cursor:
                cursor.execute("SET lock_timeout = '100ms'")
                begin_experiment(experiment=drafts[1], by=owner)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as threads, transaction.atomic():
        begin_experiment(experiment=drafts[0], by=owner)
        with pytest.raises(OperationalError):  # it waits for what the first one takes
            threads.submit(begin_impatiently).result()
    assert begin_experiment(experiment=drafts[1], by=owner).group_start == 0.5


def test_a_full_exclusion_group_takes_no_further_experiment(shop, front, owner):
    from dashboard.policies.models import Placement

    cart = Placement.objects.create(shop=shop, slug="basket", name="Basket")
    publish_policy(placement=cart, knobs={}, rules=(), by=owner)
    started(front, owner, terms=Terms(exclusion_group="checkout", group_share=0.7))
    with pytest.raises(errors.Conflict, match="no room"):
        started(cart, owner, terms=Terms(exclusion_group="checkout", group_share=0.5))


def tried_three(front, owner):
    arms = [Arm(knobs=BOLD), Arm(knobs={"exploration": 0.6}), Arm(shows_nothing=True)]
    return start_experiment(placement=front, by=owner, arms=arms)


def test_of_several_variants_the_one_that_is_named_is_published(front, owner):
    experiment = tried_three(front, owner)
    with pytest.raises(errors.Invalid, match="B, C, D"):
        ship_experiment(experiment=experiment, by=owner)
    with pytest.raises(errors.Conflict, match="no policy to publish"):
        ship_experiment(experiment=experiment, by=owner, variant="D")
    shipped = ship_experiment(experiment=experiment, by=owner, variant="C")
    assert (shipped.shipped_variant, policy_published_now(front).knobs["exploration"]) == ("C", 0.6)
    assert AuditEntry.objects.get(action="experiment.shipped").detail["variant"] == "C"


def test_the_risks_are_those_of_the_variant_that_is_published(front, owner):
    experiment = with_slower_slates(tried_three(front, owner), milliseconds=5)  # B's alone
    for variant, said in (("B", "got worse beyond your limit"), ("C", "too few data")):
        with pytest.raises(errors.Conflict, match=f"{variant} is not published: Time to make a slate.* {said}"):
            ship_experiment(experiment=experiment, by=owner, variant=variant, accepted=["split"])
    accepted = ["split", "slate_latency"]
    assert ship_experiment(experiment=experiment, by=owner, variant="C", accepted=accepted).state == "shipped"


def test_an_aa_test_publishes_nothing(front, owner):
    experiment = start_experiment(placement=front, by=owner, is_aa=True)
    with pytest.raises(errors.Conflict, match="nothing to publish"):
        ship_experiment(experiment=experiment, by=owner)
    assert stop_experiment(experiment=experiment, by=owner).state == "stopped"
