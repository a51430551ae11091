"""The catalog over HTTP."""

from urllib.parse import quote

import pytest

from dashboard.catalog.models import Item

pytestmark = pytest.mark.django_db


def test_items_are_added_and_read_back(secret):
    sent = {
        "item_id": "mug/1 ü",
        "title": "Tea mug",
        "categories": ["Kitchen", "Mugs"],
        "price": 4.995,
        "currency": "gbp",
        "attributes": {"colour": "red", "sizes": ["S", "M"]},
    }
    assert secret.post("/items", {"items": [sent]}).json() == {"accepted": 1, "duplicates": 0, "rejected": []}
    item = secret.get("/items/mug/1%20%C3%BC").json()
    assert (item["title"], item["price"], item["currency"]) == ("Tea mug", "5.00", "GBP")
    assert item["attributes"] == {"colour": "red", "sizes": ["S", "M"]}


def test_an_update_changes_only_what_it_names(secret):
    secret.post("/items", {"items": [{"item_id": "mug", "title": "Mug", "price": 4, "in_stock": False}]})
    secret.post("/items", {"items": [{"item_id": "mug", "price": None}]})
    item = secret.get("/items/mug").json()
    assert (item["title"], item["price"], item["in_stock"]) == ("Mug", None, False)


def test_each_item_gets_its_verdict(secret):
    bad = [
        {"item_id": "a", "price": -1},
        {"item_id": "b", "colour": "red"},
        {"title": "no id"},
        {"item_id": "c", "image_url": "javascript:alert(1)"},
        {"item_id": "d", "currency": "??"},
        "text",
    ]
    answer = secret.post("/items", {"items": [{"item_id": "good"}, *bad, {"item_id": "good", "title": "G"}]}).json()
    assert (answer["accepted"], answer["duplicates"]) == (1, 1)
    assert [(rejection["index"], rejection["code"]) for rejection in answer["rejected"]] == [
        (1, "invalid_amount"),
        (2, "unknown_field"),
        (3, "missing_field"),
        (4, "invalid_url"),
        (5, "invalid_currency"),
        (6, "wrong_type"),
    ]
    assert Item.objects.get().title == "G"


def test_a_refused_item_is_named_with_its_field_its_value_and_what_may_be_meant(secret):
    bad = [{"item_id": "a", "price": -1.5}, {"item_id": "b", "category": "Mugs"}, {"item_id": "c", "title": 7}]
    dear, other, number = secret.post("/items", {"items": bad}).json()["rejected"]
    assert (dear["item_id"], dear["field"], dear["value"]) == ("a", "price", "-1.5")
    assert (other["item_id"], other["field"], other["value"]) == ("b", "category", "Mugs")
    assert "did you mean categories?" in other["message"]
    assert (number["item_id"], number["field"], number["value"]) == ("c", "title", "7")


def test_items_that_have_no_title_are_told(secret):
    secret.post("/items", {"items": [{"item_id": "mug", "title": "Mug"}]})
    answer = secret.post("/items", {"items": [{"item_id": "mug", "price": 4}, {"item_id": "jug", "price": 9}]}).json()
    assert answer["without_title"] == {"count": 1, "item_ids": ["jug"]}


def test_patch_changes_one_item_and_names_a_wrong_field(secret):
    secret.post("/items", {"items": [{"item_id": "mug", "title": "Mug"}]})
    assert secret.patch("/items/mug", {"brand": "Holly"}).json()["brand"] == "Holly"
    response = secret.patch("/items/mug", {"price": "cheap"})
    assert response.status_code == 400
    assert "price" in response.json()["error"]["message"]
    assert secret.patch("/items/none", {"brand": "x"}).status_code == 404


def test_a_deleted_item_is_gone_until_it_is_sent_again(secret):
    secret.post("/items", {"items": [{"item_id": "mug", "title": "Mug"}]})
    assert secret.delete("/items/mug").status_code == 204
    assert secret.get("/items/mug").status_code == 404
    assert secret.delete("/items/mug").status_code == 404
    secret.post("/items", {"items": [{"item_id": "mug"}]})
    assert secret.get("/items/mug").json()["title"] == "Mug"


def test_an_id_that_ends_with_a_space_is_passed_once(secret):
    secret.post("/items", {"items": [{"item_id": item_id} for item_id in ("a", "a ", "b")]})
    first = secret.get("/items?limit=2").json()
    rest = secret.get(f"/items?limit=2&after={quote(first['next'])}").json()
    assert [item["item_id"] for page in (first, rest) for item in page["items"]] == ["a", "a ", "b"]


def test_the_catalog_is_read_page_by_page(secret):
    secret.post("/items", {"items": [{"item_id": f"i{number}", "in_stock": number != 3} for number in range(5)]})
    first = secret.get("/items?limit=2").json()
    second = secret.get(f"/items?limit=2&after={first['next']}").json()
    last = secret.get(f"/items?limit=2&after={second['next']}").json()
    found = [item["item_id"] for page in (first, second, last) for item in page["items"]]
    assert found == ["i0", "i1", "i2", "i3", "i4"]
    assert last["next"] is None
    assert [item["item_id"] for item in secret.get("/items?in_stock=false").json()["items"]] == ["i3"]


def test_every_word_of_a_search_must_occur(secret):
    secret.post("/items", {"items": [{"item_id": "a", "title": "Red tea mug"}, {"item_id": "b", "title": "Red jug"}]})
    assert [item["item_id"] for item in secret.get("/items?q=MUG%20red").json()["items"]] == ["a"]


def test_the_catalog_is_filtered_by_price_stock_and_any_expression(secret):
    items = [{"item_id": f"i{n}", "price": n, "in_stock": n != 2, "attributes": {"size": str(n)}} for n in range(5)]
    secret.post("/items", {"items": items})

    def found(query):
        return [item["item_id"] for item in secret.get(f"/items?{query}").json()["items"]]

    assert found("price_min=1&price_max=3") == ["i1", "i2", "i3"]
    assert found("price_min=1&price_max=3&in_stock=true") == ["i1", "i3"]
    assert found("where=attributes.size%20%3E%3D%202%20and%20in_stock%20=%20true") == ["i3", "i4"]


def test_a_mistake_in_an_expression_is_named_by_its_place(secret):
    response = secret.get("/items?where=price%20%3C%20cheap")
    assert response.status_code == 400
    assert response.json()["error"]["fields"]["where"].startswith("At character 9: ")


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=501", "limit=x", "colour=red", "in_stock=perhaps", "q=%00", "price_min=x", "where="]
)
def test_a_filter_that_is_not_understood_is_a_400(secret, query):
    assert secret.get(f"/items?{query}").status_code == 400


def test_the_publishable_key_may_not_touch_the_catalog(publishable):
    assert publishable.post("/items", {"items": []}).status_code == 403
    assert publishable.get("/items").status_code == 403
