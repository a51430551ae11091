"""The placement pages: who sees and who changes what."""

import pytest
from django.urls import reverse

from dashboard.policies import selectors, services
from recommender.slate import KNOB_NAMES
from tests.markup import one_line

TABS = ["detail", "rules", "versions", "embed"]


@pytest.fixture
def home(shop):
    return services.ensure_default_placements(shop)[0]


def address(shop, name, slug="home"):
    return reverse(f"policies:{name}", args=[shop.slug, slug])


def published(home):
    return selectors.policy_published_now(home)


@pytest.mark.parametrize("tab", TABS)
def test_a_viewer_reads_every_tab(client, shop, home, viewer, tab):
    client.force_login(viewer)
    assert client.get(address(shop, tab)).status_code == 200


@pytest.mark.parametrize("tab", TABS)
def test_a_placement_that_the_shop_lacks_is_a_404_that_names_those_it_has(client, shop, home, owner, tab):
    client.force_login(owner)
    response = client.get(address(shop, tab, "sidebar"))
    assert response.status_code == 404
    assert "home, product, cart, email" in response.content.decode()


def test_the_list_shows_the_default_placements_of_a_shop_that_never_asked_for_a_slate(client, shop, owner):
    client.force_login(owner)
    page = client.get(reverse("policies:index", args=[shop.slug])).content.decode()
    assert "Product page" in page
    assert "has not asked for a slate yet" in page


@pytest.mark.parametrize("tab", TABS)
def test_a_placement_of_a_new_shop_opens_before_the_list_was_seen(client, shop, owner, tab):
    client.force_login(owner)
    assert client.get(address(shop, tab)).status_code == 200


def test_a_new_shop_may_start_an_experiment_before_the_list_was_seen(client, shop, owner):
    client.force_login(owner)
    page = client.get(reverse("experiments:new", args=[shop.slug])).content.decode()
    assert '<option value="home" selected>' in page


def keep(client, shop, home, **moved):
    """Press “Keep in the draft” on a page that was drawn just now."""
    seen = {f"seen-{name}": selectors.proposal_of(home).knobs[name] for name in KNOB_NAMES}
    return client.post(address(shop, "keep-draft"), {**seen, **moved})


def confirmed(client, shop, home, note=""):
    """Press “Publish” in the dialog."""
    revision = selectors.proposal_of(home).revision
    return client.post(address(shop, "publish"), {"revision": revision, "note": note}, follow=True)


def test_a_moved_knob_is_kept_in_the_draft_and_serves_nobody(client, shop, home, editor):
    client.force_login(editor)
    before = published(home).knobs
    assert keep(client, shop, home, exploration="0.45", diversity=before["diversity"]).status_code == 302
    assert selectors.proposal_of(home).moved == {"exploration": 0.45}
    assert published(home).knobs == before
    page = client.get(address(shop, "detail")).content.decode()
    assert "1 change in the draft" in page
    assert "Exploration 0.10 → 0.45" in page


def test_the_dialog_repeats_the_verb_and_says_what_changes_what_stays_and_who_is_affected(client, shop, home, editor):
    client.force_login(editor)
    keep(client, shop, home, exploration="0.45", novelty="0.2")
    services.draft_rule(placement=home, rule={"kind": "exclude", "match": {"brand": "Loud"}}, by=editor)
    page = client.get(address(shop, "confirm"), headers={"HX-Request": "true"}).content.decode()
    assert "Publish 3 changes on Home?" in page
    for said in (
        "Exploration 0.10 → 0.45",
        "Novelty 0.00 → 0.20",
        "New rule: Never show items of the brand “Loud”",
        "The other knobs stay, and 0 rules.",
        "Every visitor is served with it from the next slate on.",
    ):
        assert said in page, said
    assert published(home).version == 1


