"""`not_interested`: said through the API, gone from the next slate, for as long as the shop says."""

from datetime import timedelta

import pytest

from dashboard.accounts.models import AuditEntry
from dashboard.core import clock, errors
from dashboard.events.services import change_not_interested
from tests.api.conftest import event
from tests.serving.conftest import add_catalog, set_policy

MUGS = {"mug-red", "mug-blue"}
KITCHEN = {*MUGS, "teapot", "whisk", "bowl"}
DIGWELL = {"spade", "fork", "trowel"}


@pytest.fixture(autouse=True)
def catalog(shop):
    add_catalog(shop)
    return shop


def say(client, item_id, visitor_id="v1", event_id="n1", **fields):
    sent = event(event_id, type="not_interested", visitor_id=visitor_id, item_id=item_id, **fields)
    answer = client.post("/events", {"events": [sent]}).json()
    assert answer["rejected"] == [], answer


def slate(client, visitor_id="v1", **fields):
    answer = client.post("/recommendations", {"placement": "home", "visitor_id": visitor_id, "n": 20, **fields}).json()
    return {item["item_id"] for item in answer["items"]}


def test_an_item_is_gone_from_the_next_slate_of_that_visitor_with_its_variants(publishable):
    assert slate(publishable) & MUGS
    say(publishable, "mug-red")
    assert not slate(publishable) & MUGS
    assert slate(publishable, "v2") & MUGS and slate(publishable) >= DIGWELL


@pytest.mark.parametrize(("item_id", "about", "gone"), [("spade", "brand", DIGWELL), ("bowl", "category", KITCHEN)])
def test_all_of_its_brand_or_category_is_gone_whoever_proposes_it(publishable, shop, item_id, about, gone):
    set_policy(shop, rules=[{"kind": "pin", "match": {"item_id": sorted(gone)[0]}, "position": 1}])
    for number, looked_at in enumerate(sorted(gone)):
        publishable.post("/events", {"events": [event(f"e{number}", item_id=looked_at)]})
    assert slate(publishable) & gone
    say(publishable, item_id, about=about)
    left = slate(publishable)
    assert left and not left & gone
    assert slate(publishable, context_items=["teapot"]) == left - {"teapot"}  # proposed by likeness to what is there


def test_it_is_heeded_for_as_long_as_the_shop_says(secret, shop, owner):
    said_at = clock.now() - timedelta(days=20)
    say(secret, "spade", timestamp=said_at.isoformat())
    assert "spade" not in slate(secret)
    change_not_interested(shop=shop, days=10, actor=owner)
    assert "spade" in slate(secret)
    assert AuditEntry.objects.get(shop=shop, action="not_interested.changed").detail["changes"] == {"days": [90, 10]}
    with pytest.raises(errors.Invalid):
        change_not_interested(shop=shop, days=400, actor=owner)


def test_it_is_erased_exported_and_merged_with_the_visitor(secret):
    say(secret, "spade", "anonymous", about="brand")
    kept = secret.get("/visitors/anonymous/export").json()
    assert [row["about"] for row in kept["interactions"]] == ["brand"]
    assert secret.post("/visitors/anonymous/merge", {"into": "v1"}).status_code == 200
    assert not slate(secret, "v1") & DIGWELL
    secret.delete("/visitors/v1")
    assert slate(secret, "v1") >= DIGWELL


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"about": "colour"}, "invalid_about"),
        ({"type": "view_item", "about": "brand"}, "unexpected_field"),
        ({"item_id": None}, "missing_field"),
    ],
)
def test_what_cannot_be_meant_is_refused(secret, fields, code):
    sent = event(**{"type": "not_interested", "item_id": "spade", **fields})
    assert [entry["code"] for entry in secret.post("/events", {"events": [sent]}).json()["rejected"]] == [code]


def test_the_same_id_about_something_else_is_another_event(secret):
    say(secret, "spade", about="brand")
    again = event("n1", type="not_interested", item_id="spade")
    assert secret.post("/events", {"events": [again]}).json()["rejected"][0]["code"] == "conflict"


def test_another_shop_is_not_concerned(secret, other_secret, other_shop):
    add_catalog(other_shop)
    say(secret, "spade", about="category")
    assert slate(other_secret) >= DIGWELL
