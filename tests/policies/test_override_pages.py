"""The tab of overrides: whom a placement treats differently, and how that is changed in its draft."""

import pytest
from django.urls import reverse

from dashboard.audiences.services import create_audience, set_attributes
from dashboard.policies import selectors, services

pytestmark = pytest.mark.django_db


@pytest.fixture
def home(catalog):
    return selectors.placement_by_slug(catalog, "home")


@pytest.fixture
def audiences(catalog):
    made = {"British": 'attributes.country = "GB"', "Newcomers": "new = true"}
    return {name: create_audience(shop=catalog, name=name, expression=text, by=None).pk for name, text in made.items()}


def address(shop, name="overrides"):
    return reverse(f"policies:{name}", args=[shop.slug, "home"])


def body(response):
    return response.content.decode()


def test_overrides_gather_in_the_draft_and_say_what_they_change(client, catalog, home, owner, audiences):
    client.force_login(owner)
    assert "Every visitor is treated alike here." in body(client.get(address(catalog)))
    for name, exploration in (("British", "0.4"), ("Newcomers", "0.75")):
        client.post(
            address(catalog, "keep-override"),
            {"audience": audiences[name], "exploration": exploration, "diversity": ""},
        )
    page = body(client.get(address(catalog)))
    assert "Exploration 0.10 → <b>0.40</b>" in page
    assert "For Newcomers: Exploration 0.10 → 0.75" in page, "in the bar of the draft"
    assert page.index("British") < page.index("Newcomers")
    client.post(address(catalog, "override-earlier"), {"audience": audiences["Newcomers"]})
    wanted = selectors.proposal_of(home).overrides
    assert [entry["audience"] for entry in wanted] == [audiences["Newcomers"], audiences["British"]]
    client.post(address(catalog, "keep-override"), {"audience": audiences["British"], "novelty": "0.2"})
    assert selectors.proposal_of(home).overrides[1]["knobs"] == {"novelty": 0.2}
    client.post(address(catalog, "remove-override"), {"audience": audiences["British"]})
    assert len(selectors.proposal_of(home).overrides) == 1


def test_what_goes_with_the_draft_is_told_until_it_is_published(client, catalog, home, owner, audiences):
    services.draft_override(placement=home, audience_id=audiences["British"], knobs={"novelty": 0.2}, by=owner)
    services.publish_draft(placement=home, revision=selectors.proposal_of(home).revision, by=owner)
    client.force_login(owner)
    client.post(address(catalog, "remove-override"), {"audience": audiences["British"]})
    page = body(client.get(address(catalog)))
    assert "Goes when the draft is published: British." in page
    assert "Override goes: British" in page
    versions = body(client.get(address(catalog, "versions")))
    assert "For British: Novelty 0.00 → 0.20" in versions


def test_an_override_that_changes_nothing_and_one_of_nobody_are_refused(client, catalog, home, owner, audiences):
    client.force_login(owner)
    keep = address(catalog, "keep-override")
    assert client.post(keep, {"audience": audiences["British"], "exploration": ""}).status_code == 400
    assert client.post(keep, {"audience": 10**6, "exploration": "0.5"}).status_code == 400
    assert client.post(address(catalog, "remove-override"), {"audience": audiences["British"]}).status_code == 404


def test_a_viewer_looks_and_changes_nothing(client, catalog, home, viewer, audiences):
    client.force_login(viewer)
    assert "override-form" not in body(client.get(address(catalog)))
    for name in ("keep-override", "remove-override", "override-earlier", "add-override-rule", "remove-override-rule"):
        sent = {"audience": audiences["British"], "exploration": "0.5"}
        assert client.post(address(catalog, name), sent).status_code == 403


