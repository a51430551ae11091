"""Real Chromium against a live server with a small seeded shop.

`shop_page` opens a page as Holly, the owner, and fails the test at its end if the console said anything or the content
security policy refused anything. `seeded` is the shop: colleagues add what their journey needs on top.
"""

import time
from pathlib import Path

import pytest

from tests.browser.seed import seed_shop
from tests.browser.shop_site import settled, shoppers, site

__all__ = ["shoppers", "site"]  # fixtures for the tests beside this file

WIDE = {"width": 1440, "height": 900}
NARROW = {"width": 360, "height": 740}


def pytest_collection_modifyitems(items):
    for item in items:
        if Path(__file__).parent in Path(item.fspath).parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture
def seeded(transactional_db, shop, owner):
    """Holly's shop with a past; the database is emptied after the test."""
    return seed_shop(shop)


def until(page, expression, argument=None):
    """Waits until it holds in the page. Playwright's own wait looks again only where a page's policy allows `eval`."""
    deadline = time.monotonic() + 30
    while not page.evaluate(expression, argument):
        assert time.monotonic() < deadline, f"never: {expression}"
        page.wait_for_timeout(50)


class Visit:
    """A browser window signed in as a person, that remembers every complaint of the browser."""

    def __init__(self, page, base, shop):
        self.page = page
        self.base = base
        self.shop = shop
        self.complaints = []
        self.asking = set()
        page.on("request", lambda request: self.asking.add(request))
        page.on("requestfinished", lambda request: self.asking.discard(request))
        page.on("requestfailed", lambda request: self.asking.discard(request))
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("requestfailed", self._failed)
        page.on("request", self._foreign)

    def _console(self, message):
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def _failed(self, request):
        if request.failure != "net::ERR_ABORTED":
            self.complaints.append(f"{request.url}: {request.failure}")

    def _foreign(self, request):
        if not request.url.startswith((self.base, "data:", "blob:")):
            self.complaints.append(f"asked another host: {request.url}")

    def sign_in(self, user):
        from django.test import Client

        client = Client()
        client.force_login(user)
        cookie = client.cookies["sessionid"].value
        self.page.context.add_cookies([{"name": "sessionid", "value": cookie, "url": self.base}])

    def sign_out(self):
        self.page.context.clear_cookies(name="sessionid")

    def speak(self, language):
        self.page.context.add_cookies([{"name": "django_language", "value": language, "url": self.base}])

    def open(self, path=""):
        """A page below the shop's address; waits for its charts."""
        self.asking.clear()
        response = self.page.goto(f"{self.base}/shops/{self.shop.slug}/{path}")
        self.settled()
        self.drawn()
        return response

    def settled(self):
        """Waits until nothing was being asked for during a tenth of a second: a fifth of Playwright's “networkidle”."""
        deadline, looks = time.monotonic() + 30, 0
        while looks < 3:
            assert time.monotonic() < deadline, f"still asking for {[request.url for request in self.asking]}"
            self.page.wait_for_timeout(50)
            looks = 0 if self.asking else looks + 1

    def drawn(self):
        until(
            self.page,
            "[...document.querySelectorAll('[data-figure]')].every(h => h.clientWidth === 0 || 'drawn' in h.dataset)",
        )

    def sideways_overflow(self):
        """How many pixels the page is wider than its window."""
        return self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


@pytest.fixture
def windows(chromium, live_server):
    """`windows(shop, user, **context options) -> Visit`; complaints of the browser fail the test."""
    opened = []

    def start(shop, user, **options):
        context = chromium.new_context(**{"viewport": WIDE, "reduced_motion": "reduce", "locale": "en-GB", **options})
        found = Visit(context.new_page(), live_server.url, shop)
        if user is not None:
            found.sign_in(user)
        opened.append(found)
        return found

    with settled():
        yield start
        for found in opened:
            found.page.context.close()
    assert [complaint for found in opened for complaint in found.complaints] == []


@pytest.fixture
def visit(windows, seeded, owner):
    """`visit(user=owner, **context options) -> Visit` of the seeded shop."""
    return lambda user=owner, **options: windows(seeded, user, **options)


@pytest.fixture
def visit_new_shop(transactional_db, windows, shop, owner):
    """Holly's shop before anything was sent, on a phone."""
    return windows(shop, owner, viewport=NARROW)
