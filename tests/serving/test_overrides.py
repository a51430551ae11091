"""Overrides per audience: the first that a visitor meets acts, the exposure says which, everybody else inherits."""

import datetime

import pytest

from dashboard.audiences.services import archive_audience, change_audience, create_audience, set_attributes
from dashboard.core import clock, errors
from dashboard.events.models import Exposure
from dashboard.experiments.services import start_experiment
from dashboard.policies import selectors, services
from dashboard.serving.batches import recommend_many
from dashboard.serving.preview import Asked, preview_of
from dashboard.serving.selectors import assignment_as_it_is
from dashboard.serving.services import recommend, recommend_together
from dashboard.serving.types import SlateRequest
from recommender.slate import policy_hash
from tests.serving.conftest import send

pytestmark = pytest.mark.django_db
NEVER_GARDEN = {"kind": "exclude", "match": {"category": "Garden"}}
NEVER_CLAY = {"kind": "exclude", "match": {"brand": "Clay & Co"}}


def days_ago(days):
    return (clock.now() - datetime.timedelta(days=days)).isoformat()


@pytest.fixture
def home(catalog):
    return selectors.placement_by_slug(catalog, "home")


@pytest.fixture
def british(catalog):
    return create_audience(shop=catalog, name="British", expression='attributes.country = "GB"', by=None)


@pytest.fixture
def newcomers(catalog):
    return create_audience(shop=catalog, name="Newcomers", expression="new = true", by=None)


def publish(home, *overrides):
    """`overrides`: (audience, knobs, rules)."""
    for audience, knobs, rules in overrides:
        services.draft_override(placement=home, audience_id=audience.pk, knobs=knobs, rules=rules, by=None)
    return services.publish_draft(placement=home, revision=selectors.proposal_of(home).revision, by=None)


def slate_of(shop, visitor_id, **options):
    return recommend(SlateRequest(shop=shop, placement="home", visitor_id=visitor_id, n=9, **options))


def test_a_visitor_of_the_audience_is_served_with_its_knobs_and_rules_and_others_are_not(catalog, home, british):
    set_attributes(shop=catalog, visitor_id="ada", attributes={"country": "GB"})
    policy = publish(home, (british, {"exploration": 0.0, "diversity": 0.9}, [NEVER_GARDEN]))
    met, other = slate_of(catalog, "ada"), slate_of(catalog, "bob")
    assert {item.item_id for item in met.items}.isdisjoint({"spade", "fork", "trowel", "lantern"})
    assert "spade" in {item.item_id for item in other.items}
    assert (met.policy_version, met.audience_id, met.temperature) == (policy.version, british.pk, 0.0)
    assert (other.audience_id, other.temperature > 0) == (None, True)
    logged = {row.visitor_id: row for row in Exposure.objects.all()}
    assert logged["ada"].audience_id == british.pk
    assert logged["bob"].audience_id is None
    own = selectors.published_policy(shop_id=catalog.pk, slug="home").policy.overrides[0].policy
    assert logged["ada"].policy_hash == policy_hash(own.knobs, own.rules) != logged["bob"].policy_hash


def test_what_an_override_does_not_name_is_inherited_even_when_it_changes_later(catalog, home, british):
    publish(home, (british, {"exploration": 0.0}, []))
    services.change_knobs(placement=home, knobs={"diversity": 0.77}, by=None)
    services.add_rule(placement=home, rule=NEVER_CLAY, by=None)
    own = selectors.published_policy(shop_id=catalog.pk, slug="home").policy.overrides[0].policy
    assert (own.knobs.exploration, own.knobs.diversity) == (0.0, 0.77)
    assert [rule.kind for rule in own.rules] == ["exclude"]


def test_of_several_the_first_in_the_merchants_order_acts(catalog, home, british, newcomers):
    set_attributes(shop=catalog, visitor_id="ada", attributes={"country": "GB"})
    publish(home, (newcomers, {"exploration": 0.5}, []), (british, {"exploration": 0.0}, []))
    assert slate_of(catalog, "ada").audience_id == newcomers.pk
    services.draft_override_earlier(placement=home, audience_id=british.pk, by=None)
    assert slate_of(catalog, "ada").audience_id == newcomers.pk, "a draft serves nobody"
    publish(home)
    assert slate_of(catalog, "ada").audience_id == british.pk


def test_a_visitor_stops_being_new_with_the_second_visit(catalog, home, newcomers):
    publish(home, (newcomers, {"exploration": 0.5}, []))
    assert slate_of(catalog, "ada").audience_id == newcomers.pk
    send(catalog, "ada", "spade", timestamp=days_ago(3))
    send(catalog, "ada", "fork")
    assert slate_of(catalog, "ada").audience_id is None
    assert slate_of(catalog, "").audience_id is None, "of whom no id is known nothing is assumed"


def test_changed_conditions_count_at_once_and_archived_ones_go_on(catalog, home, british):
    set_attributes(shop=catalog, visitor_id="ada", attributes={"country": "FR"})
    publish(home, (british, {"exploration": 0.0}, []))
    assert slate_of(catalog, "ada").audience_id is None
    change_audience(shop=catalog, audience_id=british.pk, expression='attributes.country in ("GB", "FR")', by=None)
    archive_audience(shop=catalog, audience_id=british.pk, by=None)
    assert slate_of(catalog, "ada").audience_id == british.pk


