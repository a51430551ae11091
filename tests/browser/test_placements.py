"""A merchant moves a knob, sees at once what changes, and publishes it."""

from pathlib import Path

from dashboard.policies.selectors import published_policy
from tests.browser.conftest import until

FAULTS = (Path(__file__).parent / "faults.js").read_text(encoding="utf-8")


def move(page, knob, value):
    page.locator(f"#k-{knob}").evaluate(
        "(input, value) => { input.value = value; input.dispatchEvent(new Event('input', { bubbles: true })) }", value
    )


def test_a_moved_knob_changes_the_preview_and_is_published(visit, seeded):
    window = visit()
    window.open("placements/home/")
    page = window.page
    page.wait_for_selector("#preview .after .item")
    before = page.locator("#preview .after").inner_text()
    assert not page.locator("#unsaved").is_visible()
    move(page, "exploration", "0.95")
    page.wait_for_selector("#unsaved.savebar")
    assert "0.10 → 0.95" in page.locator("#unsaved").inner_text()
    assert page.locator("#preview .after").inner_text() != before
    assert page.locator("#preview .after [data-explore]").count() > 0
    assert "finding out" in page.locator("#answer").inner_text()
    page.get_by_role("button", name="Publish…").click()
    dialog = page.get_by_role("dialog", name="Publish 1 change on Home?")
    dialog.get_by_role("button", name="Publish 1 change").click()
    page.wait_for_selector("text=Version 3 is published.")
    assert published_policy(shop_id=seeded.pk, slug="home").policy.knobs.exploration == 0.95


def test_the_bar_of_unsaved_changes_stays_in_reach(visit):
    window = visit()
    window.open("placements/home/")
    window.page.wait_for_selector("#preview .after .item")
    move(window.page, "diversity", "0.9")
    window.page.wait_for_selector("#unsaved.savebar")
    box = window.page.locator("#unsaved").bounding_box()
    assert box["y"] + box["height"] <= 900


def test_a_new_draw_is_drawn_and_another_visitor_is_shown(visit):
    window = visit()
    window.open("placements/home/?exploration=1")
    page = window.page
    page.wait_for_selector("#preview .after .item")
    first = page.locator("#preview .after").inner_text()
    with page.expect_response("**/preview/**"):
        page.get_by_role("button", name="Draw again").click()
    until(page, "first => document.querySelector('#preview .after').innerText !== first", first)
    with page.expect_response("**/preview/**visitor_id=visitor-5**"):
        page.locator("#who-id").fill("visitor-5")
    page.wait_for_selector("text=Why visitor-5 sees this")


def test_nothing_of_these_pages_is_wider_than_a_phone(visit):
    window = visit(viewport={"width": 360, "height": 740})
    for path in ["placements/", "placements/home/", "placements/home/rules/", "placements/home/embed/"]:
        window.open(path)
        assert window.sideways_overflow() <= 0, path
    window.open("visitors/visitor-3/")
    assert window.sideways_overflow() <= 0


def test_no_column_of_a_placement_is_left_blank(visit):
    """What is estimated stands beside the knobs where the preview is short, below where an experiment lengthens it."""
    window = visit()
    for path in ("placements/product/?picked=gar-1", "placements/cart/", "placements/home/"):
        window.open(path)
        window.page.wait_for_selector("#preview .after .item")
        for part in ("#trade-off", "#estimate"):  # asked for when they come into view
            window.page.locator(part).scroll_into_view_if_needed()
            window.settled()
        window.drawn()
        assert not [fault for fault in window.page.evaluate(FAULTS) if "blank below" in fault], path
