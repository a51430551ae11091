"""The walk of the design, over HTTP against real servers: an event becomes a model, a slate, a click and a chart."""

import json
import re
import uuid

import httpx
import numpy as np
import pytest

from tests.journeys.system import eventually

pytestmark = pytest.mark.journey

TASTES, ITEMS_OF_A_TASTE, VISITORS = 3, 12, 90
SLATE_SIZE = 6


@pytest.fixture(scope="module")
def keys(system):
    return system.create_shop("garden")


@pytest.fixture(scope="module")
def backend(system, keys):
    headers = {"Authorization": f"Bearer {keys['secret_key']}"}
    with httpx.Client(base_url=f"{system.url}/api/v1", headers=headers, timeout=60) as client:
        yield client


@pytest.fixture(scope="module")
def frontend(system, keys):
    headers = {"Authorization": f"Bearer {keys['publishable_key']}"}
    with httpx.Client(base_url=f"{system.url}/api/v1", headers=headers, timeout=60) as client:
        yield client


def event(visitor_id, kind, item_id, **more):
    return {"event_id": str(uuid.uuid4()), "type": kind, "visitor_id": visitor_id, "item_id": item_id, **more}


def catalog():
    themes = ["Rose", "Fern", "Cactus"]
    for taste in range(TASTES):
        for number in range(ITEMS_OF_A_TASTE):
            title = f"{themes[taste]} pot {number}"
            yield {"item_id": f"{taste}-{number}", "title": title, "categories": [themes[taste]], "price": 5 + number}


def behaviour():
    rng = np.random.default_rng(7)
    for visitor in range(VISITORS):
        taste = visitor % TASTES
        for item in rng.choice(ITEMS_OF_A_TASTE, 7, replace=False):
            kind = "purchase" if rng.random() < 0.2 else "view_item"
            yield event(f"visitor-{visitor}", kind, f"{taste}-{item}")


@pytest.fixture(scope="module")
def published(backend):
    """Catalog and behaviour sent, a run started and its artifact published."""
    items = backend.post("/items", json={"items": list(catalog())})
    assert items.status_code == 202, items.text
    assert items.json()["accepted"] == TASTES * ITEMS_OF_A_TASTE
    events = list(behaviour())
    for start in range(0, len(events), 300):
        answer = backend.post("/events", json={"events": events[start : start + 300]})
        assert answer.status_code == 202
        assert answer.json()["rejected"] == []
    resent = backend.post("/events", json={"events": events[:50]}).json()
    assert (resent["accepted"], resent["duplicates"]) == (0, 50)
    run = backend.post("/runs", json={"preset": "fast"})
    assert run.status_code == 202
    assert backend.post("/runs", json={"preset": "fast"}).status_code == 409

    def ended():
        state = backend.get(f"/runs/{run.json()['id']}").json()
        return state if state["state"] not in ("queued", "running", "evaluating") else None

    final = eventually(ended)
    assert final["state"] == "published", final
    return final


def slate(client, visitor_id, **more):
    body = {"placement": "home", "visitor_id": visitor_id, "n": SLATE_SIZE, **more}
    answer = client.post("/recommendations", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def by_the_model(client, visitor_id):
    """A slate that the published model made: web processes look for a new artifact once a second."""
    return eventually(lambda: found if (found := slate(client, visitor_id))["fallback"] is None else None)


def in_the_experiment(client, visitor_id):
    """A slate of one of the variants: web processes look for what was started once a second."""
    return eventually(lambda: found if (found := slate(client, visitor_id))["variant"] in ("A", "B") else None)


def test_the_published_model_recommends_what_a_visitor_likes(published, frontend):
    answer = by_the_model(frontend, "visitor-0")
    assert answer["artifact"] == published["artifact"] or answer["artifact"]
    assert [item["position"] for item in answer["items"]] == list(range(1, SLATE_SIZE + 1))
    assert all(0 < item["propensity"] <= 1 for item in answer["items"])
    assert sum(item["item_id"].startswith("0-") for item in answer["items"]) >= SLATE_SIZE // 2


def test_an_accepted_event_changes_the_next_slate_without_a_retrain(published, frontend):
    by_the_model(frontend, "visitor-0")
    newcomer = f"newcomer-{uuid.uuid4()}"
    before = [item["item_id"] for item in slate(frontend, newcomer)["items"]]
    frontend.post("/events", json={"events": [event(newcomer, "view_item", f"2-{n}") for n in (1, 4, 7)]})
    after = [item["item_id"] for item in slate(frontend, newcomer)["items"]]
    assert after != before
    assert sum(item.startswith("2-") for item in after) >= SLATE_SIZE // 2


def test_the_visitors_interest_is_a_segment_of_its_taste(published, backend):
    profile = backend.get("/visitors/visitor-1").json()
    assert profile["segments"]


def signed_in(system, keys):
    """A browser's session of the shop's owner."""
    system.manage(
        "shell",
        "-c",
        "from dashboard.accounts.services import add_member; from dashboard.accounts.selectors import shop_by_slug; "
        "add_member(shop=shop_by_slug('garden'), email='gail@example.com', role='owner', password='a long passphrase')",
    )
    browser = httpx.Client(base_url=system.url, timeout=60, follow_redirects=True)
    page = browser.get("/sign-in/").text
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)[1]
    fields = {"csrfmiddlewaretoken": token, "username": "gail@example.com", "password": "a long passphrase"}
    home = browser.post("/sign-in/", data=fields, headers={"Referer": f"{system.url}/sign-in/"})
    assert home.status_code == 200
    assert "/shops/garden/" in str(home.url)
    return browser


def figures(page):
    return [
        json.loads(text) for text in re.findall(r'<script[^>]*type="application/json"[^>]*>(.*?)</script>', page, re.S)
    ]


def test_slates_and_clicks_become_an_experiment_and_charts(published, system, keys, frontend, backend):
    by_the_model(frontend, "visitor-0")
    browser = signed_in(system, keys)
    form = browser.get("/shops/garden/experiments/").text
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form)[1]
    started = browser.post(
        "/shops/garden/experiments/create/",
        data={"csrfmiddlewaretoken": token, "placement": "home", "exploration": "0.5", "name": "More exploration"},
        headers={"Referer": f"{system.url}/shops/garden/experiments/"},
    )
    assert started.status_code == 200, started.text[:500]
    experiment = backend.get("/experiments").json()["experiments"][0]
    for visitor in range(VISITORS):
        answer = in_the_experiment(frontend, f"visitor-{visitor}")
        click = {"recommendation_id": answer["recommendation_id"], "placement": "home"}
        first = answer["items"][0]["item_id"]
        kinds = ["select_item", "add_to_cart"] if visitor % 3 == 0 else ["select_item"]
        sent = [event(f"visitor-{visitor}", kind, first, **click) for kind in kinds]
        assert frontend.post("/events", json={"events": sent}).json()["accepted"] == len(sent)
    system.manage(
        "shell",
        "-c",
        "from dashboard.experiments.services import refresh_running; refresh_running()",
    )
    results = backend.get(f"/experiments/{experiment['id']}/results").json()
    assert sum(results["trust"]["visitors"].values()) == VISITORS
    page = browser.get(f"/shops/garden/experiments/{experiment['id']}/").text
    assert figures(page)
    assert figures(browser.get("/shops/garden/segments/").text)
    assert browser.get("/shops/garden/models/").status_code == 200
