"""forage.js draws slates: safely, with the shop's own template, and tells what was seen and clicked."""

import json

import pytest

from dashboard.catalog.models import Item
from dashboard.events.models import Exposure, Impression, Interaction
from tests.browser.shop_site import placement
from tests.serving.conftest import add_item


def test_a_placement_is_drawn_from_its_template(site, shoppers, shop):
    Item.objects.filter(shop=shop, item_id="teapot").update(url=f"{site.address}/t", image_url=f"{site.address}/t.png")
    shopper = shoppers()
    shopper.open(site.add("/", placement(attributes='data-forage-n="12"')))
    shopper.shown()
    exposure = Exposure.objects.get()
    cards = shopper.page.locator(".card")
    assert cards.count() == len(exposure.items) == 8
    assert "Our classics" not in shopper.page.inner_text("section")
    teapot = cards.filter(has_text="Stoneware teapot")
    assert teapot.locator("span").inner_text() == "£24.00"
    assert teapot.locator("a").get_attribute("href") == f"{site.address}/t"
    assert teapot.locator("img").get_attribute("alt") == "Stoneware teapot"
    whisk = cards.filter(has_text="Balloon whisk")
    assert whisk.locator("a").get_attribute("href") is None
    assert whisk.locator("img").count() == 0


def test_hostile_titles_stay_text_and_hostile_addresses_lead_nowhere(site, shoppers, shop):
    title = '<img src=x onerror="window.hacked = 1"><script>window.hacked = 2</script>'
    Item.objects.filter(shop=shop).delete()
    add_item(
        shop,
        "bad",
        title=title,
        brand="{{ 7 * 7 }}",
        url="javascript:window.hacked=3",
        image_url="data:image/svg+xml,<svg/>",
    )
    shopper = shoppers()
    shopper.open(site.add("/", placement(attributes="")))
    shopper.shown()
    assert shopper.page.inner_text(".card b") == title
    assert shopper.page.locator(".card img, .card script").count() == 0
    assert shopper.page.get_attribute(".card a", "href") is None
    shopper.page.click(".card a")
    assert shopper.page.evaluate("window.hacked") is None


def test_only_what_was_looked_at_is_an_impression(site, shoppers):
    shopper = shoppers()
    shopper.open(site.add("/", placement() + '<div class="far"></div>' + placement("product"), consent="given"))
    shopper.shown("[data-forage-placement=home][data-forage-state=shown]")
    shopper.shown("[data-forage-placement=product][data-forage-state=shown]")
    seen = shopper.eventually(lambda: list(Impression.objects.all()))
    home = Exposure.objects.get(placement="home")
    # three cards of 150 px and half of the fourth fit into 600 px
    assert {row.item_id for row in seen} <= {item["item_id"] for item in home.items[:4]}
    assert {(row.recommendation_id, row.placement) for row in seen} == {(home.recommendation_id, "home")}
    assert {row.visitor_id for row in seen} == {home.visitor_id}
    shopper.page.evaluate("document.querySelector('[data-forage-placement=product]').scrollIntoView()")
    shopper.eventually(lambda: Impression.objects.filter(placement="product").exists())
    assert Impression.objects.filter(placement="home").count() == len(seen)


def test_a_glance_is_no_impression(site, shoppers):
    """The clock of the page stands still but for `run_for`; frames are real, as they tell the observers."""
    shopper = shoppers(before="window.realFrame = requestAnimationFrame.bind(window)")

    def look(script):
        shopper.page.evaluate(f"{script}; new Promise((done) => realFrame(() => realFrame(() => realFrame(done))))")

    shopper.page.clock.install()
    shopper.open(site.add("/", '<div class="far"></div>' + placement(), consent="given"))
    shopper.shown()
    shopper.page.clock.pause_at(shopper.page.evaluate("Date.now() + 1000"))
    look("document.querySelector('section').scrollIntoView()")
    shopper.page.clock.run_for(900)
    look("scrollTo(0, 0)")
    shopper.page.clock.run_for(5000)
    assert "view_item_list" not in json.dumps(shopper.stored())
    look("document.querySelector('section').scrollIntoView()")
    shopper.page.clock.run_for(1000)
    shopper.page.clock.run_for(300)
    assert "view_item_list" in json.dumps(shopper.stored())