def test_the_dialog_is_a_page_without_scripts(client, shop, home, editor):
    client.force_login(editor)
    keep(client, shop, home, exploration="0.45")
    page = client.get(address(shop, "confirm")).content.decode()
    assert "<html" in page
    assert 'name="note"' in page


def test_what_is_published_carries_its_note_and_can_be_undone_with_one_click(client, shop, home, editor):
    client.force_login(editor)
    keep(client, shop, home, exploration="0.45")
    page = confirmed(client, shop, home, note="Before Christmas").content.decode()
    assert published(home).knobs["exploration"] == 0.45
    assert "Version 2 is published." in page
    assert "“Before Christmas”" in page
    assert address(shop, "undo") in page
    client.post(address(shop, "undo"), {"version": "2"})
    assert (published(home).version, published(home).knobs["exploration"]) == (3, 0.1)
    versions = client.get(address(shop, "versions")).content.decode()
    assert "“Before Christmas”" in versions
    assert "Undone: as version 1" in versions


def test_an_old_address_does_not_offer_to_undo_what_somebody_else_published(client, shop, home, owner):
    services.publish_policy(placement=home, knobs={"exploration": 0.3}, rules=(), by=owner)
    client.force_login(owner)
    page = client.get(address(shop, "detail"), {"published": "1"}).content.decode()
    assert address(shop, "undo") not in page


def test_a_dialog_that_was_drawn_before_the_draft_changed_publishes_nothing_and_asks_again(client, shop, home, editor):
    client.force_login(editor)
    keep(client, shop, home, exploration="0.45")
    old = selectors.proposal_of(home).revision
    keep(client, shop, home, novelty="0.3")
    response = client.post(address(shop, "publish"), {"revision": old}, follow=True)
    assert "The draft was changed meanwhile" in response.content.decode()
    assert "Novelty 0.00 → 0.30" in response.content.decode()
    assert published(home).version == 1


def test_two_people_who_move_the_same_knob_see_each_other_s_value(client, shop, home, editor, owner):
    seen = {f"seen-{name}": published(home).knobs[name] for name in KNOB_NAMES}
    for person, value in ((editor, "0.25"), (owner, "0.7")):
        client.force_login(person)
        response = client.post(address(shop, "keep-draft"), {**seen, "exploration": value}, follow=True)
    page = response.content.decode()
    assert "Somebody moved the same knob in the draft meanwhile: Exploration 0.25" in page
    assert 'name="exploration"' in page and 'value="0.7"' in page
    assert selectors.proposal_of(home).moved == {"exploration": 0.25}


def test_the_draft_is_thrown_away_with_one_click_and_what_is_served_stays(client, shop, home, editor):
    client.force_login(editor)
    keep(client, shop, home, exploration="0.45")
    client.post(address(shop, "discard-draft"), {"revision": selectors.proposal_of(home).revision})
    assert (selectors.proposal_of(home).is_empty, published(home).version) == (True, 1)


def test_a_slider_that_only_rounds_a_value_has_not_moved_it(client, shop, home, editor):
    services.publish_policy(placement=home, knobs={"exploration": 0.333}, rules=(), by=editor)
    client.force_login(editor)
    keep(client, shop, home, exploration="0.33", novelty="0.2")
    assert selectors.proposal_of(home).moved == {"novelty": 0.2}


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("keep-draft", {"exploration": "1"}),
        ("discard-draft", {"revision": "0"}),
        ("publish", {"revision": "0"}),
        ("undo", {"version": "1"}),
        ("add-rule", {"kind": "exclude", "field": "brand", "value": "Loud"}),
        ("end-rule", {"rule": "0"}),
        ("remove-rule", {"rule": "0"}),
        ("keep-rule", {"rule": "0"}),
        ("roll-back", {"version": "1"}),
    ],
)
def test_a_viewer_changes_nothing(client, shop, home, viewer, name, sent):
    client.force_login(viewer)
    assert client.post(address(shop, name), sent).status_code == 403
    assert published(home).version == 1


