"""Holly signs in, finds her way with the keyboard, and sees her charts."""

from playwright.sync_api import expect

from tests.browser.conftest import NARROW
from tests.browser.test_pages import violations


def test_signing_in_leads_to_the_overview(visit, owner):
    window = visit(user=None)
    page = window.page
    page.goto(f"{window.base}/")
    assert violations(page) == []
    page.get_by_label("E-mail address").fill(owner.email)
    page.get_by_label("Password").fill("a long passphrase")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Overview")
    expect(page.locator(".answer")).to_contain_text("Recommendations brought in")


def test_the_map_is_drawn_with_its_rings_points_and_labels(visit):
    window = visit()
    window.open("segments/")
    drawing = window.page.locator("[data-figure=fig-map]")
    # Five segments, points and two rings each, and the lines to names that stand off.
    assert drawing.locator(".scatterlayer .trace").count() == 16
    assert drawing.locator(".scatterlayer .point").count() == 250  # ten are ends of those lines
    expect(drawing.locator(".annotation").first).to_contain_text("1 Tea & table")
    assert drawing.bounding_box()["height"] > 300


def test_the_map_follows_the_scheme_of_the_system(visit):
    window = visit(color_scheme="light")
    window.open("segments/")
    ring = window.page.locator("[data-figure=fig-map] .js-line").last
    expect(ring).to_have_css("stroke", "rgb(8, 152, 187)")  # --cat-5
    window.page.emulate_media(color_scheme="dark")
    expect(ring).to_have_css("stroke", "rgb(120, 241, 254)")


def test_a_segment_is_renamed_in_a_dialog(visit):
    window = visit()
    window.open("segments/1/")
    page = window.page
    page.get_by_role("button", name="Rename").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("textbox", name="Name").fill("Tea lovers")
    page.get_by_role("button", name="Save name").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Tea lovers")
    expect(page.get_by_role("status").first).to_contain_text("Tea lovers")


def test_the_drawer_opens_and_closes_by_keyboard(visit):
    window = visit(viewport=NARROW)
    window.open()
    page = window.page
    drawer = page.locator("#nav")
    expect(drawer).to_be_hidden()
    page.get_by_role("button", name="Menu").focus()
    page.keyboard.press("Enter")
    expect(drawer).to_be_visible()
    assert violations(page) == []
    page.keyboard.press("Escape")
    expect(drawer).to_be_hidden()


def test_the_first_tab_stop_skips_the_navigation(visit):
    window = visit()
    window.open()
    window.page.keyboard.press("Tab")
    expect(window.page.get_by_role("link", name="Skip to content")).to_be_focused()
    window.page.keyboard.press("Enter")
    expect(window.page.locator("main")).to_be_focused()


def test_the_language_is_switched_in_the_account_menu(visit):
    window = visit()
    window.open("segments/")
    page = window.page
    page.locator(".account summary").click()
    page.get_by_role("button", name="简体中文").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("兴趣群体")
    page.locator(".account summary").click()
    page.get_by_role("button", name="退出登录").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("登录")


def test_a_word_explains_itself_when_pressed(visit):
    window = visit()
    window.open()
    window.page.get_by_role("button", name="Sales from recommendations").click()
    expect(window.page.get_by_text("within 24 hours of a click")).to_be_visible()


def test_what_exploration_found_comes_after_the_page(visit):
    window = visit()
    window.open()
    expect(window.page.get_by_text("Earns its place")).to_be_visible()


def test_a_part_that_fails_says_so_and_can_be_asked_for_again(visit):
    window = visit()
    page = window.page
    page.route("**/exploration/*", lambda route: route.fulfill(status=500, body="broken"))
    window.open()
    expect(page.get_by_text("This part could not be loaded")).to_be_visible()
    page.unroute("**/exploration/*")
    window.complaints.clear()  # the 500 above was ours
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_text("Earns its place")).to_be_visible()
