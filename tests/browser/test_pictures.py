"""Items have a picture on every page: their own, or a drawn one where they have none or where theirs does not load."""

import pytest
from django.test import Client
from playwright.sync_api import expect

from dashboard.core.pictures import picture_address
from tests.browser.conftest import until
from tests.serving.conftest import add_item

PATIENCE_MS = 30_000


@pytest.fixture
def page(chromium, transactional_db, live_server, shop, owner):
    """The catalog of two items, one of which has a picture that is nowhere; what it asks for elsewhere fails."""
    add_item(shop, "mug", title="Red Mug", categories=["Cups"], image_url="https://elsewhere.example/mug.png")
    add_item(shop, "bag", title="Blue Bag", categories=["Bags"])
    context = chromium.new_context()
    opened = context.new_page()
    opened.route("https://elsewhere.example/**", lambda route: route.abort())
    client = Client()
    client.force_login(owner)
    context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}])
    opened.catalog = f"{live_server.url}/shops/{shop.slug}/catalog/"
    yield opened
    context.close()


def picture(page, title):
    return page.locator("tr, li", has_text=title).locator(".tile img")


def test_a_picture_that_does_not_load_gives_way_to_the_drawn_one(page):
    page.goto(page.catalog)
    for title, category in (("Red Mug", "Cups"), ("Blue Bag", "Bags")):
        found = picture(page, title)
        address = picture_address(title, [category])
        page.wait_for_selector(f'.tile img[src="{address}"]', timeout=PATIENCE_MS)
        found.scroll_into_view_if_needed()
        until(page, "image => image.complete && image.naturalWidth > 0", found.element_handle())


def test_where_that_does_not_load_either_two_letters_stand(page):
    page.route("**/pictures/**", lambda route: route.abort())
    page.goto(page.catalog)
    expect(page.locator(".tile img")).to_have_count(0, timeout=PATIENCE_MS)
    assert page.locator("tr, li", has_text="Red Mug").locator(".tile").inner_text() == "RM"
