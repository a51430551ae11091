"""The catalog page: search, gaps, and a feed from a file."""

import pytest
from django.urls import reverse

from dashboard.catalog.services import upsert_items

pytestmark = pytest.mark.django_db


@pytest.fixture
def open_page(client, shop, owner):
    client.force_login(owner)

    def open_(query=""):
        return client.get(reverse("catalog:index", args=[shop.slug]) + query)

    return open_


def shown(response):
    return [item.item_id for item in response.context["page"].items]


def test_an_empty_catalog_says_how_to_send_items(open_page):
    assert "/api/v1/items" in open_page().content.decode()


def test_items_are_found_by_every_word(open_page, shop):
    upsert_items(shop=shop, raw_items=[{"item_id": "a", "title": "Red mug"}, {"item_id": "b", "title": "Blue mug"}])
    assert shown(open_page("?q=mug+red")) == ["a"]
    assert "No item fits" in open_page("?q=teapot").content.decode()


def test_gaps_are_counted_and_lead_to_their_items(open_page, shop):
    whole = {"item_id": "a", "title": "A", "categories": ["K"], "price": 1}
    upsert_items(shop=shop, raw_items=[whole, {"item_id": "b", "title": "B"}])
    page = open_page().context["page"]
    assert (page.health.items, page.health.complete, page.health.lacking["price"]) == (2, 1, 1)
    assert shown(open_page("?lacking=price")) == ["b"]


def test_the_sample_shop_names_where_its_data_is_from(client, shop, owner):
    upsert_items(shop=shop, raw_items=[{"item_id": "mug", "title": "A mug"}])
    client.force_login(owner)
    address = reverse("catalog:index", args=[shop.slug])
    assert "10.24432/C5BW33" not in client.get(address).content.decode()
    shop.is_sample = True
    shop.save()
    assert "10.24432/C5BW33" in client.get(address).content.decode()
