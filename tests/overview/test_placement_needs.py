"""What needs the merchant of placements: those that show too little, and rules that do nothing."""

import pytest
from django.urls import reverse

from dashboard.catalog.models import Item
from dashboard.overview.needs import inbox
from dashboard.overview.services import put_off
from dashboard.policies.models import Placement
from dashboard.policies.selectors import policy_published_now, rule_key
from dashboard.policies.services import ensure_default_placements
from tests.serving.conftest import add_catalog, ask, ids, set_policy


@pytest.fixture
def catalog(shop):
    """8 products in stock; the default slates hold 8 or 6."""
    add_catalog(shop)
    ensure_default_placements(shop)
    return shop


def lines(shop):
    return {need.title: need for need in inbox(shop).open}


def key_of_first(shop):
    placement = Placement.objects.get(shop=shop, slug="home")
    return rule_key(policy_published_now(placement).rules[0])


def rules_page(shop):
    return reverse("policies:rules", args=[shop.slug, "home"])


def test_placements_that_can_fill_their_slates_need_nothing(catalog):
    set_policy(catalog, rules=[{"kind": "boost", "match": {"brand": "Glow"}}])
    assert not [need for need in inbox(catalog).open if need.icon in ("placements", "pin")]


def test_a_placement_that_a_rule_has_emptied_is_told_while_it_serves_nothing(catalog):
    set_policy(catalog, rules=[{"kind": "include_only", "match": {"brand": "Nobody"}}])
    assert ids(ask(catalog)) == []
    need = lines(catalog)["“Home” shows nothing"]
    assert need.href == f"{rules_page(catalog)}#rule-{key_of_first(catalog)}"
    Item.objects.filter(shop=catalog).update(brand="Nobody")
    assert len(ids(ask(catalog))) == 8
    assert "“Home” shows nothing" not in lines(catalog)


def test_a_placement_with_fewer_items_than_places_says_how_many(catalog):
    set_policy(catalog, rules=[{"kind": "include_only", "match": {"brand": "Digwell"}}])
    assert len(ids(ask(catalog))) == 3
    assert "“Home” has only 3 products for 8 places" in lines(catalog)


def test_a_catalog_that_is_sold_out_is_no_rule_s_fault(catalog):
    Item.objects.filter(shop=catalog).exclude(item_id__in=["fork", "spade"]).update(in_stock=False)
    need = lines(catalog)["“Home” has only 2 products for 8 places"]
    assert need.href == reverse("catalog:index", args=[catalog.slug])


def test_rules_that_do_nothing_are_counted_by_placement(catalog):
    set_policy(
        catalog,
        rules=[
            {"kind": "pin", "match": {"item_id": "no-such-item"}, "position": 1},
            {"kind": "pin", "match": {"item_id": "rare"}, "position": 2},
            {"kind": "pin", "match": {"item_id": "gone"}, "position": 3, "ends_at": "2026-01-01"},
            {"kind": "pin", "match": {"item_id": "soon"}, "position": 3, "starts_at": "2125-01-01"},
        ],
    )
    assert lines(catalog)["2 rules of “Home” do nothing"].href == rules_page(catalog)


def test_what_is_put_off_comes_back_when_another_rule_does_nothing(catalog, owner):
    wrong = {"kind": "pin", "match": {"item_id": "no-such-item"}, "position": 1}
    set_policy(catalog, rules=[wrong])
    put_off(shop=catalog, key=lines(catalog)["1 rule of “Home” does nothing"].key, days=7, actor=owner)
    assert "1 rule of “Home” does nothing" not in lines(catalog)
    set_policy(catalog, rules=[{**wrong, "match": {"item_id": "nor-this"}}])
    assert "1 rule of “Home” does nothing" in lines(catalog)


def test_a_shop_without_a_catalog_is_left_alone(shop):
    ensure_default_placements(shop)
    assert not [need for need in inbox(shop).open if need.icon in ("placements", "pin")]
