"""With the keyboard alone Holly goes from the map to a segment, reads its numbers, and puts another beside it; on paper
charts are light and fit a sheet."""

from playwright.sync_api import expect

from tests.browser.test_audiences import press, reach
from tests.browser.test_pages import violations


def test_from_the_map_to_two_segments_side_by_side_by_keyboard_alone(visit):
    window = visit()
    page = window.page

    def looked_at():
        window.settled()
        window.drawn()
        assert violations(page) == []

    window.open("segments/")
    looked_at()
    press(page, "button", "Nearer")
    press(page, "link", "Tea & table")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Tea & table")
    expect(page.locator(".answer")).to_contain_text("of the revenue")
    expect(page.get_by_role("heading", name="What concerns them")).to_be_visible()
    numbers = page.locator("summary", has_text="Show the numbers").first
    for _press in range(120):
        page.keyboard.press("Tab")
        if numbers.evaluate("element => element === document.activeElement"):
            break
    page.keyboard.press("Enter")
    expect(page.locator("details[open] table").first).to_be_visible()
    looked_at()
    window.open("segments/1/")
    press(page, "link", "Compare")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Two segments")
    reach(page, "combobox", "The other")
    page.keyboard.type("3")
    press(page, "button", "Compare")
    expect(page.locator(".answer")).to_contain_text("Christmas")
    assert page.url.endswith("/segments/compare/?a=1&b=3")
    looked_at()


def test_on_paper_charts_are_light_and_fit_and_nothing_of_the_window_is_left(visit):
    window = visit(color_scheme="dark")
    page = window.page
    window.open("segments/1/")
    page.evaluate(
        """() => {
            const ink = () => getComputedStyle(document.querySelector('[data-figure=fig-hours] .xtick text')).fill;
            window.dark = ink();
            addEventListener('beforeprint', () => {
                const drawn = [...document.querySelectorAll('[data-figure] .main-svg')];
                window.widths = drawn.map((svg) => Number(svg.getAttribute('width')));
                window.light = ink();
            });
        }"""
    )
    page.pdf(format="A4")
    assert set(page.evaluate("window.widths")) == {640}
    assert page.evaluate("window.light") != page.evaluate("window.dark")
    page.emulate_media(media="print")
    for hidden in (".sidenav", ".page-header .actions"):
        expect(page.locator(hidden).first).to_be_hidden()