def test_the_preview_names_the_override_that_its_visitor_meets(client, catalog, home, owner, audiences):
    set_attributes(shop=catalog, visitor_id="ada", attributes={"country": "GB"})
    services.draft_override(placement=home, audience_id=audiences["British"], knobs={"novelty": 0.2}, by=owner)
    client.force_login(owner)
    preview = reverse("serving:preview", args=[catalog.slug, "home"])
    assert "meets the override for British" in body(client.get(preview, {"visitor_id": "ada"}))
    assert "meets the override" not in body(client.get(preview, {"visitor_id": "bob"}))


RULE = {"kind": "bury", "field": "categories", "value": "kitchen"}


def test_an_override_lets_rules_act_for_its_audience(client, catalog, home, owner, audiences):
    client.force_login(owner)
    chosen = client.post(address(catalog, "keep-override"), {"audience": audiences["British"], "then": "rules"})
    assert chosen.url.endswith(f"?edit={audiences['British']}#override-rules")
    assert not selectors.proposal_of(home).overrides, "nothing is changed yet"
    page = body(client.get(chosen.url))
    assert "Rules for British" in page
    client.post(address(catalog, "add-override-rule"), {**RULE, "audience": audiences["British"]})
    (override,) = selectors.proposal_of(home).overrides
    (rule,) = override["rules"]
    assert (override["knobs"], rule["kind"], rule["match"]) == ({}, "bury", {"categories": "Kitchen"})
    assert "Lower" in body(client.get(chosen.url))
    client.post(address(catalog, "keep-override"), {"audience": audiences["British"], "novelty": "0.2"})
    assert selectors.proposal_of(home).overrides[0]["rules"] == [rule], "knobs leave rules alone"
    sent = {"audience": audiences["British"], "rule": selectors.rule_key(rule)}
    client.post(address(catalog, "remove-override-rule"), sent)
    assert selectors.proposal_of(home).overrides[0]["rules"] == []
    assert client.post(address(catalog, "remove-override-rule"), sent).status_code == 404


def test_an_override_whose_last_rule_goes_is_gone(client, catalog, home, owner, audiences):
    client.force_login(owner)
    client.post(address(catalog, "add-override-rule"), {**RULE, "audience": audiences["British"]})
    client.post(address(catalog, "keep-override"), {"audience": audiences["British"], "novelty": ""})
    key = selectors.rule_key(selectors.proposal_of(home).overrides[0]["rules"][0])
    client.post(address(catalog, "remove-override-rule"), {"audience": audiences["British"], "rule": key})
    assert selectors.proposal_of(home).overrides == []


def test_a_doubtful_rule_of_an_override_is_asked_first(client, catalog, home, owner, audiences):
    client.force_login(owner)
    nothing = {"kind": "exclude", "field": "brand", "value": "Nobody", "audience": audiences["British"]}
    asked = client.post(address(catalog, "add-override-rule"), nothing)
    assert asked.status_code == 409
    assert "Do you want it so?" in body(asked)
    client.post(address(catalog, "add-override-rule"), {**nothing, "confirmed": "matches_nothing"})
    assert len(selectors.proposal_of(home).overrides[0]["rules"]) == 1
    assert client.post(address(catalog, "add-override-rule"), {**RULE, "audience": 10**6}).status_code == 400


def test_the_tab_tells_which_override_a_visitor_meets(client, catalog, home, owner, audiences):
    for name in ("Newcomers", "British"):
        services.draft_override(placement=home, audience_id=audiences[name], knobs={"novelty": 0.2}, by=owner)
    set_attributes(shop=catalog, visitor_id="ada", attributes={"country": "GB"})
    client.force_login(owner)
    page = body(client.get(address(catalog), {"visitor_id": "ada"}))
    assert "<b>ada</b> meets the override for <b>Newcomers</b>" in page
    assert "The visitor is in it too; the first acts, alone." in page
    client.post(address(catalog, "remove-override"), {"audience": audiences["Newcomers"]})
    assert "for <b>British</b>" in body(client.get(address(catalog), {"visitor_id": "ada"}))
    assert "<b>bob</b> meets no override" in body(client.get(address(catalog), {"visitor_id": "bob"}))
