"""The front of the sample shop, clicked through: from somebody new to a purchase that counts for a slate."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from dashboard.core import clock
from dashboard.events.models import DailyKpi, Exposure, Interaction
from dashboard.events.services import refresh_daily_kpis
from dashboard.policies.services import ensure_default_placements
from tests.serving.conftest import add_catalog, send
from tests.serving.test_batches import member

PATIENCE_MS = 30_000
NARROW, WIDE = {"width": 360, "height": 780}, {"width": 1440, "height": 900}


@pytest.fixture
def front(transactional_db, live_server, shop, settings, tmp_path, monkeypatch):
    monkeypatch.setenv("FORAGE_DATA", str(tmp_path))
    settings.DEMO = True
    shop.is_sample = True
    shop.save()
    add_catalog(shop)
    ensure_default_placements(shop)
    for number in range(6):
        send(shop, f"other-{number}", ["spade", "fork", "trowel"][number % 3])
    return live_server.url


@pytest.fixture
def page(chromium, front):
    context = chromium.new_context(viewport=WIDE, reduced_motion="reduce")  # nothing fades while it is looked at
    opened = context.new_page()
    opened.set_default_timeout(PATIENCE_MS)
    opened.problems = []
    opened.on("console", lambda message: message.type == "error" and opened.problems.append(message.text))
    opened.on("pageerror", lambda error: opened.problems.append(str(error)))
    yield opened
    context.close()


def shown(page, placement):
    page.wait_for_selector(f"[data-forage-placement={placement}][data-forage-state=shown]", state="visible")


def test_from_somebody_new_to_a_purchase_that_counts_for_a_slate(page, front, shop):
    page.goto(f"{front}/demo/")
    shown(page, "home")
    page.wait_for_selector("#thoughts [data-reason=popular]")
    assert "popular in the shop" in page.inner_text("#thoughts")
    assert page.locator("[data-deeds]").count() == 0

    page.locator(".demo-slate .demo-card", has_text="Border fork").click()
    page.wait_for_url("**/demo/item/fork/")
    shown(page, "product")
    page.wait_for_selector("#thoughts [data-reason=content]")
    page.wait_for_selector("#thoughts [data-deed=view_item]")
    assert "Garden" in page.inner_text("main")

    page.click("[data-basket-add]")
    page.wait_for_selector("#thoughts [data-deed=add_to_cart]")
    page.click("[data-basket-added] a")
    shown(page, "cart")
    assert "1 × £28.00" in page.inner_text("[data-basket]")
    page.click("[data-basket-buy]")
    page.wait_for_selector("[data-basket-thanks]", state="visible")
    page.wait_for_selector("#thoughts [data-deed=purchase]")
    page.goto(f"{front}/demo/")
    shown(page, "home")
    assert page.locator(".demo-slate .demo-card", has_text="Border fork").count() == 0

    refresh_daily_kpis(shop=shop, days=[clock.today_in(shop.timezone)])
    of_home = DailyKpi.objects.get(shop=shop, placement="home", simulated=True)
    assert (of_home.attributed_orders, float(of_home.attributed_revenue)) == (1, 28.0)
    assert set(Exposure.objects.values_list("simulated", flat=True)) == {True}
    assert Interaction.objects.filter(visitor_id__startswith="demo-", simulated=False).count() == 0
    assert page.problems == []


def test_one_browses_as_a_regular_and_forage_remembers(page, front, shop):
    send(shop, "regular", "teapot")
    member(shop, "regular")
    page.goto(f"{front}/demo/")
    page.select_option("#visitor", "regular")
    page.click(".demo-who button")
    shown(page, "home")
    page.wait_for_selector("#thoughts [data-deed=view_item]")
    assert "Stoneware teapot" in page.inner_text("[data-deeds]")
    assert Exposure.objects.filter(visitor_id="regular").exists()


@pytest.mark.parametrize("path", ["/demo/", "/demo/category/garden/", "/demo/item/fork/", "/demo/basket/"])
def test_the_pages_are_usable_by_everybody_at_both_sizes(page, front, path):
    page.goto(front + path)
    page.wait_for_selector("#thoughts h3")
    for size in (WIDE, NARROW):
        page.set_viewport_size(size)
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            found = Axe().run(page)
            assert found.violations_count == 0, found.generate_report()
    assert page.problems == []
