"""Ids that hold slashes and end like an address reach their own thing, by every method."""

from urllib.parse import quote

import pytest

from dashboard.accounts import services
from dashboard.catalog.models import Item
from tests.api.conftest import ApiClient, event

pytestmark = pytest.mark.django_db
ITEMS = ["a", "a/similar", "a/similar/similar", "a/export", "a//", "/a", "a%2Fsimilar"]
VISITORS = ["v", "v/export", "v/merge", "v/export/merge", "v/", "v%2Fexport"]


@pytest.fixture
def items(secret):
    secret.post("/items", {"items": [{"item_id": item_id, "title": f"Mug {item_id}"} for item_id in ITEMS]})


@pytest.fixture
def visitors(secret):
    answer = secret.post("/events", {"events": [event(f"of {name}", visitor_id=name) for name in VISITORS]}).json()
    assert answer["accepted"] == len(VISITORS)


def path(kind, name, part=""):
    return f"/{kind}/{quote(name, safe='')}{part}"


@pytest.mark.parametrize("item_id", ITEMS)
def test_an_item_is_read_by_its_id_in_the_query_and_changed_and_deleted_by_its_address(secret, items, item_id):
    found = secret.get(f"/items?item_id={quote(item_id)}").json()["items"]
    assert [item["item_id"] for item in found] == [item_id]
    assert secret.patch(path("items", item_id), {"brand": "Holly"}).json()["item_id"] == item_id
    assert [item.item_id for item in Item.objects.filter(brand="Holly")] == [item_id]
    assert secret.delete(path("items", item_id)).status_code == 204
    assert [item.item_id for item in Item.objects.exclude(deleted_at=None)] == [item_id]


@pytest.mark.parametrize("item_id", ITEMS)
def test_what_is_like_an_item_is_told_of_that_item(secret, items, item_id):
    assert secret.get(path("items", item_id, "/similar")).json()["item_id"] == item_id


@pytest.mark.parametrize("visitor_id", VISITORS)
def test_a_visitor_is_read_exported_merged_and_erased_by_its_own_id(secret, visitors, visitor_id):
    assert secret.get(f"/visitors?visitor_id={quote(visitor_id)}").json()["visitor_id"] == visitor_id
    exported = secret.get(path("visitors", visitor_id, "/export")).json()
    assert [row["event_id"] for row in exported["interactions"]] == [f"of {visitor_id}"]
    assert secret.delete(path("visitors", visitor_id)).json()["interactions"] == 1
    assert secret.get(f"/visitors?visitor_id={quote(visitor_id)}").status_code == 404
    for other in set(VISITORS) - {visitor_id}:
        assert secret.get(f"/visitors?visitor_id={quote(other)}").status_code == 200, other
    joined = next(other for other in VISITORS if other != visitor_id)
    assert secret.post(path("visitors", joined, "/merge"), {"into": visitor_id}).json()["interactions"] == 1


def test_a_visitor_that_ends_like_a_merge_is_read_by_its_address_too(secret, visitors):
    assert secret.get("/visitors/v/merge").json()["visitor_id"] == "v/merge"


def test_the_scope_is_that_of_what_is_done(client, shop, items):
    """Whoever may ask for similar items may not delete one, whatever its address looks like."""
    of_slates = ApiClient(client, services.issue_key(shop=shop, kind="sk", scopes=["slates"]).plain)
    of_catalog = ApiClient(client, services.issue_key(shop=shop, kind="sk", scopes=["catalog"]).plain)
    assert of_slates.get("/items/a/similar").status_code == 200
    assert of_slates.delete("/items/a/similar").status_code == 403
    assert of_catalog.get("/items/a/similar").status_code == 403
    assert of_catalog.delete("/items/a/similar").status_code == 204


def test_a_method_that_neither_has_is_a_405(secret, items):
    assert secret.post("/items/a/similar", {}).status_code == 405
