"""The API as a browser meets it: its documentation drawn, and events sent from another page."""

import re
from pathlib import Path

import pytest

GUIDE = (Path(__file__).resolve().parents[2] / "docs" / "api.md").read_text()


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


@pytest.mark.django_db(transaction=True)
def test_the_javascript_example_sends_an_event_as_a_beacon(page, live_server, shop):
    from dashboard.accounts.services import issue_key
    from dashboard.events.models import Interaction

    key = issue_key(shop=shop, kind="pk", allowed_origins=[live_server.url]).plain
    (example,) = re.findall(r"```javascript\n(.*?)```", GUIDE, re.S)
    page.goto(f"{live_server.url}/healthz")
    with page.expect_response("**/api/v1/events*") as answered:
        page.evaluate(f"(() => {{ {example.replace('FORAGE', live_server.url).replace('PUBLISHABLE_KEY', key)} }})()")
    assert answered.value.status == 202
    assert Interaction.objects.get().item_id == "mug-1"
