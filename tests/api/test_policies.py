"""Placements and their policies through the API: look, draft, publish, and what is served by then."""

import pytest

from dashboard.accounts.models import AuditEntry
from dashboard.accounts.services import issue_key
from dashboard.experiments.services import Terms, start_experiment
from dashboard.policies.selectors import placement_by_slug, policy_published_now
from dashboard.policies.services import ensure_default_placements, publish_policy
from tests.api.conftest import ApiClient

NEVER_LOUD = {"kind": "exclude", "match": {"brand": "Loud"}}


@pytest.fixture
def home(shop):
    return ensure_default_placements(shop)[0]


def draft(secret, **terms):
    answer = secret.post("/placements/home/policies", terms)
    assert answer.status_code == 201, answer.content
    return answer.json()


def versions(secret):
    return secret.get("/placements/home/policies").json()["policies"]


def test_a_shop_that_never_asked_has_the_placements_that_every_shop_has(secret):
    found = secret.get("/placements").json()["placements"]
    assert [entry["slug"] for entry in found] == ["home", "product", "cart", "email"]
    assert found[2] == {"slug": "cart", "name": "Basket", "slate_size": 6, "version": 1, "experiment": None}


def test_a_placement_is_added_and_answers_at_once(secret, shop):
    given = {"slug": "search", "name": "Search results", "slate_size": 12, "knobs": {"novelty": 0.4}}
    assert secret.post("/placements", given).status_code == 201
    assert secret.get("/placements/search").json()["slate_size"] == 12
    assert secret.post("/recommendations", {"placement": "search", "visitor_id": "v"}).status_code == 200
    knobs = policy_published_now(placement_by_slug(shop, "search")).knobs
    assert (knobs["novelty"], knobs["diversity"]) == (0.4, 0.3)


def test_a_slug_that_is_taken_is_a_conflict(secret):
    answer = secret.post("/placements", {"slug": "home", "name": "Another"})
    assert (answer.status_code, answer.json()["error"]["fields"]) == (409, {"slug": "taken"})


def test_a_placement_is_renamed_and_nothing_else_of_it_changes(secret, home):
    answer = secret.patch("/placements/home", {"name": "Front page"})
    assert answer.json() == {"slug": "home", "name": "Front page", "slate_size": 8, "version": 1, "experiment": None}
    entry = AuditEntry.objects.get(action="placement.changed")
    assert entry.detail["changes"] == {"name": ["Home", "Front page"]}


def test_the_size_of_slates_counts_from_the_next_request_on(secret, home):
    secret.post("/recommendations", {"placement": "home", "visitor_id": "v"})
    secret.patch("/placements/home", {"slate_size": 3})
    from dashboard.policies.selectors import published_policy

    assert published_policy(shop_id=home.shop_id, slug="home").slate_size == 3


@pytest.mark.parametrize("sent", [{"slate_size": 0}, {"slate_size": 101}, {"slug": "x"}, {"name": ""}])
def test_a_change_that_does_not_fit_is_refused_by_field(secret, home, sent):
    answer = secret.patch("/placements/home", sent)
    assert (answer.status_code, list(answer.json()["error"]["fields"])) == (400, list(sent))


def test_a_draft_serves_nobody_and_is_served_once_it_is_published(secret, home):
    made = draft(secret, knobs={"exploration": 0.4}, rules=[NEVER_LOUD], note="From the planner")
    assert (made["state"], made["served_share"], made["based_on"]) == ("draft", 0.0, 1)
    assert policy_published_now(home).version == 1
    answer = secret.post(f"/policies/{made['id']}/publish", {})
    assert (answer.status_code, answer.json()["state"], answer.json()["served_share"]) == (200, "published", 1.0)
    now = policy_published_now(home)
    assert (now.version, now.knobs["exploration"], now.knobs["diversity"], now.rules) == (2, 0.4, 0.3, [NEVER_LOUD])


def test_rules_that_a_draft_does_not_name_stay_and_an_empty_list_takes_them_out(secret, home):
    publish_policy(placement=home, knobs={}, rules=[NEVER_LOUD], by=None)
    assert draft(secret, knobs={"novelty": 0.2})["rules"] == [NEVER_LOUD]
    assert draft(secret, rules=[])["rules"] == []


def test_the_audit_trail_names_the_key_and_the_note(shop, client, home):
    key = issue_key(shop=shop, kind="sk", scopes=["placements"])
    made = draft(ApiClient(client, key.plain), knobs={"novelty": 0.2}, note="From the planner")
    ApiClient(client, key.plain).post(f"/policies/{made['id']}/publish", {"note": "Agreed by Ann"})
    entries = AuditEntry.objects.filter(shop=shop).order_by("pk")
    assert [(entry.action, entry.actor_label, entry.detail["note"]) for entry in entries] == [
        ("policy.drafted", key.record.prefix, "From the planner"),
        ("policy.published", key.record.prefix, "Agreed by Ann"),
    ]


