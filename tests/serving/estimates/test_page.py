"""“What would happen” on the page of a placement."""

import pytest
from django.urls import reverse

from dashboard.policies.selectors import placement_by_slug
from dashboard.policies.services import draft_knobs, ensure_default_placements
from tests.serving.conftest import set_policy
from tests.serving.estimates.served import serve_many, stock

pytestmark = pytest.mark.django_db


@pytest.fixture
def home(shop):
    stock(shop)
    ensure_default_placements(shop)
    set_policy(shop, exploration=0.6, diversity=0.2, explore_floor=0.05)
    return placement_by_slug(shop, "home")


def shown(client, home, who, **moved):
    client.force_login(who)
    return client.get(reverse("serving:estimate", args=[home.shop.slug, "home"]), moved).content.decode()


def test_a_moved_knob_is_told_with_its_range_and_may_be_tested(client, home, editor):
    serve_many(home.shop, 1_500)
    page = shown(client, home, editor, exploration="0.5")
    assert "1,000 slates" in page
    assert "Once published" in page and "Revenue of 1,000 slates" in page
    assert 'name="then" value="test"' in page
    assert "simulated" not in page


def test_who_only_looks_is_offered_no_test(client, home, viewer):
    serve_many(home.shop, 60)
    page = shown(client, home, viewer, exploration="0.5")
    assert "Too little data to say" in page and "more slates would do" in page
    assert 'value="test"' not in page


def test_without_a_change_it_says_what_to_do(client, home, editor):
    assert "Nothing is changed yet" in shown(client, home, editor)


def test_the_draft_counts_without_a_moved_knob(client, home, editor):
    draft_knobs(placement=home, knobs={"exploration": 0.3}, by=editor)
    page = shown(client, home, editor)
    assert "no slate of this placement has been served" in page


def test_the_page_asks_for_it_apart(client, home, editor):
    client.force_login(editor)
    page = client.get(reverse("policies:detail", args=[home.shop.slug, "home"])).content.decode()
    assert reverse("serving:estimate", args=[home.shop.slug, "home"]) in page
