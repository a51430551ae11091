"""The reference of the API as a browser draws it: for everyone, on a phone too, in both schemes."""

import pytest

from tests.browser.conftest import NARROW, WIDE
from tests.browser.test_pages import violations

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def docs(chromium, live_server):
    opened = []

    def look(**options):
        context = chromium.new_context(reduced_motion="reduce", **options)
        opened.append(context)
        page = context.new_page()
        page.complaints = []
        page.on("console", lambda message: page.complaints.append(message.text))
        page.goto(f"{live_server.url}/api/v1/docs")
        return page

    yield look
    for context in opened:
        context.close()


@pytest.mark.parametrize(("viewport", "scheme"), [(WIDE, "light"), (WIDE, "dark"), (NARROW, "light")])
def test_the_reference_is_accessible_quiet_and_fits(docs, viewport, scheme):
    page = docs(viewport=viewport, color_scheme=scheme)
    assert page.locator("html").get_attribute("lang") == "en"
    page.locator("article details").first.locator("summary").click()
    assert violations(page) == []
    assert page.complaints == []
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0


def test_a_call_can_be_copied_and_its_fields_looked_up(docs):
    page = docs(viewport=WIDE, permissions=["clipboard-read", "clipboard-write"])
    asking = page.locator("article", has=page.locator("#recommend"))
    asking.get_by_role("button", name="Copy").click()
    assert "curl -X POST" in page.evaluate("navigator.clipboard.readText()")
    asking.locator("summary", has_text="What is sent").click()
    assert asking.get_by_text("Items on the page; they are not recommended themselves.").is_visible()
