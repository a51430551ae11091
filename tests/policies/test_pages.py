"""The placement pages: who sees and who changes what."""

import pytest
from django.urls import reverse

from dashboard.policies import selectors, services

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
    page = client.get(reverse("experiments:index", args=[shop.slug])).content.decode()
    assert '<option value="home" selected>' in page


def test_an_editor_publishes_and_the_knobs_left_out_stay(client, shop, home, editor):
    client.force_login(editor)
    before = published(home).knobs
    response = client.post(address(shop, "publish"), {"placement": "home", "exploration": "0.45"})
    assert response.status_code == 302
    assert published(home).knobs == {**before, "exploration": 0.45}
    assert published(home).created_by == editor


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("publish", {"exploration": "1"}),
        ("add-rule", {"kind": "exclude", "field": "brand", "value": "Loud"}),
        ("end-rule", {"rule": "0" * 16}),
        ("remove-rule", {"rule": "0" * 16}),
        ("roll-back", {"version": "1"}),
    ],
)
def test_a_viewer_changes_nothing(client, shop, home, viewer, name, sent):
    client.force_login(viewer)
    assert client.post(address(shop, name), sent).status_code == 403
    assert published(home).version == 1


@pytest.mark.parametrize("name", ["publish", "add-rule", "end-rule", "remove-rule", "roll-back"])
def test_an_outsider_finds_nothing_to_change(client, shop, home, outsider, name):
    client.force_login(outsider)
    assert client.post(address(shop, name), {"version": "1"}).status_code == 404


@pytest.mark.parametrize("value", ["1.5", "-0.1", "nan", "much"])
def test_a_knob_out_of_range_is_refused_in_words(client, shop, home, owner, value):
    client.force_login(owner)
    response = client.post(address(shop, "publish"), {"exploration": value})
    assert response.status_code == 400
    assert published(home).version == 1


def test_rolling_back_from_the_page_serves_the_old_knobs(client, shop, home, owner):
    services.publish_policy(placement=home, knobs={"exploration": 0.9}, rules=(), by=owner)
    client.force_login(owner)
    client.post(address(shop, "roll-back"), {"version": "1"})
    assert published(home).knobs["exploration"] == 0.1
    assert published(home).version == 3


def test_the_embed_tab_names_the_placement_and_the_publishable_key(client, shop, home, viewer):
    client.force_login(viewer)
    page = client.get(address(shop, "embed")).content.decode()
    assert "placement: &quot;home&quot;" in page or 'placement: "home"' in page
    assert "pk_" in page
