"""Every byte is hostile: whatever body comes, the answer is a 4xx in our form that names what is wrong."""

import gzip
import json
from datetime import UTC, datetime, timedelta

import pytest

from dashboard.catalog.models import Item
from dashboard.events.models import Interaction
from tests.api.conftest import event

pytestmark = pytest.mark.django_db

MIB = 1024 * 1024
ROUTES = ["POST /events", "POST /items", "PATCH /items/mug", "POST /recommendations", "POST /runs"]
DEEP = 100_000
TWICE_PACKED = gzip.compress(gzip.compress(b"{}", mtime=0), mtime=0)
BODIES = {
    "oversized": (b'{"placement": "' + b"a" * MIB + b'"}', 413),
    "a deep list": (b"[" * DEEP + b"]" * DEEP, 400),
    "a deep object": (b'{"a":' * DEEP + b"1" + b"}" * DEEP, 400),
    "cut short": (b'{"placement": "ho', 400),
    "not UTF-8": (b'{"\xff\xfe": 1}', 400),
    "UTF-16": ('{"placement": "home"}'.encode("utf-16"), 400),
    "half a character": (b'{"\\ud800": 1}', 400),
    "a number beyond any": (b'{"n": ' + b"9" * 400 + b"}", 400),
    "not a number": (b'{"n": NaN}', 400),
    "null": (b"null", 400),
    "a text": (b'"events"', 400),
    "unknown fields": (b'{"nothing": 1, "__proto__": {}}', 400),
}


@pytest.fixture
def mug(shop):
    return Item.objects.create(shop=shop, item_id="mug", title="Mug")


def refused(response, status):
    error = response.json()["error"]
    assert response.status_code == status, error
    assert error["message"] and error["fields"], error
    return error


@pytest.mark.parametrize("route", ROUTES)
def test_a_hostile_body_is_a_4xx_that_names_what_is_wrong(secret, mug, route):
    for name, (raw, status) in BODIES.items():
        error = refused(secret.request(*route.split(), raw), status)
        assert all(isinstance(said, str) for said in error["fields"].values()), name
    mug.refresh_from_db()
    assert mug.title == "Mug"
    assert not Interaction.objects.exists()


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize(
    ("encoding", "packed", "status", "field"),
    [
        ("gzip", gzip.compress(b" " * (50 * MIB)), 413, "body"),
        ("gzip", TWICE_PACKED, 400, "body"),
        ("gzip", b"\x1f\x8b\x08\x00 not really", 400, "body"),
        ("gzip, gzip", TWICE_PACKED, 400, "Content-Encoding"),
        ("br", b"{}", 400, "Content-Encoding"),
    ],
)
def test_packed_bodies_cannot_do_more_than_plain_ones(secret, mug, route, encoding, packed, status, field):
    response = secret.request(*route.split(), packed, headers={"Content-Encoding": encoding})
    assert field in refused(response, status)["fields"]


@pytest.mark.parametrize("route", ROUTES)
def test_a_body_without_an_announced_length_is_refused_instead_of_read_as_empty(secret, route):
    response = secret.request(*route.split(), b"", headers={"Transfer-Encoding": "chunked"})
    assert set(refused(response, 411)["fields"]) == {"Content-Length"}


@pytest.mark.parametrize("route", ["/events", "/recommendations"])
def test_another_media_type_is_named(secret, route):
    response = secret.post(route, b"<placement/>", content_type="application/xml")
    assert set(refused(response, 415)["fields"]) == {"Content-Type"}


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"placement": ["home"]}, {"placement"}),
        ({}, {"placement"}),
        ({"placement": "home", "n": "many"}, {"n"}),
        ({"placement": "home", "n": 0, "explain": "perhaps"}, {"n", "explain"}),
        ({"placement": "home", "context_items": "mug"}, {"context_items"}),
        ({"placement": "home", "cart_items": ["mug", {"item_id": "mug"}]}, {"cart_items.1"}),
        ({"placement": "home", "visitor_id": "a\x00b"}, {"visitor_id"}),
        ({"placement": "home", "visitor_id": "v" * 256}, {"visitor_id"}),
        ({"placement": "home", "filters": "cheap"}, {"filters"}),
        ({"placement": "home", "filters": {"price_max": "cheap"}}, {"filters.price_max"}),
        ({"placement": "home", "filters": {"where": "price <"}}, {"filters.where"}),
        ({"placement": "home", "filters": {"attributes": {"a": {"b": {}}}}}, {"filters.attributes.a"}),
        ({"placement": "home", "number": 3}, {"number"}),
        ({"placement": "nowhere"}, {"placement"}),
    ],
)
def test_a_wrong_field_of_a_slate_is_named(secret, mug, body, fields):
    response = secret.post("/recommendations", body)
    assert response.status_code in (400, 404)
    assert set(response.json()["error"]["fields"]) == fields


def test_ten_kinds_of_bad_events_get_ten_verdicts_in_order_and_the_rest_is_stored(secret):
    long_ago = (datetime.now(UTC) - timedelta(days=3000)).isoformat()
    ahead = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    bad = [
        ("not_utf8", b'{"event_id": "b0", "type": "view_item", "visitor_id": "\xff", "item_id": "mug"}', "UTF-8"),
        ("unknown_type", event("b1", type="dance"), "type"),
        ("missing_field", {"event_id": "b2", "type": "view_item", "item_id": "mug"}, "visitor_id"),
        ("unknown_field", event("b3", colour="red"), "colour"),
        ("wrong_type", event("b4", visitor_id=4), "visitor_id"),
        ("too_large", event("b5", query="q" * 40_000), "32 KiB"),
        ("timestamp_in_future", event("b6", timestamp=ahead), "timestamp"),
        ("timestamp_too_old", event("b7", timestamp=long_ago), "timestamp"),
        ("invalid_timestamp", event("b8", timestamp="yesterday"), "timestamp"),
        ("item_twice", event("b9", items=[{"item_id": "mug"}]), "item_id"),
    ]
    raw = []
    for number, (_, payload, _) in enumerate(bad):
        raw += [payload if isinstance(payload, bytes) else json.dumps(payload).encode()]
        raw += [json.dumps(event(f"good-{number}")).encode()]
    answer = secret.post("/events", b'{"events": [' + b",".join(raw) + b"]}").json()
    assert [(entry["index"], entry["code"]) for entry in answer["rejected"]] == [
        (2 * place, code) for place, (code, _, _) in enumerate(bad)
    ]
    for entry, (_, _, named) in zip(answer["rejected"], bad, strict=True):
        assert named in entry["message"]
    assert answer["accepted"] == 10
    assert Interaction.objects.count() == 10
