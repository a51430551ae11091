"""A basket is picked for the preview of its placement, item by item, with the keyboard and the mouse."""

import pytest

from tests.browser.conftest import NARROW, until
from tests.browser.test_pages import violations


@pytest.fixture(params=[None, NARROW], ids=["desk", "phone"])
def window_size(request):
    return request.param


def test_items_are_put_into_the_basket_and_taken_out(visit, window_size):
    window = visit(viewport=window_size) if window_size else visit()
    page = window.page
    window.open("placements/cart/")
    page.fill("#picked", "regency tea plate")
    page.wait_for_selector("#picked-options [role=option]")
    page.locator("#picked-options [role=option]").first.click()
    until(page, "() => document.querySelector('#preview').textContent.includes('In the basket:')")
    assert page.input_value("#picked") == ""
    page.fill("#picked", "cake tins")
    page.wait_for_selector("#picked-options [role=option]")
    page.press("#picked", "ArrowDown")
    page.press("#picked", "Enter")
    until(page, "() => document.querySelectorAll('#picked-items li').length === 2")
    until(page, "() => /Tea Plate.*Cake Tins/s.test(document.querySelector('#preview p').textContent)")
    page.locator("#picked-items button").first.click()
    until(page, "() => !document.querySelector('#preview p').textContent.includes('Tea Plate')")
    assert page.locator("#picked-items li").count() == 1
    assert window.sideways_overflow() <= 0
    assert violations(page) == []
