"""Proposing, publishing and rolling back a placement's policy."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier

import pytest
from django.db import connection
from django.utils import translation

from dashboard.accounts.models import AuditEntry
from dashboard.core import errors
from dashboard.core.tenancy import shop_scope
from dashboard.policies import selectors, services
from recommender.slate import DEFAULT_KNOBS

PIN = {"kind": "pin", "match": {"item_id": "mug"}, "position": 1}


@pytest.fixture
def home(shop):
    return services.ensure_default_placements(shop)[0]


def served(shop):
    return selectors.published_policy(shop_id=shop.pk, slug="home").policy


def publish(home, by=None, **knobs):
    return services.publish_policy(placement=home, knobs=knobs, rules=(), by=by)


def test_a_new_shop_gets_four_placements_each_with_a_published_policy(shop):
    placements = services.ensure_default_placements(shop)
    assert [placement.slug for placement in placements] == ["home", "product", "cart", "email"]
    assert served(shop).knobs == DEFAULT_KNOBS


def test_default_placements_are_made_once(shop, home):
    publish(home, exploration=0.7)
    services.ensure_default_placements(shop)
    assert served(shop).knobs.exploration == 0.7
    assert selectors.placements_of(shop).count() == 4


def test_a_published_policy_is_served_at_the_next_read(shop, home):
    assert served(shop).version == 1
    publish(home, exploration=0.4)
    assert (served(shop).version, served(shop).knobs.exploration) == (2, 0.4)


@pytest.mark.django_db(transaction=True)
def test_a_policy_is_parsed_once_while_nothing_changes(shop, home, django_assert_num_queries):
    served(shop)
    with django_assert_num_queries(0):
        served(shop)


def test_a_proposal_serves_nobody(shop, home):
    proposed = services.propose_policy(placement=home, knobs={"exploration": 0.9}, rules=(), by=None)
    assert proposed.version == 2
    assert served(shop).version == 1


def test_rolling_back_makes_a_new_version_of_the_old_terms(shop, home, owner):
    first = selectors.policy_version(home, 1)
    services.publish_policy(placement=home, knobs={"exploration": 0.9}, rules=[PIN], by=owner)
    back = services.roll_back_policy(placement=home, to=first, by=owner)
    assert back.version == 3
    assert served(shop).digest == selectors.served_policy(first).digest
    assert [policy.version for policy in selectors.policy_versions(home)] == [3, 2, 1]


def test_a_version_of_another_placement_cannot_be_rolled_back_to(shop, home):
    cart = selectors.placement_by_slug(shop, "cart")
    with pytest.raises(errors.NotFound):
        services.roll_back_policy(placement=home, to=selectors.policy_version(cart, 1), by=None)


def test_publishing_is_written_into_the_audit_trail(shop, home, owner):
    publish(home, by=owner, diversity=0.2)
    entry = AuditEntry.objects.get(shop=shop, action="policy.published")
    assert (entry.actor, entry.subject, entry.detail["version"]) == (owner, "home", 2)
    assert entry.detail["changes"]["diversity"] == [0.3, 0.2]


@pytest.mark.parametrize(
    ("knobs", "field"),
    [({"exploration": 1.2}, "exploration"), ({"diversity": "much"}, "diversity"), ({"speed": 0.2}, "speed")],
)
def test_a_bad_knob_is_refused_by_name_and_nothing_is_stored(shop, home, knobs, field):
    with pytest.raises(errors.Invalid) as refusal:
        publish(home, **knobs)
    assert field in refusal.value.fields
    assert selectors.policy_versions(home).count() == 1


def test_a_bad_rule_is_refused_with_its_place(home):
    with pytest.raises(errors.Invalid, match="Rule 2"):
        services.publish_policy(placement=home, knobs={}, rules=[PIN, {"kind": "pin", "match": {}}], by=None)


def test_what_forage_does_is_told_by_the_difference_and_leaves_the_note_to_people(home):
    """A sentence that is stored stays in the language of whoever pressed the button."""
    with translation.override("zh-hans"):
        services.add_rule(placement=home, rule=PIN, by=None)
        services.change_knobs(placement=home, knobs={"novelty": 0.6}, by=None)
    assert {policy.note for policy in selectors.policy_versions(home)} == {""}


@pytest.mark.django_db(transaction=True)
def test_of_changes_at_the_same_moment_none_is_lost(shop, home):
    rules = [{"kind": "exclude", "match": {"brand": brand}} for brand in ("Loud", "Garish", "Shrill")]
    changes = [partial(services.add_rule, rule=rule) for rule in rules]
    changes += [
        partial(services.change_knobs, knobs={"novelty": 0.6}),
        partial(services.change_knobs, knobs={"fairness": 0.7}),
    ]
    start = Barrier(len(changes))

    def make(change):
        start.wait(timeout=10)
        try:
            with shop_scope(shop.pk):
                change(placement=home, by=None)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(changes)) as threads:
        list(threads.map(make, changes))
    now = selectors.policy_published_now(home)
    assert {rule["match"]["brand"] for rule in now.rules} == {"Loud", "Garish", "Shrill"}
    assert (now.version, now.knobs["novelty"], now.knobs["fairness"]) == (6, 0.6, 0.7)


def test_an_unknown_placement_is_told_the_known_ones(shop, home):
    with pytest.raises(errors.NotFound, match="home, product, cart, email"):
        selectors.published_policy(shop_id=shop.pk, slug="sidebar")


def test_another_shop_s_placement_is_unknown(shop, home, other_shop):
    with pytest.raises(errors.NotFound, match="none yet"):
        selectors.published_policy(shop_id=other_shop.pk, slug="home")
