"""Attributes of visitors and audiences over the API."""

import pytest

from dashboard.accounts.services import issue_key
from dashboard.audiences.models import Audience, Visitor
from dashboard.audiences.services import count_all_visitors
from dashboard.events.models import Privacy
from tests.api.conftest import ApiClient, event

pytestmark = pytest.mark.django_db


def test_attributes_of_a_visitor_are_replaced_as_a_whole_and_told_with_the_profile(secret):
    first = secret.put(
        "/visitors/ada", {"attributes": {"country": "GB", "tier": 3, "plus": True, "brands": ["A", "B"]}}
    )
    assert first.status_code == 200
    second = secret.put("/visitors/ada", {"attributes": {"country": "FR", "tier": None}}).json()
    assert second["attributes"] == {"country": "FR"}
    assert secret.get("/visitors/ada").json()["attributes"] == {"country": "FR"}


@pytest.mark.parametrize(
    ("attributes", "field"),
    [
        ({"x": {"deep": 1}}, "attributes.x"),
        ({"x": "a" * 256}, "attributes.x"),
        ({"x": ["a"] * 21}, "attributes.x"),
        ({"x": [1, 2]}, "attributes.x"),
        ({"x": 10**18}, "attributes.x"),
        ({"x": "a\u0000b"}, "attributes.x"),
        ({"": 1}, "attributes: a name"),
        ({f"a{number}": 1 for number in range(51)}, "attributes"),
        ("text", "attributes"),
    ],
)
def test_attributes_are_few_short_and_plain(secret, attributes, field):
    answer = secret.put("/visitors/ada", {"attributes": attributes})
    assert answer.status_code == 400
    assert field in answer.json()["error"]["fields"]
    assert not Visitor.objects.exists()


def test_a_publishable_key_and_one_without_the_scope_set_no_attributes(client, shop, publishable):
    assert publishable.put("/visitors/ada", {"attributes": {}}).status_code == 403
    narrow = ApiClient(client, issue_key(shop=shop, kind="sk", scopes=["segments"]).plain)
    assert narrow.put("/visitors/ada", {"attributes": {}}).status_code == 403
    assert narrow.get("/audiences").status_code == 200


def test_attributes_are_erased_with_the_visitor_and_exported_with_all_else(secret):
    secret.post("/events", {"events": [event("a", visitor_id="ada")]})
    secret.put("/visitors/ada", {"attributes": {"country": "GB"}})
    made = secret.post("/audiences", {"name": "British", "expression": 'attributes.country = "GB"'})
    assert made.status_code == 201
    export = secret.get("/visitors/ada/export").json()
    assert (export["attributes"], export["audiences"]) == ({"country": "GB"}, ["British"])
    assert secret.delete("/visitors/ada").json()["attributes"] == 1
    assert not Visitor.objects.exists()
    assert secret.get("/visitors/ada/export").status_code == 404


def test_a_merge_keeps_what_is_known_of_the_signed_in_visitor(secret):
    secret.post("/events", {"events": [event("a", visitor_id="cookie"), event("b", visitor_id="ada")]})
    secret.put("/visitors/cookie", {"attributes": {"country": "FR", "campaign": "autumn"}})
    secret.put("/visitors/ada", {"attributes": {"country": "GB"}})
    secret.post("/visitors/cookie/merge", {"into": "ada"})
    row = Visitor.objects.get()
    assert (row.visitor_id, row.attributes, row.interactions) == ("ada", {"country": "GB", "campaign": "autumn"}, 2)


def test_an_audience_is_made_counted_changed_listed_and_archived(secret, shop):
    Privacy.objects.create(shop=shop, smallest_group=2)
    for visitor in ("ada", "bob", "cleo"):
        secret.post("/events", {"events": [event(visitor, visitor_id=visitor)]})
    count_all_visitors(shop=shop)
    made = secret.post("/audiences", {"name": "Lookers", "expression": "interactions>0"}).json()
    address = f"/audiences/{made['id']}"
    assert secret.get(address).json()["visitors"] == 3
    first = secret.get(f"{address}/visitors?limit=2").json()
    assert first == {"visitors": ["ada", "bob"], "next": "bob"}
    assert secret.get(f"{address}/visitors?limit=2&cursor=bob").json() == {"visitors": ["cleo"], "next": ""}
    assert secret.patch(address, {"expression": "interactions > 5"}).json()["revision"] == 2
    assert secret.get(address).json()["visitors"] == 0
    assert secret.delete(address).status_code == 204
    assert secret.get("/audiences").json() == {"audiences": []}
    assert Audience.objects.get().archived_at is not None


def test_of_too_few_visitors_neither_number_nor_ids_are_told(secret, shop):
    for visitor in ("ada", "bob"):
        secret.post("/events", {"events": [event(visitor, visitor_id=visitor)]})
    count_all_visitors(shop=shop)
    made = secret.post("/audiences", {"name": "Lookers", "expression": "interactions > 0"}).json()
    assert secret.get(f"/audiences/{made['id']}").json()["visitors"] is None
    assert secret.get(f"/audiences/{made['id']}/visitors").status_code == 403


def test_what_is_no_condition_is_told_by_its_place(secret):
    answer = secret.post("/audiences", {"name": "Odd", "expression": "spent >"})
    assert answer.status_code == 400
    assert "At character 8" in answer.json()["error"]["fields"]["expression"]
    assert secret.post("/audiences", {"name": "Odd", "expression": "new = true", "shop": "other"}).status_code == 400
