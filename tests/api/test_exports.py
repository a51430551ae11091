"""Whole lists as streams: every row once, in JSON lines or CSV, from any row on."""

import csv
import io
import json
from urllib.parse import quote

import pytest

from dashboard.core import keyset, streams
from dashboard.segments.services import replace_segments
from tests import artifact_files as files
from tests.api.conftest import event

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def small_pages(monkeypatch):
    monkeypatch.setattr(keyset, "ROWS_A_PAGE", 2)


def rows(response):
    assert response.status_code == 200
    return [json.loads(line) for line in response.getvalue().splitlines()]


def table(response):
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(response.getvalue().decode())))


@pytest.fixture
def items(secret):
    names = ["a", "b", "c", "d", "e"]
    kept = [{"item_id": name, "title": f"={name}", "price": 1.5, "categories": ["K", "M"]} for name in names]
    secret.post("/items", {"items": [*kept, {"item_id": "gone"}]})
    secret.delete("/items/gone")


@pytest.fixture
def behaviour(secret):
    """Five rows, three of one event and one moment."""
    three = [{"item_id": name, "quantity": 1, "price": 2} for name in "abc"]
    order = {**event("o", type="purchase", timestamp=1_790_000_000), "items": three}
    order.pop("item_id")
    sent = [event("late", timestamp="2026-10-30T00:00:00Z"), order, event("first", timestamp="2026-09-01T00:00:00Z")]
    assert secret.post("/events", {"events": sent}).json()["accepted"] == 3


def test_the_catalog_is_exported_whole(secret, items):
    response = secret.get("/exports/items")
    assert response.headers["Content-Type"] == "application/x-ndjson"
    found = rows(response)
    assert [row["item_id"] for row in found] == ["a", "b", "c", "d", "e"]
    assert (found[0]["price"], found[0]["categories"]) == ("1.50", ["K", "M"])


def test_a_csv_can_be_imported_again_and_runs_no_formula(secret, items):
    found = table(secret.get("/exports/items?form=csv&limit=3"))
    assert [(row["item_id"], row["title"], row["categories"]) for row in found] == [
        (name, f"'={name}", "K|M") for name in "abc"
    ]


def test_an_export_goes_on_from_any_row(secret, items, behaviour):
    for path in ("/exports/items", "/exports/interactions"):
        whole = rows(secret.get(path))
        for place, row in enumerate(whole):
            rest = rows(secret.get(f"{path}?after={row['cursor'].replace('+', '%2B')}"))
            assert rest == whole[place + 1 :]


@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_an_export_goes_on_from_ids_that_look_like_formulas_or_end_with_a_space(secret, form):
    secret.post("/items", {"items": [{"item_id": item_id} for item_id in ("=1+1", "-2", "x", "x ", "y")]})
    read = table if form == "csv" else rows
    whole = list(read(secret.get(f"/exports/items?form={form}")))
    for place, row in enumerate(whole):
        rest = read(secret.get(f"/exports/items?form={form}&after={quote(row['cursor'])}"))
        assert list(rest) == whole[place + 1 :]


def test_interactions_come_oldest_first_each_line_once(secret, behaviour):
    found = rows(secret.get("/exports/interactions"))
    assert [(row["event_id"], row["item_id"]) for row in found] == [
        ("first", "mug"),
        ("o", "a"),
        ("o", "b"),
        ("o", "c"),
        ("late", "mug"),
    ]
    assert (found[1]["value"], found[1]["type"]) == ("2.00", "purchase")


def test_a_period_begins_with_its_first_moment_and_ends_before_its_last(secret, behaviour):
    path = "/exports/interactions?since=2026-09-01T00:00:00Z&until=2026-10-30T00:00:00Z"
    assert [row["event_id"] for row in rows(secret.get(path))] == ["first", "o", "o", "o"]


def test_members_of_a_segment(secret, shop, tmp_path):
    seen = [event(f"e-{name}", visitor_id=name) for name in ("ada", "bob", "cleo")]
    secret.post("/events", {"events": seen})
    members = [files.membership(name, 1, share) for name, share in (("ada", 0.9), ("bob", 0.8), ("cleo", 0.8))]
    folder = files.write_segments(tmp_path / "artifact", [files.segment(1)], members)
    replace_segments(shop=shop, artifact_id=1, folder=folder)
    found = rows(secret.get("/exports/segments/1"))
    assert [(row["visitor_id"], row["probability"]) for row in found] == [("ada", 0.9), ("bob", 0.8), ("cleo", 0.8)]
    assert rows(secret.get(f"/exports/segments/1?after={found[1]['cursor']}")) == found[2:]
    assert secret.get("/exports/segments/9").status_code == 404


@pytest.mark.parametrize(
    "query",
    [
        "form=xml",
        "limit=0",
        "limit=99999999999999999999",
        "until=0000-01-01",
        "after=nonsense",
        "after=2026-01-01T00:00:00~1",
        "since=soon",
        "shop=other",
    ],
)
def test_what_makes_no_sense_is_refused_before_the_first_byte(secret, query):
    assert secret.get(f"/exports/interactions?{query}").status_code == 400


@pytest.mark.parametrize("path", ["items", "interactions"])
@pytest.mark.parametrize("place", ["nonsense", "0.5:ada", "2026-01-01T00:00:00+00:00", "2026-01-01T00:00:00Z~-1"])
def test_a_place_that_a_list_never_gave_is_refused_by_the_field(secret, path, place):
    answer = secret.get(f"/exports/{path}?after={quote(place)}")
    assert answer.status_code == 400
    assert set(answer.json()["error"]["fields"]) == {"after"}


def test_publishable_keys_export_nothing(publishable):
    for path in ("items", "interactions", "segments/1"):
        assert publishable.get(f"/exports/{path}").status_code == 403


def test_an_export_holds_nothing_of_other_shops(secret, other_secret, items, behaviour):
    assert rows(other_secret.get("/exports/items")) == rows(other_secret.get("/exports/interactions")) == []


def test_a_second_export_of_a_shop_waits_for_the_first(secret, other_secret, items, monkeypatch):
    monkeypatch.setattr(streams, "BLOCK_BYTES", 1)
    under_way = secret.get("/exports/items")
    content = iter(under_way.streaming_content)
    assert b'"a"' in next(content)
    refused = secret.get("/exports/interactions")
    assert (refused.status_code, int(refused["Retry-After"]) > 0) == (429, True)
    assert rows(other_secret.get("/exports/items")) == []
    assert b"".join(content).count(b"\n") == 4
    assert rows(secret.get("/exports/interactions")) == []
