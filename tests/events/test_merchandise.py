"""Postage is found by catalog and sales, left out of everything, and the merchant has the last word."""

import pytest
from django.urls import reverse

from dashboard.catalog.models import Item
from dashboard.catalog.servable import servable_items
from dashboard.catalog.services import say_merchandise, upsert_items
from dashboard.events.services import look_for_non_merchandise, record_events
from dashboard.overview.needs import inbox
from dashboard.training.services import snapshot

pytestmark = pytest.mark.django_db

GOODS = [f"{number}A" for number in range(10_000, 10_250)]


@pytest.fixture
def catalog(shop):
    goods = [{"item_id": item_id, "title": f"Mug {item_id}"} for item_id in GOODS]
    booked = [{"item_id": "POST", "title": "POSTAGE"}, {"item_id": "10500A", "title": "Carriage"}]
    upsert_items(shop=shop, raw_items=[*goods, *booked])
    record_events(
        shop=shop,
        raw=[
            {
                "event_id": f"{number}-{item_id}",
                "type": "purchase",
                "visitor_id": f"v{number}",
                "order_id": f"o{number}",
                "items": [{"item_id": item_id, "price": price, "quantity": 1}],
                "currency": "GBP",
            }
            for number in range(12)
            for item_id, price in (("POST", 3 + 2 * number), ("10500A", 50), (GOODS[number % 3], 4))
        ],
        key_kind="sk",
    )
    return shop


def states(shop):
    return dict(Item.objects.filter(shop=shop).exclude(merchandise="").values_list("item_id", "merchandise"))


def test_what_is_sure_is_left_out_and_what_is_doubtful_is_asked_about(catalog):
    assert look_for_non_merchandise(shop=catalog) == 1
    assert states(catalog) == {"POST": "found", "10500A": "doubtful"}
    assert set(servable_items(catalog.pk, ["POST", "10500A", GOODS[0]])) == {"10500A", GOODS[0]}


def test_a_training_learns_nothing_of_it(catalog):
    before = snapshot.counts(shop=catalog)
    look_for_non_merchandise(shop=catalog)
    after = snapshot.counts(shop=catalog)
    assert before["interactions"] - after["interactions"] == 12
    assert before["items"] - after["items"] == 1


def test_what_a_merchant_says_holds_at_once_and_is_not_asked_again(catalog, owner):
    look_for_non_merchandise(shop=catalog)
    say_merchandise(shop=catalog, item_id="POST", is_merchandise=True, said_by=owner)
    say_merchandise(shop=catalog, item_id="10500A", is_merchandise=False, said_by=owner)
    assert look_for_non_merchandise(shop=catalog) == 0
    assert states(catalog) == {"POST": "sold", "10500A": "booked"}
    assert set(servable_items(catalog.pk, ["POST", "10500A"])) == {"POST"}


def test_a_feed_that_names_it_again_does_not_bring_it_back(catalog):
    look_for_non_merchandise(shop=catalog)
    upsert_items(shop=catalog, raw_items=[{"item_id": "POST", "title": "POSTAGE AND PACKING"}])
    assert not Item.objects.get(shop=catalog, item_id="POST").is_merchandise


def test_an_item_that_got_a_name_of_goods_is_merchandise_again(catalog):
    look_for_non_merchandise(shop=catalog)
    upsert_items(shop=catalog, raw_items=[{"item_id": "POST", "title": "Post box, red"}])
    assert look_for_non_merchandise(shop=catalog) == 0
    assert Item.objects.get(shop=catalog, item_id="POST").is_merchandise


def test_the_inbox_asks_until_all_is_said(catalog, owner):
    look_for_non_merchandise(shop=catalog)
    assert "2 items look like no merchandise" in [need.title for need in inbox(catalog).open]
    for item_id in ("POST", "10500A"):
        say_merchandise(shop=catalog, item_id=item_id, is_merchandise=False, said_by=owner)
    assert not [need for need in inbox(catalog).open if need.key == "merchandise"]


def test_the_page_says_what_is_left_out_and_takes_the_merchants_word(catalog, client, owner):
    look_for_non_merchandise(shop=catalog)
    client.force_login(owner)
    page = client.get(reverse("catalog:merchandise", args=[catalog.slug])).content.decode()
    assert "<b>1 item</b> is left out" in page
    assert "£5" in page
    client.post(reverse("catalog:say-merchandise", args=[catalog.slug]), {"item": "POST", "is_merchandise": "yes"})
    page = client.get(reverse("catalog:merchandise", args=[catalog.slug])).content.decode()
    assert "Nothing is left out" in page
    assert set(servable_items(catalog.pk, ["POST"])) == {"POST"}


def test_a_viewer_reads_and_changes_nothing(catalog, client, viewer):
    look_for_non_merchandise(shop=catalog)
    client.force_login(viewer)
    assert "We sell it" not in client.get(reverse("catalog:merchandise", args=[catalog.slug])).content.decode()
    said = client.post(
        reverse("catalog:say-merchandise", args=[catalog.slug]), {"item": "POST", "is_merchandise": "yes"}
    )
    assert said.status_code == 403
    assert states(catalog)["POST"] == "found"