def test_a_click_that_leads_to_the_next_page_is_counted(site, shoppers):
    site.files["/product/elsewhere"] = ("text/html", "<!doctype html><title>Elsewhere</title>")
    shopper = shoppers()
    shopper.open(site.add("/", placement(), consent="given"))
    shopper.shown()
    shopper.page.locator(".card a").nth(1).click()
    shopper.page.wait_for_url("**/product/*")
    row = shopper.eventually(lambda: Interaction.objects.first())
    slate = Exposure.objects.get()
    assert (row.type, row.item_id, row.placement) == ("select_item", slate.items[1]["item_id"], "home")
    assert (row.recommendation_id, row.visitor_id) == (slate.recommendation_id, slate.visitor_id)


def test_adding_to_the_cart_is_counted_with_its_quantity_and_slate(site, shoppers):
    form = """<form><input name="quantity" value="3">
        <button type="button" id="add" data-forage-click="add_to_cart" data-forage-item="teapot" data-forage-price="24">
        Add</button></form>"""
    shopper = shoppers()
    shopper.open(site.add("/", form + placement(), consent="given"))
    shopper.shown()
    shopper.page.click("#add")
    shopper.page.locator(".card button").first.click()
    rows = shopper.eventually(lambda: Interaction.objects.count() == 2 and list(Interaction.objects.order_by("id")))
    assert {row.type for row in rows} == {"add_to_cart"}
    own, recommended = sorted(rows, key=lambda row: row.recommendation_id is not None)
    assert (own.item_id, own.quantity, own.value, own.recommendation_id) == ("teapot", 3, 72, None)
    slate = Exposure.objects.get()
    assert (recommended.item_id, recommended.recommendation_id) == (slate.items[0]["item_id"], slate.recommendation_id)


def test_the_cart_s_items_are_told_and_not_recommended(site, shoppers):
    cart = '<ul><li data-forage-cart-item="teapot"></li><li data-forage-cart-item="whisk"></li></ul>'
    shopper = shoppers()
    shopper.open(site.add("/cart", cart + placement("cart"), consent="given"))
    shopper.shown()
    assert not {"teapot", "whisk"} & {item["item_id"] for item in Exposure.objects.get().items}


@pytest.mark.slow
def test_a_forage_that_does_not_answer_leaves_what_the_page_had(site, shoppers):
    shopper = shoppers()
    shopper.open(site.add("/", placement(), consent="given", api=f"{site.address}/tarpit/", timeout="150"))
    shopper.shown("[data-forage-state=failed]")
    assert shopper.page.inner_text("section").strip() == "Our classics"


def test_an_unknown_placement_is_told_to_the_developer(site, shoppers):
    shopper = shoppers()
    shopper.open(site.add("/", placement("hme")))
    shopper.shown("[data-forage-state=failed]")
    (said,) = [text for text in shopper.said if text.startswith("Forage:")]
    assert "no placement “hme”" in said
    assert "home" in said


@pytest.mark.slow
def test_consent_asks_for_personal_slates_in_place_of_anonymous_ones(site, shoppers):
    shopper = shoppers()
    shopper.open(site.add("/", placement()))
    shopper.shown()
    with shopper.page.expect_response("**/recommendations*"):
        shopper.page.evaluate("forage.consent(true)")
    shopper.eventually(lambda: Exposure.objects.count() == 2)
    assert sorted(len(slate.visitor_id) for slate in Exposure.objects.all()) == [0, 36]


@pytest.mark.slow
def test_a_shop_may_ask_for_nothing_without_consent(site, shoppers):
    shopper = shoppers()
    shopper.open(site.add("/", placement(), anonymous="off"))
    assert shopper.page.evaluate("typeof forage.track") == "function"
    assert shopper.asked("recommendations") == []
    shopper.page.evaluate("forage.consent(true)")
    shopper.shown()


def test_a_shop_may_draw_by_itself_and_still_be_told_what_was_seen(site, shoppers):
    shopper = shoppers()
    shopper.open(site.add("/", '<div id="own"></div>', consent="given"))
    shopper.page.evaluate("""async () => {
        const slate = await forage.slate('home', { n: 1 });
        const link = document.createElement('a');
        Object.assign(link, { href: '/product/elsewhere', textContent: slate.items[0].details.title });
        document.getElementById('own').append(link);
        forage.show(link, slate.items[0].item_id, slate);
    }""")
    shopper.eventually(lambda: Impression.objects.exists())
    shopper.page.click("#own a")
    assert shopper.eventually(lambda: Interaction.objects.first()).type == "select_item"
