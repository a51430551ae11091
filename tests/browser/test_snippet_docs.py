"""What a developer copies works in a shop's pages: the examples of docs/api.md and the lines of the first steps."""

import html
import re

import pytest
from django.test import Client

from dashboard.catalog.models import Item
from dashboard.events.models import Exposure, Interaction
from tests.api.guide import examples, filled
from tests.serving.conftest import add_item


@pytest.fixture
def copied(site, shop):
    """Puts the shop's key and Forage's address into an example."""
    add_item(shop, "mug-1", title="Heart mug")
    return lambda example: filled(example, FORAGE=site.forage, PUBLISHABLE_KEY=site.key)


def events():
    return sorted(Interaction.objects.values_list("type", "item_id"))


def test_the_page_of_the_guide_asks_draws_and_counts(site, shoppers, copied):
    (page,) = examples("html")
    (consent,) = examples("javascript", "forage.consent")
    site.files["/product/mug-1"] = ("text/html", copied(page))
    site.files["/consent.js"] = ("text/javascript", consent)
    shopper = shoppers()
    shopper.open(f"{site.address}/product/mug-1")
    shopper.shown()
    assert Exposure.objects.get().visitor_id == ""
    shopper.page.click("#yes")
    shopper.eventually(lambda: events() == [("view_item", "mug-1")])
    shopper.page.click("main button")
    shopper.eventually(lambda: events() == [("add_to_cart", "mug-1"), ("view_item", "mug-1")])
    assert shopper.page.locator("article").count() == 4
    link = shopper.page.locator("article a").first
    shown = Exposure.objects.exclude(visitor_id="").get().items
    assert "mug-1" not in {item["item_id"] for item in shown}
    assert link.get_attribute("href") == f"{site.address}/product/{shown[0]['item_id']}"
    assert shopper.page.inner_text("h2") == "You may also like"


def test_the_beacon_of_the_guide_arrives_without_a_preflight(site, shoppers, copied):
    (beacon,) = examples("javascript", "sendBeacon")
    shopper = shoppers()
    shopper.open(f"{site.address}/")
    shopper.page.evaluate(copied(beacon))
    shopper.eventually(lambda: events() == [("view_item", "mug-1")])
    assert [request.method for request in shopper.requests if site.forage in request.url] == ["POST"]


def test_the_fetch_of_the_guide_gets_a_slate_from_another_origin(site, shoppers, copied):
    (fetch,) = examples("javascript", "fetch(")
    site.files["/module.js"] = ("text/javascript", copied(fetch))
    site.files["/"] = ("text/html", '<!doctype html><script type="module" src="/module.js"></script>')
    shopper = shoppers()
    shopper.open(f"{site.address}/")
    slate = shopper.eventually(lambda: Exposure.objects.filter(placement="cart").first())
    shopper.eventually(lambda: len(shopper.said) == len(slate.items))
    assert shopper.said[0].startswith(f"1 {slate.items[0]['item_id']} ")
    assert "mug-1" not in {item["item_id"] for item in slate.items}


def test_the_lines_of_the_first_steps_work_as_they_stand(site, shoppers, copied, shop, owner):
    client = Client()
    client.force_login(owner)
    steps = client.get(f"/shops/{shop.slug}/", headers={"host": site.forage.removeprefix("http://")}).content.decode()
    lines = html.unescape(re.search(r'<pre class="code" id="code-snippet"[^>]*>(.*?)</pre>', steps, re.S)[1])
    written = re.sub(r'data-key="[^"]*"', f'data-key="{site.key}"', lines)
    Item.objects.filter(shop=shop, item_id="teapot").update(url=f"{site.address}/teapot")
    site.files["/"] = ("text/html", f"<!doctype html>{written}")
    shopper = shoppers()
    shopper.open(f"{site.address}/")
    shopper.shown()
    assert shopper.page.get_by_role("link", name="Stoneware teapot").count() == 1
    shopper.page.evaluate("forage.consent(true)")
    shopper.eventually(lambda: events() == [("view_item", "mug-1")])
