"""The documentation of the API as a browser draws it."""

import pytest


@pytest.fixture
def page(chromium):
    window = chromium.new_page()
    yield window
    window.close()


@pytest.mark.django_db(transaction=True)
def test_the_documentation_is_drawn_under_our_policy(page, live_server):
    page.goto(f"{live_server.url}/api/v1/docs")
    page.wait_for_selector(".opblock")
    assert page.locator(".opblock").count() > 10
    assert "send_events" in page.content()
