"""The ledger and the launches as a merchant reads them, and as the API tells them."""

import pytest
from django.core.cache import cache

from dashboard.accounts.services import issue_key
from dashboard.core import clock
from dashboard.ledger.models import ClosedDay, LedgerDay
from dashboard.ledger.selectors import fair_trial_of, ledger_of
from dashboard.ledger.services import sum_closed_days
from dashboard.policies.services import ensure_default_placements
from tests.browser.seed import seed_shop
from tests.serving.estimates.served import serve_many

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def fresh_cache():
    cache.clear()


def read(client, shop, path):
    answer = client.get(f"/shops/{shop.slug}/{path}")
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_a_new_shop_is_told_what_the_ledger_will_say(client, shop, owner):
    client.force_login(owner)
    assert "Nothing to account for yet" in read(client, shop, "ledger/")
    assert "Nothing is new" in read(client, shop, "launches/")


def test_days_that_were_not_summed_are_not_told_as_days_without_exploration(client, home, owner):
    serve_many(home.shop, 60, days_ago=3.0)
    client.force_login(owner)
    page = read(client, home.shop, "ledger/")
    assert "<b>3 days</b> of this period are not accounted yet." in page
    assert "Not accounted yet" in page
    assert ledger_of(home.shop, 28).unsummed == last_days_of(home.shop)
    sum_closed_days(shop=home.shop)
    assert "not accounted yet" not in read(client, home.shop, "ledger/")
    ClosedDay.objects.order_by("day").last().delete()
    assert "1 day of them is not accounted yet." in read(client, home.shop, "ledger/")


def test_a_shop_whose_first_slate_is_of_today_is_not_told_that_it_explored_nothing(client, home, owner):
    serve_many(home.shop, 5, days_ago=0.0)
    client.force_login(owner)
    page = read(client, home.shop, "ledger/")
    assert "The first day with slates is not over yet." in page
    assert ledger_of(home.shop, 7).unsummed == []


def test_a_period_without_slates_says_so(client, home, owner):
    serve_many(home.shop, 30, days_ago=20.0)
    sum_closed_days(shop=home.shop)
    client.force_login(owner)
    assert "No slate was shown in this period." in read(client, home.shop, "ledger/?days=7")


def last_days_of(shop):
    """The last three days that are over."""
    today = clock.today_in(shop.timezone)
    return [today - clock.DAY * back for back in (3, 2, 1)]


def test_the_ledger_says_what_exploring_took_cost_and_found(client, shop, owner):
    seed_shop(shop)
    client.force_login(owner)
    page, found = read(client, shop, "ledger/"), ledger_of(shop, 28)
    assert f"<b>{found.total.cost_clicks.value:.0f} clicks</b>" in page
    assert "<b>2 items</b> have earned their place by it." in page
    assert "Graduated" in page
    assert "Back to the shelf" in page
    assert f"{found.total.interests}" in page


def test_costs_that_cannot_be_told_are_not(client, shop, owner):
    seed_shop(shop)
    LedgerDay.objects.update(cost_clicks=None, cost_money=None)
    client.force_login(owner)
    page = read(client, shop, "ledger/")
    assert "What that cost cannot be told yet." in page
    assert "fig-balance" not in page


def test_a_placement_has_a_ledger_of_its_own(client, shop, owner):
    seed_shop(shop)
    client.force_login(owner)
    read(client, shop, "ledger/?placement=product&days=7")
    together, own = ledger_of(shop, 7), ledger_of(shop, 7, "product")
    assert [row.slug for row in own.placements] == ["product"]
    assert own.total.tried < together.total.tried == sum(row.total.tried for row in together.placements)


def test_the_page_of_a_placement_leads_to_its_ledger(client, shop, owner):
    ensure_default_placements(shop)
    client.force_login(owner)
    assert f"/shops/{shop.slug}/ledger/?placement=home" in read(client, shop, "placements/home/")


def test_what_the_address_asks_for_in_vain_is_left_out(client, shop, owner):
    client.force_login(owner)
    for query in ("days=5", "days=x", "placement=nowhere", "days=99999999999"):
        read(client, shop, f"ledger/?{query}")
        read(client, shop, f"launches/?{query}")


def test_items_without_a_fair_trial_are_named(client, shop, editor):
    seed_shop(shop)
    client.force_login(editor)
    page = read(client, shop, "launches/")
    assert "<b>1</b> had no fair trial." in page
    assert "Regency Tea Plate Pink" in page.split("Without a fair trial")[1].split("</section>")[0]


def test_an_editor_says_what_a_fair_trial_is_and_a_viewer_does_not(client, shop, editor, viewer):
    client.force_login(editor)
    client.post(f"/shops/{shop.slug}/launches/trial/", {"positions": "40", "days": "10"})
    assert (fair_trial_of(shop).positions, fair_trial_of(shop).days) == (40, 10)
    assert client.post(f"/shops/{shop.slug}/launches/trial/", {"positions": "many", "days": "3"}).status_code == 400
    client.force_login(viewer)
    assert client.post(f"/shops/{shop.slug}/launches/trial/", {"positions": "4", "days": "1"}).status_code == 403
    assert "trial-positions" not in read(client, shop, "launches/")


def test_the_api_tells_what_the_page_says(client, shop):
    seed_shop(shop)
    secret = issue_key(shop=shop, kind="sk").plain
    headers = {"Authorization": f"Bearer {secret}"}
    said, found = client.get("/api/v1/ledger?days=28", headers=headers).json(), ledger_of(shop, 28)
    assert said["total"]["tried"] == found.total.tried
    assert said["total"]["cost_clicks"]["value"] == pytest.approx(found.total.cost_clicks.value)
    assert said["balance"]["low"] < said["balance"]["value"] < said["balance"]["high"]
    assert {entry["kind"] for entry in said["findings"]} == {"graduated", "rejected"}
    assert said["days_not_summed"] == 0
    assert client.get("/api/v1/ledger?placement=nowhere", headers=headers).status_code == 404
    assert client.get("/api/v1/ledger?days=5", headers=headers).status_code == 400
    rows = client.get("/api/v1/launches", headers=headers).json()["launches"]
    assert {row["item_id"]: row["outlook"] for row in rows}["gar-0"] == "rising"
