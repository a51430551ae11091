"""Several placements of a page in one `POST /recommendations`: nothing stands there twice."""

import pytest

from dashboard.events.models import Exposure
from tests.serving.conftest import add_catalog, add_item, set_policy

PAGE = {"placements": [{"placement": "home", "n": 3}, {"placement": "product", "n": 3}]}


@pytest.fixture(autouse=True)
def catalog(shop):
    add_catalog(shop)
    for number in range(8):
        add_item(shop, f"more-{number}")


def shown(answer):
    return [[item["item_id"] for item in slate["items"]] for slate in answer["slates"]]


def test_each_placement_has_its_slate_in_the_order_asked(publishable):
    response = publishable.post("/recommendations", PAGE)
    slates = response.json()["slates"]
    assert response.status_code == 200
    assert [(slate["placement"], len(slate["items"])) for slate in slates] == [("home", 3), ("product", 3)]
    assert [item["position"] for item in slates[1]["items"]] == [1, 2, 3]


def test_no_item_stands_in_two_of_them(secret):
    places = [{"placement": name, "n": 4} for name in ("home", "product", "cart")]
    for visitor in ("v1", "v2", "v3"):
        slates = shown(secret.post("/recommendations", {"placements": places, "visitor_id": visitor}).json())
        items = [item_id for slate in slates for item_id in slate]
        assert len(items) == len(set(items)) > 8


def test_a_variant_of_what_stands_above_is_left_out_too(secret, shop):
    for number in range(4):
        add_item(shop, f"shirt-{number}", group_id="shirt", brand="Linen")
    page = {"placements": [{"placement": "home"}, {"placement": "cart"}], "filters": {"brand": "Linen"}}
    first, second = shown(secret.post("/recommendations", page).json())
    assert (len(first), second) == (1, [])


def test_the_first_slate_is_as_it_is_when_asked_alone(secret, shop):
    set_policy(shop, exploration=0.0)
    together = shown(secret.post("/recommendations", PAGE).json())
    alone = secret.post("/recommendations", {"placement": "home", "n": 3}).json()
    assert together[0] == [item["item_id"] for item in alone["items"]]


def test_each_slate_is_logged_with_an_id_of_its_own(secret):
    slates = secret.post("/recommendations", {**PAGE, "visitor_id": "v1"}).json()["slates"]
    rows = {str(row.recommendation_id): row for row in Exposure.objects.all()}
    assert set(rows) == {slate["recommendation_id"] for slate in slates}
    assert all(rows[slate["recommendation_id"]].items == slate["items"] for slate in slates)


def test_what_a_placement_leaves_out_is_as_the_request_says(secret, shop):
    add_item(shop, "lamp", brand="Lumen")
    page = {
        "placements": [{"placement": "home"}, {"placement": "cart", "n": 2, "filters": {}}],
        "n": 5,
        "filters": {"brand": "Lumen"},
    }
    first, second = shown(secret.post("/recommendations", page).json())
    assert (first, len(second)) == (["lamp"], 2)


def test_details_and_explanations_are_in_all_of_them(secret):
    slates = secret.post("/recommendations", {**PAGE, "explain": True, "details": True}).json()["slates"]
    assert all(item["explanation"] and item["details"] for slate in slates for item in slate["items"])


def test_an_unknown_placement_among_them_is_a_404_and_nothing_is_logged(secret):
    page = {"placements": [{"placement": "home"}, {"placement": "sidebar"}]}
    assert secret.post("/recommendations", page).status_code == 404
    assert not Exposure.objects.exists()


def test_a_wrong_filter_is_named_with_its_placement(secret):
    page = {"placements": [{"placement": "home"}, {"placement": "cart", "filters": {"size": "L"}}]}
    response = secret.post("/recommendations", page)
    assert response.status_code == 400
    assert list(response.json()["error"]["fields"]) == ["placements.1.filters.size"]
