"""Holly uploads a feed with bad rows, looks at it first, imports it, and finds its items in the catalog."""

from playwright.sync_api import expect

from dashboard.catalog.services import run_import

FEED = b"item_id,title,price\nblue-jug,Blue jug,12.50\nbad-price,Tin,cheap\n,Nameless,3\nred-jug,Red jug,9\n"


def test_an_uploaded_feed_is_looked_at_imported_and_found(visit):
    window = visit()
    window.open("catalog/feeds/")
    page = window.page
    page.get_by_role("button", name="Import a feed").click()
    page.get_by_label("File", exact=True).set_input_files({"name": "feed.csv", "mimeType": "text/csv", "buffer": FEED})
    page.get_by_role("checkbox", name="Only look at it first").check()
    page.get_by_role("dialog").get_by_role("button", name="Import", exact=True).click()
    page.wait_for_url("**/imports/*/")
    looked_at = int(page.url.rstrip("/").rpartition("/")[2])
    run_import(import_id=looked_at)  # as the worker does
    expect(page.locator(".answer")).to_contain_text("4 rows: 2 new, 2 refused.", timeout=15_000)  # it looks by itself
    lines = page.locator("tbody tr")
    expect(lines).to_have_count(2)
    expect(lines.nth(0)).to_contain_text("3")
    expect(lines.nth(1)).to_contain_text("4")
    page.get_by_role("button", name="Import it now").click()
    page.wait_for_url(lambda address: not address.endswith(f"/{looked_at}/"))
    run_import(import_id=int(page.url.rstrip("/").rpartition("/")[2]))
    expect(page.locator(".answer")).to_contain_text("2 refused", timeout=15_000)
    window.open("catalog/?q=jug")
    expect(page.get_by_text("Blue jug")).to_be_visible()
    expect(page.get_by_text("Tin", exact=True)).to_have_count(0)