def test_slates_of_one_page_and_batches_meet_the_same_overrides(catalog, home, british):
    set_attributes(shop=catalog, visitor_id="ada", attributes={"country": "GB"})
    publish(home, (british, {"exploration": 0.0}, []))
    page = recommend_together(
        [SlateRequest(shop=catalog, placement=slug, visitor_id="ada", n=2) for slug in ("home", "product")]
    )
    assert [slate.audience_id for slate in page] == [british.pk, None]
    batch = recommend_many(
        [SlateRequest(shop=catalog, placement="home", visitor_id=name, n=2) for name in ("bob", "ada")]
    )
    assert [slate.audience_id for slate in batch] == [None, british.pk]


def test_the_preview_and_the_page_of_a_visitor_say_which_override_is_met(catalog, home, british):
    set_attributes(shop=catalog, visitor_id="ada", attributes={"country": "GB"})
    services.draft_override(placement=home, audience_id=british.pk, knobs={"diversity": 0.9}, by=None)
    found = preview_of(catalog, home, Asked(visitor_id="ada"))
    assert (found.met_now, found.met_then.audience_id) == (None, british.pk)
    assert (found.view.now.knobs.diversity, found.view.then.knobs.diversity) == (0.3, 0.9)
    assert preview_of(catalog, home, Asked(visitor_id="bob")).met_then is None
    publish(home)
    assert assignment_as_it_is(catalog, "home", "ada").audience_id == british.pk


def test_overrides_lie_over_the_knobs_of_each_variant_and_wait_like_those(catalog, home, british, newcomers):
    set_attributes(shop=catalog, visitor_id="ada", attributes={"country": "GB"})
    publish(home, (british, {"exploration": 0.0}, []))
    experiment = start_experiment(placement=home, treatment_knobs={"exploration": 0.4, "diversity": 0.8}, by=None)
    publish(home, (newcomers, {"diversity": 0.1}, []))
    services.add_rule(placement=home, rule=NEVER_CLAY, by=None)
    for variant in experiment.variants.all():
        assert [entry["audience"] for entry in variant.policy.overrides] == [british.pk]
    met, other = slate_of(catalog, "ada"), slate_of(catalog, "bob")
    assert (met.experiment_id, met.audience_id, met.temperature) == (experiment.pk, british.pk, 0.0)
    assert (other.experiment_id, other.audience_id) == (experiment.pk, None), "published since: it waits"
    for slate in (met, other):
        assert "teapot" not in {item.item_id for item in slate.items}, "rules act for everyone at once"


def test_an_override_that_is_tested_is_in_b_alone_and_is_published_with_it(catalog, home, british):
    services.draft_override(placement=home, audience_id=british.pk, knobs={"exploration": 0.0}, by=None)
    overrides = selectors.proposal_of(home).overrides
    experiment = start_experiment(placement=home, treatment_overrides=overrides, by=None)
    arms = {arm.key: arm.policy for arm in experiment.variants.all()}
    assert (arms["A"].overrides, arms["B"].overrides) == ([], overrides)
    published = services.publish_tested(policy=arms["B"], against=arms["A"], by=None)
    assert published.overrides == overrides


def test_overrides_published_while_other_things_were_tested_are_kept(catalog, home, british):
    experiment = start_experiment(placement=home, treatment_knobs={"diversity": 0.8}, by=None)
    arms = {arm.key: arm.policy for arm in experiment.variants.all()}
    publish(home, (british, {"exploration": 0.0}, []))
    published = services.publish_tested(policy=arms["B"], against=arms["A"], by=None)
    assert (published.knobs["diversity"], len(published.overrides)) == (0.8, 1)


def test_versions_that_are_served_again_bring_their_overrides_back(catalog, home, british):
    first = publish(home, (british, {"exploration": 0.0}, []))
    services.draft_without_override(placement=home, audience_id=british.pk, by=None)
    without = publish(home)
    assert without.overrides == []
    again = services.roll_back_policy(placement=home, to=first, by=None)
    assert again.overrides == first.overrides


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"knobs": {"explosion": 1}}, "no knob"),
        ({"knobs": {"exploration": 2}}, "at most 1"),
        ({"rules": [{"kind": "pin"}]}, "Rule 1"),
        ({"audience_id": 10**9}, "no audience"),
    ],
)
def test_an_override_that_cannot_be_is_refused(catalog, home, british, change, told):
    wanted = {"audience_id": british.pk, "knobs": {}, "rules": [], **change}
    with pytest.raises(errors.Invalid, match=told):
        services.draft_override(placement=home, by=None, **wanted)


def test_an_override_of_another_shops_audience_is_refused(catalog, other_shop, home):
    theirs = create_audience(shop=other_shop, name="Theirs", expression="new = true", by=None)
    with pytest.raises(errors.Invalid, match="no audience"):
        services.draft_override(placement=home, audience_id=theirs.pk, knobs={"exploration": 0.1}, by=None)


def test_a_draft_of_overrides_keeps_what_is_published_meanwhile(catalog, home, british, newcomers):
    services.draft_override(placement=home, audience_id=british.pk, knobs={"exploration": 0.2}, by=None)
    draft = services.draft_version(
        placement=home, knobs={}, rules=None, overrides=[{"audience": newcomers.pk, "knobs": {"novelty": 0.5}}]
    )
    services.publish_stored(policy=draft)
    proposal = selectors.proposal_of(home)
    assert [entry["audience"] for entry in proposal.overrides] == [newcomers.pk, british.pk]
    assert proposal.count == 1
