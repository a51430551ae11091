"""Gail uploads a feed in Chromium; the worker of the running system reads it, and every bad row is shown."""

import re

import pytest
from playwright.sync_api import expect

from tests.journeys.faults import stopped, victims

pytestmark = pytest.mark.journey
MEMBER = (
    "from dashboard.accounts.services import add_member; from dashboard.accounts.selectors import shop_by_slug; "
    "add_member(shop=shop_by_slug('uploads'), email='gail@uploads.example', role='owner', password='a long passphrase')"
)
ROWS = "".join(f"pot-{number},Pot {number},{number}.50\n" for number in range(1, 1500))
FEED = f"item_id,title,price\nblue-jug,Blue jug,12.50\nbad-price,Tin,cheap\n{ROWS},Nameless,3\n".encode()
PATIENCE_MS = 120_000


@pytest.fixture
def window(system, chromium):
    """Chromium, with Gail signed in."""
    system.create_shop("uploads")
    system.manage("shell", "-c", MEMBER)
    context = chromium.new_context(base_url=system.url, locale="en-GB")
    page = context.new_page()
    page.goto("/sign-in/")
    page.get_by_label("E-mail address").fill("gail@uploads.example")
    page.get_by_label("Password", exact=True).fill("a long passphrase")
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/shops/uploads/**")
    yield page
    context.close()


def busy_workers(system):
    """No worker takes anything for a while."""
    workers = victims(system, "worker")
    assert workers
    return stopped(workers)


def test_the_worker_reads_an_upload_and_the_report_names_each_bad_row(system, window):
    window.goto("/shops/uploads/catalog/feeds/")
    window.get_by_role("button", name="Import a feed").click()
    file = {"name": "pots.csv", "mimeType": "text/csv", "buffer": FEED}
    window.get_by_label("File", exact=True).set_input_files(file)
    with busy_workers(system):
        window.get_by_role("dialog").get_by_role("button", name="Import", exact=True).click()
        window.wait_for_url("**/imports/*/")
        expect(window.get_by_role("progressbar")).to_be_visible()
        expect(window.get_by_text("Waiting for a worker")).to_be_visible()
    answer = window.locator(".answer")
    expect(answer).to_contain_text("1,502 rows: 1,500 new, 2 refused.", timeout=PATIENCE_MS)
    lines = window.locator("tbody tr")
    expect(lines).to_have_count(2)
    expect(lines.nth(0)).to_contain_text(
        re.compile(r"3\s*bad-price\s*price: cheap\s*price must be a number such as 12\.50\.")
    )
    expect(lines.nth(1)).to_contain_text(re.compile(r"1,503\s.*item_id is missing\.", re.DOTALL))
    window.goto("/shops/uploads/catalog/?q=jug")
    expect(window.get_by_text("Blue jug")).to_be_visible()
