"""Experiments through the API: drafted, started, ended, and what is served by then."""

import pytest

from dashboard.accounts.models import AuditEntry
from dashboard.experiments.models import Experiment
from dashboard.policies.selectors import policy_published_now
from dashboard.policies.services import ensure_default_placements

BOLD = {"placement": "home", "knobs": {"exploration": 0.7}, "planned_visitors": 900}


@pytest.fixture
def home(shop):
    return ensure_default_placements(shop)[0]


def slate_of(secret, visitor="v1"):
    return secret.post("/recommendations", {"placement": "home", "visitor_id": visitor}).json()


@pytest.fixture
def draft(secret, home):
    answer = secret.post("/experiments", {**BOLD, "name": "Bolder"})
    assert answer.status_code == 201, answer.content
    return answer.json()


def test_a_draft_serves_nobody_until_it_is_started(secret, draft):
    assert (draft["state"], draft["planned_visitors"]) == ("draft", 900)
    assert slate_of(secret)["variant"] is None
    assert secret.post(f"/experiments/{draft['id']}/start").json()["state"] == "running"
    assert slate_of(secret)["variant"] in ("A", "B")


def test_what_is_changed_by_a_key_is_in_the_audit_trail_under_its_name(secret, draft):
    secret.post(f"/experiments/{draft['id']}/start")
    secret.post(f"/experiments/{draft['id']}/stop", {"decision": "Christmas is near."})
    entries = AuditEntry.objects.filter(action__startswith="experiment.").order_by("pk")
    assert [entry.action for entry in entries] == ["experiment.created", "experiment.started", "experiment.stopped"]
    assert {entry.actor_label for entry in entries} == {secret.key[: len(entries[0].actor_label)]}
    assert entries[2].detail["note"] == "Christmas is near."


def test_stopping_keeps_what_is_published_and_shipping_publishes_b(secret, draft, home):
    secret.post(f"/experiments/{draft['id']}/start")
    answer = secret.post(f"/experiments/{draft['id']}/ship", {"decision": "Clear enough."})
    assert (answer.json()["state"], answer.json()["decision"]) == ("shipped", "Clear enough.")
    assert policy_published_now(home).knobs["exploration"] == 0.7
    assert secret.post(f"/experiments/{draft['id']}/stop", {}).status_code == 409


def test_a_risk_is_named_by_its_key_and_accepted_by_it(secret, draft, home):
    secret.post(f"/experiments/{draft['id']}/start")
    for number in range(6):
        slate_of(secret, f"v{number}")
    refused = secret.post(f"/experiments/{draft['id']}/ship", {})
    risks = secret.get(f"/experiments/{draft['id']}/results").json()["risks"]
    assert (refused.status_code, bool(risks)) == (409, True)
    assert refused.json()["error"]["fields"] == {risk["key"]: risk["sentence"] for risk in risks}
    accepted = [risk["key"] for risk in risks]
    assert secret.post(f"/experiments/{draft['id']}/ship", {"accepted": accepted}).status_code == 200


def test_the_plan_follows_from_the_metric_where_no_number_is_given(secret, home):
    given = {key: value for key, value in BOLD.items() if key != "planned_visitors"}
    small, large = (
        secret.post("/experiments", {**given, "change": change}).json()["planned_visitors"] for change in (0.5, 0.05)
    )
    assert large > 20 * small


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"knobs": {"exploration": 7}}, "exploration"),
        ({"primary_metric": "luck"}, "primary_metric"),
        ({"traffic_share": 0}, "traffic_share"),
        ({"policy": 5}, "policy"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_what_does_not_fit_is_refused_by_field_and_nothing_is_drafted(secret, home, given, field):
    answer = secret.post("/experiments", {**BOLD, **given})
    assert answer.status_code == 400
    assert any(field in name for name in answer.json()["error"]["fields"])
    assert not Experiment.objects.exists()


def test_experiments_of_a_group_get_slices_that_do_not_meet(secret, home):
    made = [
        secret.post("/experiments", {**BOLD, "placement": slug, "exclusion_group": "Winter", "group_share": 0.4}).json()
        for slug in ("home", "product")
    ]
    for each in made:
        secret.post(f"/experiments/{each['id']}/start")
    slices = sorted(Experiment.objects.values_list("group_start", "group_end"))
    assert slices == [(0.0, 0.4), (0.4, 0.8)]


DESIGN = {
    "placement": "home",
    "planned_visitors": 900,
    "variants": [
        {"knobs": {"exploration": 0.7}, "share": 0.25, "name": "Bold"},
        {"shows_nothing": True, "share": 0.25},
    ],
}


def test_several_variants_are_designed_and_run(secret, home):
    made = secret.post("/experiments", DESIGN).json()
    described = [(each["key"], each["name"], each["weight"], each["shows_nothing"]) for each in made["variants"]]
    assert described == [("A", "v1", 0.5, False), ("B", "Bold", 0.25, False), ("C", "No recommendations", 0.25, True)]
    assert secret.post(f"/experiments/{made['id']}/start").json()["state"] == "running"
    met = {slate_of(secret, f"v{number}")["variant"] for number in range(60)}
    assert met == {"A", "B", "C"}


def test_more_variants_need_more_visitors_for_the_same_change(secret, home):
    given = {key: value for key, value in DESIGN.items() if key != "planned_visitors"}
    three = secret.post("/experiments", given).json()["planned_visitors"]
    two = secret.post("/experiments", {**given, "variants": DESIGN["variants"][:1]}).json()["planned_visitors"]
    assert three > 1.5 * two


def test_an_aa_test_has_two_variants_of_what_is_published(secret, home):
    made = secret.post("/experiments", {"placement": "home", "planned_visitors": 900, "is_aa": True}).json()
    assert (made["is_aa"], [each["policy_version"] for each in made["variants"]]) == (True, [1, 1])


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"variants": []}, "variants"),
        ({"variants": [{"shows_nothing": True, "knobs": {"exploration": 0.7}}]}, "variants"),
        ({"variants": [{"knobs": {"exploration": 0.7}, "share": 1}]}, "variants"),
        ({"variants": [{"shows_nothing": True}] * 8}, "variants"),
        ({"is_aa": True}, "is_aa"),
        ({"ends_at": "2020-01-01T00:00:00Z"}, "ends_at"),
        ({"starts_at": "2020-01-01T00:00:00Z"}, "starts_at"),
        ({"ramp": [{"day": 0, "share": 0.5}, {"day": 1, "share": 0.2}]}, "ramp"),
        ({"ramp": [{"day": 0, "share": 0.05}, {"day": 1, "share": 0.2}]}, "ramp"),
    ],
)
def test_a_design_that_does_not_fit_is_refused_by_field(secret, home, given, field):
    answer = secret.post("/experiments", {**DESIGN, **given})
    assert answer.status_code == 400, answer.content
    assert any(field in name for name in answer.json()["error"]["fields"])
    assert not Experiment.objects.exists()
