"""With the keyboard alone Holly makes an audience, schedules its files, lets it be told, and gives it a rule."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import NARROW
from tests.browser.test_pages import violations

pytestmark = pytest.mark.slow


def reach(page, role, name):
    """Press Tab until the thing has the focus."""
    wanted = page.locator("main").get_by_role(role, name=name, exact=True).first
    expect(wanted).to_be_visible()
    for _press in range(120):
        if wanted.evaluate("element => element === document.activeElement"):
            return wanted
        page.keyboard.press("Tab")
    raise AssertionError(f"no way to {name} by the keyboard")


def press(page, role, name, key="Enter"):
    reach(page, role, name)
    page.keyboard.press(key)


@pytest.mark.parametrize("viewport", [None, NARROW], ids=["desk", "phone"])
def test_audiences_by_keyboard_alone(visit, settings, viewport):
    settings.WEBHOOKS_ALLOW_PRIVATE_HOSTS = True
    window = visit(viewport=viewport) if viewport else visit()
    page = window.page

    def looked_at():
        window.settled()
        assert violations(page) == []
        assert window.sideways_overflow() <= 0

    window.open("audiences/")
    press(page, "link", "Make an audience")
    reach(page, "textbox", "Name")
    page.keyboard.type("Browsers")
    reach(page, "textbox", "Condition")
    page.keyboard.type("interactions > 0")
    expect(page.locator("#count")).to_contain_text("visitors are in it now.")
    looked_at()
    press(page, "button", "Save the audience")
    expect(page.get_by_role("heading", level=1)).to_have_text("Browsers")
    expect(page.locator("#exports")).to_be_visible()
    looked_at()
    press(page, "button", "Schedule")
    expect(page.locator("#exports")).to_contain_text("Written every day")
    looked_at()
    window.open("webhooks/")
    reach(page, "textbox", "Address")
    page.keyboard.type("http://127.0.0.1:1/hook")
    press(page, "checkbox", "Browsers", key="Space")
    press(page, "button", "Add the webhook")
    expect(page.locator("#new-secret")).to_contain_text("whsec_")
    looked_at()
    window.open("placements/product/overrides/")
    page.get_by_label("Audience", exact=True).select_option(label="Browsers")
    press(page, "button", "Go on to rules")
    expect(page.get_by_role("heading", name="Rules for Browsers")).to_be_visible()
    page.get_by_label("What happens", exact=True).select_option(label="Lower")
    page.get_by_label("To", exact=True).select_option(label="items of the category")
    reach(page, "combobox", "Id or name")
    page.keyboard.type("Bags")
    page.keyboard.press("Escape")
    page.wait_for_selector(".rule-check")
    looked_at()
    press(page, "button", "Add the rule")
    expect(page.locator("#override-rules .items")).to_contain_text("Bags")
    looked_at()
