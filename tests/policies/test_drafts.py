"""Changes gather in a draft, several people's, and are served once somebody publishes it."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier

import pytest
from django.db import connection

from dashboard.accounts.models import AuditEntry
from dashboard.core import errors
from dashboard.core.tenancy import shop_scope
from dashboard.policies import selectors, services

PIN = {"kind": "pin", "match": {"item_id": "mug"}, "position": 1}
NEVER_LOUD = {"kind": "exclude", "match": {"brand": "Loud"}}


@pytest.fixture
def home(shop):
    return services.ensure_default_placements(shop)[0]


def served(home):
    return selectors.policy_published_now(home)


def proposal(home):
    return selectors.proposal_of(home)


def gathered(home, by=None):
    """Two knobs and a rule."""
    services.draft_knobs(placement=home, knobs={"exploration": 0.25, "diversity": 0.45}, by=by)
    return services.draft_rule(placement=home, rule=PIN, by=by)


def test_nothing_is_drafted_at_first(home):
    assert proposal(home).is_empty
    assert proposal(home).knobs == served(home).knobs


def test_what_is_drafted_serves_nobody(home, editor):
    gathered(home, editor)
    assert served(home).version == 1
    assert selectors.published_policy(shop_id=home.shop_id, slug="home").policy.rules == ()


def test_knobs_and_rules_gather_in_one_draft_and_are_published_as_one_version(home, editor):
    draft = gathered(home, editor)
    assert (draft.count, draft.moved) == (3, {"exploration": 0.25, "diversity": 0.45})
    policy = services.publish_draft(placement=home, revision=draft.revision, by=editor, note="Before Christmas")
    assert (served(home), policy.version, policy.note) == (policy, 2, "Before Christmas")
    assert (policy.knobs["exploration"], policy.knobs["diversity"], policy.knobs["calibration"]) == (0.25, 0.45, 0.2)
    assert [rule["kind"] for rule in policy.rules] == ["pin"]
    assert proposal(home).is_empty


def test_the_note_stands_in_the_audit_trail(home, editor):
    services.publish_draft(placement=home, revision=gathered(home).revision, by=editor, note="Before Christmas")
    entry = AuditEntry.objects.get(action="policy.published")
    assert (entry.actor, entry.detail["note"], entry.detail["changes"]["rules"]) == (editor, "Before Christmas", [0, 1])


def test_changes_of_two_people_are_both_kept(home, editor, owner):
    seen = dict(served(home).knobs)
    services.draft_knobs(placement=home, knobs={**seen, "exploration": 0.25}, seen=seen, by=editor)
    after = services.draft_knobs(placement=home, knobs={**seen, "novelty": 0.6}, seen=seen, by=owner)
    assert after.moved == {"exploration": 0.25, "novelty": 0.6}


def test_a_knob_that_two_people_move_is_not_overwritten_unseen(home, editor, owner):
    seen = dict(served(home).knobs)
    services.draft_knobs(placement=home, knobs={"exploration": 0.25}, seen=seen, by=editor)
    with pytest.raises(errors.Conflict) as conflict:
        services.draft_knobs(placement=home, knobs={"exploration": 0.7, "novelty": 0.6}, seen=seen, by=owner)
    assert conflict.value.fields == {"exploration": "0.25"}
    assert proposal(home).moved == {"exploration": 0.25}
    seen["exploration"] = 0.25
    assert services.draft_knobs(placement=home, knobs={"exploration": 0.7}, seen=seen, by=owner).moved == {
        "exploration": 0.7
    }


def test_two_people_who_move_a_knob_to_the_same_place_agree(home, editor, owner):
    seen = dict(served(home).knobs)
    services.draft_knobs(placement=home, knobs={"exploration": 0.25}, seen=seen, by=editor)
    assert services.draft_knobs(placement=home, knobs={"exploration": 0.25}, seen=seen, by=owner).moved == {
        "exploration": 0.25
    }


def test_a_knob_moved_back_to_where_it_is_served_is_no_change(home):
    services.draft_knobs(placement=home, knobs={"exploration": 0.25}, by=None)
    assert services.draft_knobs(placement=home, knobs={"exploration": 0.1}, by=None).is_empty


def test_what_somebody_else_added_since_is_not_published_unseen(home, editor, owner):
    seen = gathered(home, editor)
    services.draft_rule(placement=home, rule=NEVER_LOUD, by=owner)
    with pytest.raises(errors.Conflict, match="changed meanwhile"):
        services.publish_draft(placement=home, revision=seen.revision, by=editor)
    assert served(home).version == 1


def test_what_somebody_else_added_since_is_not_thrown_away_unseen(home, editor, owner):
    seen = gathered(home, editor)
    services.draft_rule(placement=home, rule=NEVER_LOUD, by=owner)
    with pytest.raises(errors.Conflict):
        services.discard_draft(placement=home, revision=seen.revision, by=editor)
    assert proposal(home).count == 4


def test_a_page_of_a_draft_that_was_published_cannot_publish_the_next_one(home):
    old = gathered(home)
    services.publish_draft(placement=home, revision=old.revision, by=None)
    services.draft_rule(placement=home, rule=NEVER_LOUD, by=None)
    with pytest.raises(errors.Conflict):
        services.publish_draft(placement=home, revision=old.revision, by=None)


def test_a_draft_that_is_thrown_away_leaves_what_is_served_and_an_entry(home, editor):
    services.discard_draft(placement=home, revision=gathered(home).revision, by=editor)
    assert (proposal(home).is_empty, served(home).version) == (True, 1)
    entry = AuditEntry.objects.get(action="draft.discarded")
    assert (entry.actor, entry.detail["changes"]) == (
        editor,
        {"exploration": [0.25, 0.1], "diversity": [0.45, 0.3], "rules": [1, 0]},
    )


def test_an_empty_draft_is_not_published(home):
    with pytest.raises(errors.Conflict, match="changes nothing"):
        services.publish_draft(placement=home, revision=0, by=None)


def test_a_published_rule_goes_when_the_draft_is_published(home):
    services.publish_policy(placement=home, knobs={}, rules=[PIN, NEVER_LOUD], by=None)
    draft = services.draft_without_rule(placement=home, key=selectors.rule_key(PIN), by=None)
    assert (draft.removed, draft.rules) == ([PIN], [NEVER_LOUD])
    assert len(served(home).rules) == 2
    services.publish_draft(placement=home, revision=draft.revision, by=None)
    assert served(home).rules == [NEVER_LOUD]


def test_a_rule_that_was_to_go_may_stay_after_all(home):
    services.publish_policy(placement=home, knobs={}, rules=[PIN, NEVER_LOUD], by=None)
    services.draft_without_rule(placement=home, key=selectors.rule_key(PIN), by=None)
    assert services.draft_rule(placement=home, rule=PIN, by=None).is_empty


def test_a_drafted_rule_is_taken_out_again(home):
    services.draft_rule(placement=home, rule=PIN, by=None)
    assert services.draft_without_rule(placement=home, key=selectors.rule_key(PIN), by=None).is_empty


def test_a_rule_that_is_there_already_is_not_added_twice(home):
    services.draft_rule(placement=home, rule=PIN, by=None)
    with pytest.raises(errors.Conflict, match="already"):
        services.draft_rule(placement=home, rule=PIN, by=None)


def test_taking_out_a_rule_that_is_gone_says_so(home):
    with pytest.raises(errors.NotFound):
        services.draft_without_rule(placement=home, key=selectors.rule_key(PIN), by=None)


@pytest.mark.parametrize(("knobs", "field"), [({"exploration": 1.2}, "exploration"), ({"speed": 0.2}, "speed")])
def test_a_bad_knob_is_refused_by_name_and_not_drafted(home, knobs, field):
    with pytest.raises(errors.Invalid) as refusal:
        services.draft_knobs(placement=home, knobs=knobs, by=None)
    assert field in refusal.value.fields
    assert proposal(home).is_empty


def test_what_is_published_while_a_draft_waits_is_not_undone_by_it(home):
    """The winner of an experiment is published, say: the draft holds differences, and those alone."""
    draft = gathered(home)
    services.publish_policy(placement=home, knobs={**served(home).knobs, "novelty": 0.8}, rules=[NEVER_LOUD], by=None)
    services.publish_draft(placement=home, revision=draft.revision, by=None)
    now = served(home)
    assert (now.knobs["novelty"], now.knobs["exploration"]) == (0.8, 0.25)
    assert now.rules == [NEVER_LOUD, PIN]


@pytest.mark.django_db(transaction=True)
def test_of_changes_at_the_same_moment_none_is_lost(shop, home):
    brands = ("Loud", "Garish", "Shrill")
    changes = [partial(services.draft_rule, rule={"kind": "exclude", "match": {"brand": brand}}) for brand in brands]
    changes += [
        partial(services.draft_knobs, knobs={"novelty": 0.6}),
        partial(services.draft_knobs, knobs={"fairness": 0.7}),
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
    draft = proposal(home)
    assert {rule["match"]["brand"] for rule in draft.added} == set(brands)
    assert (draft.revision, draft.moved) == (5, {"novelty": 0.6, "fairness": 0.7})


def test_undo_serves_again_what_was_served_before_as_a_new_version(home, editor):
    policy = services.publish_draft(placement=home, revision=gathered(home).revision, by=editor)
    undone = services.undo_publish(placement=home, version=policy.version, by=editor)
    assert (undone.version, undone.origin, undone.origin_version) == (3, "undo", 1)
    assert (served(home).knobs["exploration"], served(home).rules) == (0.1, [])


def test_undoing_an_undo_serves_the_change_again(home):
    policy = services.publish_draft(placement=home, revision=gathered(home).revision, by=None)
    undone = services.undo_publish(placement=home, version=policy.version, by=None)
    again = services.undo_publish(placement=home, version=undone.version, by=None)
    assert (again.knobs, again.rules) == (policy.knobs, policy.rules)


def test_undo_does_not_undo_what_somebody_published_since(home, editor, owner):
    policy = services.publish_draft(placement=home, revision=gathered(home).revision, by=editor)
    services.publish_policy(placement=home, knobs={"exploration": 0.5}, rules=(), by=owner)
    with pytest.raises(errors.Conflict, match="Version 3 is published by now"):
        services.undo_publish(placement=home, version=policy.version, by=editor)
    assert served(home).knobs["exploration"] == 0.5


def test_the_first_version_has_nothing_before_it(home):
    with pytest.raises(errors.Conflict, match="Nothing was published before"):
        services.undo_publish(placement=home, version=1, by=None)


def test_undo_goes_back_to_what_was_served_before_not_to_the_number_before(home):
    """A variant that was drafted early and published late: its number is lower than that of the version before it."""
    variant = services.propose_policy(placement=home, knobs={"exploration": 0.9}, rules=(), by=None)
    services.publish_policy(placement=home, knobs={"exploration": 0.3}, rules=(), by=None)
    services.publish_version(policy=variant, by=None)
    assert services.undo_publish(placement=home, version=variant.version, by=None).knobs["exploration"] == 0.3


def test_another_shop_s_draft_does_not_exist(shop, home, other_shop):
    gathered(home)
    with shop_scope(other_shop.pk):
        from dashboard.policies.models import Draft

        assert not Draft.objects.exists()
