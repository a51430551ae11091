"""`POST /recommendations`, `GET /items/{id}/similar` and `GET /visitors/{id}`."""

import json

import pytest
from django.core.management import CommandError, call_command

from dashboard.events.models import Exposure
from tests.api.conftest import event
from tests.serving.conftest import add_catalog, add_item, set_policy

FIELDS = ["item_id", "position", "score", "source", "reason", "propensity", "explore"]


@pytest.fixture(autouse=True)
def catalog(shop):
    add_catalog(shop)
    return shop


def test_a_publishable_key_gets_a_slate_in_the_documented_form(publishable):
    response = publishable.post("/recommendations", {"placement": "home", "n": 3})
    answer = response.json()
    assert response.status_code == 200
    assert list(answer) == [
        "recommendation_id", "placement", "policy_version", "artifact", "experiment", "variant", "fallback", "withheld",
        "items",
    ]  # fmt: skip
    assert [list(item) for item in answer["items"]] == [FIELDS] * 3
    assert (answer["fallback"], answer["artifact"], answer["experiment"]) == ("newest", None, None)


def test_the_answer_is_what_was_logged(secret):
    answer = secret.post("/recommendations", {"placement": "home", "visitor_id": "v1"}).json()
    row = Exposure.objects.get(recommendation_id=answer["recommendation_id"])
    assert row.items == answer["items"]
    assert (row.visitor_id, row.simulated) == ("v1", False)


def test_an_event_sent_a_moment_ago_changes_the_slate(secret, shop):
    set_policy(shop, exploration=0.0)
    asked = {"placement": "home", "visitor_id": "v1", "n": 3}
    before = secret.post("/recommendations", asked).json()
    secret.post("/events", {"events": [event(visitor_id="v1", item_id="spade")]})
    after = secret.post("/recommendations", asked).json()
    assert before["items"] != after["items"]
    assert after["fallback"] == "content"


def test_explain_adds_the_reason_in_words(secret, shop):
    set_policy(shop, exploration=0.0)
    answer = secret.post("/recommendations", {"placement": "home", "n": 1, "explain": True}).json()
    assert answer["items"][0]["explanation"] == "new in this shop"


def test_details_add_what_a_page_needs_to_draw_an_item(publishable, shop):
    add_item(shop, "lamp", title="Lamp", price="12.50", url="https://shop.example/lamp", brand="Lumen")
    asked = {"placement": "home", "n": 20, "details": True}
    answer = publishable.post("/recommendations", asked).json()
    details = {item["item_id"]: item["details"] for item in answer["items"]}
    assert details["lamp"].pop("picture").startswith("/pictures/")
    assert details["lamp"] | {"category": ""} == {
        "title": "Lamp", "url": "https://shop.example/lamp", "image_url": "", "price": "12.50", "currency": "GBP",
        "brand": "Lumen", "category": "",
    }  # fmt: skip
    assert "details" not in Exposure.objects.get().items[0]


def test_a_simulator_s_slates_are_marked(secret):
    answer = secret.post("/recommendations", {"placement": "home"}, headers={"X-Forage-Simulated": "1"}).json()
    assert Exposure.objects.get(recommendation_id=answer["recommendation_id"]).simulated


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"colour": "red"}, "colour"),
        ({"n": 0}, "n"),
        ({"n": 101}, "n"),
        ({"n": "many"}, "n"),
        ({"placement": ""}, "placement"),
        ({"visitor_id": "x" * 256}, "visitor_id"),
        ({"visitor_id": "a\u0000b"}, "visitor_id"),
        ({"context_items": ["x"] * 51}, "context_items"),
        ({"cart_items": "mug"}, "cart_items"),
        ({"filters": {"size": "L"}}, "filters.size"),
        ({"filters": {"price_max": "cheap"}}, "filters.price_max"),
    ],
)
def test_what_is_not_understood_is_refused_by_field(secret, change, field):
    response = secret.post("/recommendations", {"placement": "home", **change})
    assert response.status_code == 400
    assert any(name.startswith(field) for name in response.json()["error"]["fields"])


def test_an_unknown_placement_is_a_404_that_names_the_known_ones(secret):
    secret.post("/recommendations", {"placement": "home"})
    response = secret.post("/recommendations", {"placement": "sidebar"})
    assert response.status_code == 404
    assert "home, product, cart, email" in response.json()["error"]["message"]


def test_a_filter_that_leaves_nothing_gives_nothing(secret):
    answer = secret.post("/recommendations", {"placement": "home", "filters": {"brand": "Nobody"}}).json()
    assert answer["items"] == []


def test_similar_items_share_what_the_item_is_and_are_no_variants_of_it(secret):
    answer = secret.get("/items/mug-red/similar?n=3").json()
    shown = [item["item_id"] for item in answer["items"]]
    assert shown[0] == "teapot"
    assert not {"mug-red", "mug-blue", "rare"} & set(shown)
    assert [item["position"] for item in answer["items"]] == [1, 2, 3]


def test_similar_items_of_an_id_with_a_slash_are_found(secret, shop):
    add_item(shop, "a/b", categories=["Kitchen"])
    assert secret.get("/items/a/b/similar").status_code == 200


def test_an_unknown_item_has_nothing_similar(secret, other_shop):
    add_item(other_shop, "theirs")
    assert secret.get("/items/theirs/similar").status_code == 404


def test_the_profile_of_a_visitor_says_what_they_did(secret):
    secret.post("/events", {"events": [event("e1", visitor_id="v/1"), event("e2", visitor_id="v/1")]})
    answer = secret.get("/visitors/v/1").json()
    assert (answer["visitor_id"], answer["interactions"], answer["segments"]) == ("v/1", 2, [])
    assert answer["interest"] is None


def test_an_unknown_visitor_is_a_404(secret):
    assert secret.get("/visitors/nobody").status_code == 404


def test_a_publishable_key_may_not_read_visitors(publishable):
    assert publishable.get("/visitors/v1").status_code == 403


def test_the_command_answers_what_the_api_does(shop, capsys):
    call_command("recommend", shop=shop.slug, visitor="v1", placement="home", n=2, seed=4, json=True)
    answer = json.loads(capsys.readouterr().out)
    assert len(answer["items"]) == 2
    assert Exposure.objects.filter(recommendation_id=answer["recommendation_id"]).exists()


def test_the_command_prints_a_table_for_people(shop, capsys):
    call_command("recommend", shop=shop.slug, placement="home", n=2, seed=4)
    assert "answered by newest" in capsys.readouterr().out


def test_the_command_says_in_one_line_what_is_wrong(shop):
    with pytest.raises(CommandError, match="There is no placement"):
        call_command("recommend", shop=shop.slug, placement="sidebar")