@pytest.mark.parametrize(
    "name",
    ["keep-draft", "discard-draft", "publish", "undo", "add-rule", "end-rule", "remove-rule", "keep-rule", "roll-back"],
)
def test_an_outsider_finds_nothing_to_change(client, shop, home, outsider, name):
    client.force_login(outsider)
    assert client.post(address(shop, name), {"version": "1"}).status_code == 404


@pytest.mark.parametrize("value", ["1.5", "-0.1", "nan", "much"])
def test_a_knob_out_of_range_is_refused_in_words(client, shop, home, owner, value):
    client.force_login(owner)
    response = client.post(address(shop, "keep-draft"), {"exploration": value})
    assert response.status_code == 400
    assert selectors.proposal_of(home).is_empty


def test_going_back_is_asked_first_and_serves_the_old_knobs(client, shop, home, owner):
    services.publish_policy(placement=home, knobs={"exploration": 0.9}, rules=(), by=owner)
    client.force_login(owner)
    page = client.get(address(shop, "confirm"), {"version": "1"}).content.decode()
    assert "Go back to version 1 on Home?" in page
    assert "Exploration 0.90 → 0.10" in page
    client.post(address(shop, "roll-back"), {"version": "1", "published": "2"})
    assert published(home).knobs["exploration"] == 0.1
    assert published(home).version == 3


def test_going_back_does_not_undo_what_was_published_since_it_was_asked(client, shop, home, owner):
    for exploration in (0.9, 0.4):
        services.publish_policy(placement=home, knobs={"exploration": exploration}, rules=(), by=owner)
    client.force_login(owner)
    response = client.post(address(shop, "roll-back"), {"version": "1", "published": "2"}, follow=True)
    assert "Another version was published meanwhile" in response.content.decode()
    assert published(home).knobs["exploration"] == 0.4


def test_versions_are_told_apart_from_what_was_published_when_they_were_made(client, shop, home, owner):
    services.propose_policy(placement=home, knobs={"exploration": 0.9}, rules=(), by=None, origin="variant")
    services.publish_policy(placement=home, knobs={**published(home).knobs, "novelty": 0.4}, rules=(), by=owner)
    client.force_login(owner)
    page = client.get(address(shop, "versions")).content.decode()
    assert "Novelty 0.00 → 0.40" in page
    assert "Exploration 0.90 →" not in page


def test_the_page_of_versions_tells_all_that_the_published_one_holds(client, shop, home, owner):
    """A list of differences says of no version what it is."""
    rule = {"kind": "exclude", "match": {"brand": "Loud"}}
    services.publish_policy(placement=home, knobs={"diversity": 0.37}, rules=[rule], by=owner)
    services.change_knobs(placement=home, knobs={"exploration": 0.62}, by=owner)
    client.force_login(owner)
    page = one_line(client.get(address(shop, "versions")).content.decode())
    held = page[page.index("Knobs of version 3") :]
    assert "<b>0.62</b>" in held
    assert "<b>0.37</b>" in held
    assert "Loud" in held[held.index("Rules of version 3") :]


@pytest.mark.parametrize("revision", ["", "x", "-1", "99999999999"])
def test_a_made_up_revision_is_refused(client, shop, home, owner, revision):
    client.force_login(owner)
    assert client.post(address(shop, "publish"), {"revision": revision}).status_code == 400


@pytest.mark.parametrize("key", ["", "x", "0" * 16])
def test_a_made_up_rule_is_refused(client, shop, home, owner, key):
    client.force_login(owner)
    assert client.post(address(shop, "remove-rule"), {"rule": key}).status_code == 404


def test_the_embed_tab_names_the_placement_and_the_publishable_key(client, shop, home, viewer):
    client.force_login(viewer)
    page = client.get(address(shop, "embed")).content.decode()
    assert "placement: &quot;home&quot;" in page or 'placement: "home"' in page
    assert "pk_" in page
