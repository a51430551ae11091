"""The page of an item says what the rows say: sold, shown, clicked, and which rules touch it."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.cache import cache
from django.urls import reverse

from dashboard.catalog.services import upsert_items
from dashboard.core import clock, ids
from dashboard.events.services import record_events, record_exposure
from dashboard.policies.selectors import placement_by_slug, proposal_of
from dashboard.policies.services import add_rule, placements_at_hand
from dashboard.serving.item_figures import item_figures

pytestmark = pytest.mark.django_db
MUG = "cups/mug 7"  # an id from outside may look like an address


@pytest.fixture(autouse=True)
def catalog(shop):
    cache.clear()
    upsert_items(
        shop=shop,
        raw_items=[
            {"item_id": MUG, "title": "Blue mug", "categories": ["Cups"], "brand": "Loud", "price": 9},
            {"item_id": "tin", "title": "Red tin", "categories": ["Tins"], "price": 4},
        ],
    )
    return placements_at_hand(shop)


@pytest.fixture
def page(client, shop, owner):
    def see(name="item", item_id=MUG, user=owner, of=shop):
        client.force_login(user)
        return client.get(reverse(f"serving:{name}", args=[of.slug, item_id]))

    return see


def served(shop, *item_ids, placement="home", **columns):
    slate = ids.time_ordered_uuid()
    items = [{"item_id": item_id, "position": n, "explore": n == 2} for n, item_id in enumerate(item_ids, start=1)]
    record_exposure(
        shop_id=shop.pk,
        recommendation_id=slate,
        placement=placement,
        visitor_id="v",
        served_at=clock.now() - timedelta(minutes=5),
        policy_version=1,
        policy_hash="0",
        temperature=0.0,
        seed=1,
        items=items,
        **columns,
    )
    return str(slate)


def happened(shop, event_id, kind, item_id=MUG, **fields):
    event = {"event_id": event_id, "type": kind, "item_id": item_id, "visitor_id": "v", **fields}
    assert not record_events(shop=shop, raw=[event]).rejected


def flat(response):
    assert response.status_code == 200, response.content
    return " ".join(response.content.decode().split())


def test_the_sentence_counts_orders_money_slots_and_clicks(shop, page):
    slates = [served(shop, "tin", MUG), served(shop, MUG), served(shop, "tin", placement="cart")]
    happened(shop, "c", "select_item", recommendation_id=slates[0])
    happened(shop, "p", "purchase", value=18, currency="GBP", order_id="o1", recommendation_id=slates[0])
    html = flat(page("item-details"))
    assert "<b>1 order</b> brought <b>£18</b> in the last 28 days." in html
    assert "It filled 2 slots of slates, and <b>50.0%</b> of those were clicked." in html


def test_figures_are_told_by_placement_with_mean_position_and_what_was_explored(shop):
    for item_ids in [("tin", MUG), (MUG,), (MUG,)]:
        served(shop, *item_ids)
    served(shop, MUG, placement="cart")
    home, cart = item_figures(shop, MUG).shown
    assert (home.placement, home.slots, home.explored) == ("home", 3, 1)
    assert home.position == pytest.approx(4 / 3)
    assert (cart.placement, cart.slots) == ("cart", 1)


def test_what_came_long_ago_does_not_count(shop):
    event = {"event_id": "p", "type": "purchase", "item_id": MUG, "visitor_id": "v", "value": 18}
    long_ago = (clock.now() - timedelta(days=40)).isoformat()
    record_events(shop=shop, raw=[{**event, "timestamp": long_ago}], any_age=True)
    assert item_figures(shop, MUG).revenue == Decimal(0)


def test_another_shops_rows_are_not_counted(shop, other_shop):
    upsert_items(shop=other_shop, raw_items=[{"item_id": MUG, "title": "Theirs"}])
    served(other_shop, MUG)
    happened(other_shop, "p", "purchase", value=18)
    figures = item_figures(shop, MUG)
    assert (figures.orders, figures.slots) == (0, 0)


def test_rules_that_touch_it_are_named_and_others_are_not(shop, catalog, page):
    add_rule(placement=catalog[0], rule={"kind": "exclude", "match": {"brand": "Loud"}}, by=None)
    add_rule(placement=catalog[0], rule={"kind": "exclude", "match": {"category": "Tins"}}, by=None)
    rules = flat(page()).split("Rules that touch it")[1].split("</section>")[0]
    assert "Loud" in rules
    assert "Tins" not in rules


@pytest.mark.parametrize(("kind", "more"), [("pin", {"position": 1}), ("exclude", {})])
def test_pinning_and_keeping_out_go_into_the_draft_and_change_nothing_yet(client, shop, editor, kind, more):
    client.force_login(editor)
    sent = {"placement": "home", "item_id": MUG, "kind": kind}
    answer = client.post(reverse("serving:item-rule", args=[shop.slug]), sent)
    assert answer.status_code == 302
    proposal = proposal_of(placement_by_slug(shop, "home"))
    (rule,) = proposal.added
    assert rule == rule | {"kind": kind, "match": {"item_id": MUG}} | more
    assert proposal.published.rules == []


def test_a_viewer_sees_no_buttons_and_may_not_send_them(client, shop, viewer, page):
    assert "Pin to position 1" not in flat(page(user=viewer))
    sent = {"placement": "home", "item_id": MUG, "kind": "pin"}
    assert client.post(reverse("serving:item-rule", args=[shop.slug]), sent).status_code == 403


def test_nonsense_is_refused_in_words(client, shop, editor):
    client.force_login(editor)
    answer = client.post(reverse("serving:item-rule", args=[shop.slug]), {"placement": "home", "kind": "boost"})
    assert answer.status_code == 400
    assert "Choose a placement" in answer.content.decode()


@pytest.mark.parametrize("name", ["item", "item-details"])
def test_an_item_that_is_not_there_is_a_404(shop, other_shop, page, name):
    upsert_items(shop=other_shop, raw_items=[{"item_id": "theirs", "title": "Theirs"}])
    assert page(name, "theirs").status_code == 404


def test_an_exact_id_in_the_search_opens_the_page(client, shop, owner):
    client.force_login(owner)
    answer = client.get(reverse("overview:search", args=[shop.slug]), {"q": MUG})
    assert answer["Location"] == reverse("serving:item", args=[shop.slug, MUG])
    happened(shop, "e", "view_item")
    answer = client.get(reverse("overview:search", args=[shop.slug]), {"q": "v"})
    assert answer["Location"] == reverse("serving:visitor", args=[shop.slug, "v"])