def test_a_draft_does_not_undo_what_was_published_after_it_was_made(secret, home):
    made = draft(secret, knobs={"exploration": 0.4})
    publish_policy(placement=home, knobs={"exploration": 0.1, "novelty": 0.9}, rules=(), by=None)
    answer = secret.post(f"/policies/{made['id']}/publish", {})
    assert (answer.status_code, "made from version 1" in answer.json()["error"]["message"]) == (409, True)
    assert policy_published_now(home).knobs["novelty"] == 0.9


def test_an_earlier_version_is_served_again_as_a_new_one(secret, home):
    first = policy_published_now(home)
    publish_policy(placement=home, knobs={"exploration": 0.9}, rules=(), by=None)
    answer = secret.post(f"/policies/{first.pk}/publish", {"note": "Too bold"}).json()
    assert (answer["version"], answer["based_on"], answer["knobs"]["exploration"]) == (3, 1, 0.1)


def test_what_is_published_already_is_a_conflict(secret, home):
    assert secret.post(f"/policies/{policy_published_now(home).pk}/publish", {}).status_code == 409


def test_versions_say_what_share_of_visitors_they_serve_while_an_experiment_runs(secret, home):
    experiment = start_experiment(
        placement=home, treatment_knobs={"exploration": 0.6}, by=None, terms=Terms(traffic_share=0.5)
    )
    made = draft(secret, knobs={"novelty": 0.7})
    secret.post(f"/policies/{made['id']}/publish", {})
    shares = {entry["version"]: (entry["state"], entry["served_share"]) for entry in versions(secret)}
    assert shares == {3: ("published", 0.5), 2: ("variant", 0.25), 1: ("earlier", 0.25)}
    assert secret.get("/placements/home").json()["experiment"] == experiment.pk


def test_the_shares_are_those_of_fresh_visitors(secret, home):
    start_experiment(placement=home, treatment_knobs={"exploration": 0.6}, by=None, salt="fixed")
    made = draft(secret, knobs={"novelty": 0.7})
    secret.post(f"/policies/{made['id']}/publish", {})
    served = [
        secret.post("/recommendations", {"placement": "home", "visitor_id": f"fresh-{number}"}).json()["policy_version"]
        for number in range(60)
    ]
    for entry in versions(secret):
        assert served.count(entry["version"]) / 60 == pytest.approx(entry["served_share"], abs=0.2)
        assert (entry["served_share"] == 0) == (entry["version"] not in served)


def test_the_variant_of_an_experiment_is_published_with_it_alone(secret, home):
    experiment = start_experiment(placement=home, treatment_knobs={"exploration": 0.6}, by=None)
    variant = experiment.variants.get(key="B").policy_id
    answer = secret.post(f"/policies/{variant}/publish", {})
    assert (answer.status_code, "experiment" in answer.json()["error"]["message"]) == (409, True)


def test_a_long_list_comes_in_pages(secret, home):
    for step in range(4):
        publish_policy(placement=home, knobs={"novelty": 0.1 * step}, rules=(), by=None)
    first = secret.get("/placements/home/policies?limit=3").json()
    rest = secret.get(f"/placements/home/policies?limit=3&before={first['next']}").json()
    assert [entry["version"] for entry in first["policies"] + rest["policies"]] == [5, 4, 3, 2, 1]
    assert rest["next"] is None


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        ({"knobs": {"exploration": 2}}, "exploration"),
        ({"knobs": {"speed": 1}}, "speed"),
        ({"rules": [{"kind": "pin", "match": {"item_id": "mug"}}]}, "position"),
        ({"rules": [{"kind": "exclude", "match": {"brand": "a\0b"}}]}, "rules"),
        ({"knobs": {"fairness_attribute": "\ud800"}}, "body"),
        ({"knobs": {"exploration": 10**400}}, "body"),
        ({"publish": True}, "publish"),
    ],
)
def test_a_draft_that_does_not_fit_is_refused_by_field_and_not_stored(secret, home, terms, field):
    answer = secret.post("/placements/home/policies", terms)
    assert (answer.status_code, list(answer.json()["error"]["fields"])) == (400, [field])
    assert len(versions(secret)) == 1


def test_another_shop_s_placements_and_versions_are_not_found(other_secret, home):
    assert other_secret.post(f"/policies/{policy_published_now(home).pk}/publish", {}).status_code == 404


def test_a_publishable_key_opens_none_of_it(publishable, home):
    for path in ("/placements", "/placements/home", "/placements/home/policies"):
        assert publishable.get(path).status_code == 403
