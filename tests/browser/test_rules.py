"""A merchant picks an item for a rule with the keyboard, and is told what the rule would do before it is taken."""

import pytest

from tests.browser.conftest import NARROW
from tests.browser.test_pages import violations


@pytest.fixture(params=[None, NARROW], ids=["desk", "phone"])
def window(request, visit):
    window = visit(viewport=request.param) if request.param else visit()
    window.open("placements/home/rules/")
    return window


def typed(page, text):
    with page.expect_response("**/rules/check/**"):  # none is left under way when the page closes
        page.locator("#id_value").press_sequentially(text)
    page.wait_for_selector("#id_value-options:not([hidden]) [role=option]")


def test_an_item_is_picked_with_the_keyboard_and_its_rule_explained(window):
    page = window.page
    typed(page, "REGENCY")
    field = page.get_by_role("combobox", name="Id or name")
    assert field.get_attribute("aria-expanded") == "true"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    chosen = page.locator("[role=option][aria-selected=true]")
    assert field.get_attribute("aria-activedescendant") == chosen.get_attribute("id")
    item_id = chosen.get_attribute("data-value")
    assert violations(page) == []
    page.keyboard.press("Enter")
    assert field.input_value() == item_id
    assert field.get_attribute("aria-expanded") == "false"
    page.locator("#id_position").fill("1")
    page.wait_for_selector(f".rule-check:has-text('({item_id}) to position 1')")
    assert "acts" in page.locator(".rule-check").inner_text()
    assert window.sideways_overflow() <= 0
    assert violations(page) == []


def test_escape_closes_the_list_and_keeps_what_was_typed(window):
    page = window.page
    typed(page, "regency")
    page.keyboard.press("Escape")
    assert page.locator("#id_value-options").is_hidden()
    assert page.locator("#id_value").input_value() == "regency"


def test_the_doubt_is_told_while_one_types_and_a_suggestion_is_one_press_away(window):
    page = window.page
    page.select_option("#id_kind", "boost")
    page.locator("#id_value").fill("regency")
    page.keyboard.press("Escape")
    page.wait_for_selector("text=No item of your catalog matches.")
    suggestion = page.locator("[data-pick]").first
    item_id = suggestion.get_attribute("value")
    suggestion.click()
    assert page.locator("#id_value").input_value() == item_id
    page.wait_for_selector(f".rule-check:has-text('({item_id})')")
    assert violations(page) == []


def test_only_what_a_kind_of_rule_needs_is_asked(window):
    page = window.page
    assert page.locator("#id_position").is_visible() and not page.locator("#id_strength").is_visible()
    page.select_option("#id_kind", "bury")
    assert page.locator("#id_strength").is_visible() and not page.locator("#id_position").is_visible()
