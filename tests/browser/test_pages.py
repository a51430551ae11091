"""What every page keeps: it can be read by everyone, fits a phone, and the browser has nothing to complain about."""

from axe_playwright_python.sync_playwright import Axe

from tests.browser.conftest import NARROW
from tests.browser.shots import OF_DATA, PAGES

# all rules of axe, its best practices too
AXE_OPTIONS = {"resultTypes": ["violations"]}


def violations(page):
    found = Axe().run(page, options=AXE_OPTIONS).response["violations"]
    return [(entry["id"], node["html"][:200]) for entry in found for node in entry["nodes"]]


def test_every_page_is_accessible_and_quiet_in_both_schemes(visit):
    window = visit()
    problems = {}
    for name, path in PAGES.items():
        window.page.emulate_media(color_scheme="light")
        assert window.open(path).status == 200, name
        problems[name, "light"] = violations(window.page)
        window.page.emulate_media(color_scheme="dark")
        window.settled()
        window.drawn()
        problems[name, "dark"] = violations(window.page)
    assert {where: found for where, found in problems.items() if found} == {}


def test_nothing_scrolls_sideways_on_a_phone_and_phones_are_accessible(visit):
    window = visit(viewport=NARROW, has_touch=True, is_mobile=True)
    problems = {}
    for name, path in PAGES.items():
        window.open(path)
        found = violations(window.page)
        if found or window.sideways_overflow() > 0:
            problems[name] = (window.sideways_overflow(), found)
    assert problems == {}


def test_a_new_shop_has_no_broken_page(visit_new_shop):
    problems = {}
    for name, path in PAGES.items():
        if name in OF_DATA:
            continue
        assert visit_new_shop.open(path).status == 200, name
        found = violations(visit_new_shop.page)
        if found or visit_new_shop.sideways_overflow() > 0:
            problems[name] = found
    assert problems == {}


def test_the_bar_of_a_short_page_is_no_higher_than_that_of_a_long_one(visit_new_shop):
    heights = set()
    for path in ("settings/audit/", "settings/"):
        visit_new_shop.open(path)
        heights.add(visit_new_shop.page.locator(".topbar").bounding_box()["height"])
    assert len(heights) == 1


def test_no_page_scrolls_sideways_in_chinese(visit):
    window = visit(viewport=NARROW)
    window.speak("zh-hans")
    wide = {}
    for name, path in PAGES.items():
        window.open(path)
        assert window.page.locator("html").get_attribute("lang") == "zh-hans"
        if window.sideways_overflow() > 0:
            wide[name] = window.sideways_overflow()
    assert wide == {}
