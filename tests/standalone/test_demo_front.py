"""The front of the sample shop: who may see it, as whom one browses, and what it says of a visitor."""

import pytest
from django.test import Client

from dashboard.accounts.models import ApiKey
from dashboard.accounts.selectors import live_key
from dashboard.accounts.services import revoke_key
from dashboard.events.models import Exposure, Interaction
from dashboard.events.services import record_events, refresh_daily_kpis
from dashboard.policies.services import ensure_default_placements
from dashboard.serving.explained import explained_slate
from dashboard.standalone.demo.key import demo_key
from dashboard.standalone.demo.visitors import COOKIE, known_visitors
from tests.serving.conftest import ask, send
from tests.serving.test_batches import member

PAGES = ["/demo/", "/demo/category/lamps/", "/demo/item/i3/", "/demo/basket/", "/demo/thoughts/"]


@pytest.fixture
def front(stocked, settings, tmp_path, monkeypatch):
    """The sample shop with its front switched on."""
    monkeypatch.setenv("FORAGE_DATA", str(tmp_path))
    settings.DEMO = True
    stocked.is_sample = True
    stocked.save()
    ensure_default_placements(stocked)
    return stocked


@pytest.mark.parametrize("page", PAGES)
def test_every_page_is_open_to_all(front, client, page):
    assert client.get(page).status_code == 200


@pytest.mark.parametrize("page", PAGES)
def test_there_is_no_front_where_it_is_switched_off(front, client, settings, page):
    settings.DEMO = False
    assert client.get(page).status_code == 404


@pytest.mark.parametrize("page", PAGES)
def test_a_shop_of_one_s_own_has_no_front(front, client, page):
    front.is_sample = False
    front.save()
    assert client.get(page).status_code == 404


@pytest.mark.parametrize("page", ["/demo/category/attic/", "/demo/item/nothing/", "/demo/elsewhere/"])
def test_what_is_not_there_is_not_found(front, client, page):
    assert client.get(page).status_code == 404


def test_one_key_is_held_to_the_origins_of_this_front(front):
    plain = demo_key(front, "http://localhost:8000")
    assert demo_key(front, "http://localhost:8000") == plain
    assert demo_key(front, "http://127.0.0.1:8000") == plain
    assert live_key(plain).allowed_origins == ["http://localhost:8000", "http://127.0.0.1:8000"]
    assert ApiKey.objects.filter(shop=front, name="Demonstration").count() == 1
    revoke_key(key=live_key(plain))
    assert demo_key(front, "http://localhost:8000") != plain


def test_somebody_new_stays_the_same_until_one_starts_anew(front, client):
    client.get("/demo/")
    first = client.cookies[COOKIE].value
    client.get("/demo/basket/")
    assert client.cookies[COOKIE].value == first
    client.post("/demo/visitor/", {"visitor": "new", "next": "/demo/basket/"})
    assert client.cookies[COOKIE].value != first


def test_one_may_be_a_visitor_who_is_offered_and_nobody_else(front, client):
    send(front, "regular", "i3")
    member(front, "regular")
    assert [visitor.visitor_id for visitor in known_visitors(front)] == ["regular"]
    response = client.post("/demo/visitor/", {"visitor": "regular", "next": "/demo/item/i3/"})
    assert response["Location"] == "/demo/item/i3/"
    assert "Lamps 3" in client.get("/demo/thoughts/").content.decode()
    client.post("/demo/visitor/", {"visitor": "somebody-else"})
    assert client.cookies[COOKIE].value.startswith("demo-")
    client.cookies[COOKIE] = "regular-2"
    send(front, "regular-2", "i4")
    assert "Cups 4" not in client.get("/demo/thoughts/").content.decode()


def test_a_way_out_of_the_front_is_not_followed(front, client):
    response = client.post("/demo/visitor/", {"visitor": "new", "next": "https://elsewhere.example/demo/"})
    assert response["Location"] == "/demo/"


def test_the_choice_needs_the_page_s_own_form(front):
    assert Client(enforce_csrf_checks=True).post("/demo/visitor/", {"visitor": "new"}).status_code == 403


def test_what_a_page_of_the_sample_shop_sends_counts_as_simulated(front, client):
    plain = demo_key(front, "http://testserver")
    address = f"/api/v1/events?key={plain}"
    event = {"event_id": "e1", "type": "view_item", "visitor_id": "demo-0123456789ab", "item_id": "i3"}
    assert client.post(address, {"events": [event]}, content_type="application/json").status_code == 202
    body = {"placement": "home", "visitor_id": "demo-0123456789ab"}
    assert client.post(f"/api/v1/recommendations?key={plain}", body, content_type="application/json").status_code == 200
    assert list(Interaction.objects.values_list("simulated", flat=True)) == [True]
    assert list(Exposure.objects.values_list("simulated", flat=True)) == [True]


def test_a_slate_is_explained_as_it_was_served(front):
    send(front, "v1", "i3")
    slate = ask(front, "product", visitor_id="v1", context_items=("i3",))
    found = explained_slate(front, "v1", slate.recommendation_id)
    assert [entry.shown.slot for entry in found.items] == [
        item._replace(title="", because_of="") for item in slate.items
    ]
    assert found.candidates == slate.candidates
    assert found.fallback == "content"
    assert {entry.sentence for entry in found.items} >= {"similar to what you are looking at"}
    assert explained_slate(front, "v2", slate.recommendation_id) is None
    assert explained_slate(front, "v1", None) is None


@pytest.mark.parametrize("sent", ["", "x", "0" * 400, "<script>"])
def test_whatever_is_asked_of_the_panel_it_answers(front, client, sent):
    response = client.get("/demo/thoughts/", {"slate": sent})
    assert response.status_code == 200
    assert "<script>" not in response.content.decode()


def test_the_overview_leads_to_the_front_of_the_sample_shop_alone(front, owner, client, settings):
    client.force_login(owner)
    record_events(shop=front, raw=[{"event_id": "e1", "type": "view_item", "visitor_id": "v", "item_id": "i3"}])
    refresh_daily_kpis(shop=front)
    page = f"/shops/{front.slug}/"
    assert 'href="/demo/"' in client.get(page).content.decode()
    settings.DEMO = False
    assert 'href="/demo/"' not in client.get(page).content.decode()
