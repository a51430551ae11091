"""The fast path of ingest makes the same rows of a batch as the careful way, or leaves the batch to it."""

import json
import random
import uuid
from datetime import timedelta

import pytest

from dashboard.core import clock
from dashboard.core.verdicts import Verdicts
from dashboard.events.fast_path import Span, faultless_batch
from dashboard.events.services.record import _judged

NOW = clock.now().replace(microsecond=250_000)
SPAN = Span(NOW - timedelta(days=30), NOW)


def careful(raw, *, low_trust=False):
    verdicts = Verdicts()
    return _judged(raw, SPAN, verdicts, low_trust=low_trust), verdicts


def body(*events):
    return json.dumps({"events": list(events)}).encode()


def view(number=0, **fields):
    return {"event_id": f"e{number}", "type": "view_item", "visitor_id": "v", "item_id": "mug", **fields}


def made(number, dice):
    """Any event in order, of the kinds that shops send."""
    second = NOW.timestamp() - dice.randrange(86_400)
    event = view(number, visitor_id=f"visitör {dice.randrange(9)}", item_id=dice.choice(["a\\b", "“x”", "中", "a  b"]))
    event["type"] = dice.choice(["view_item", "add-to-cart", "view_item_list", "select_item", "purchase", "refund"])
    event["timestamp"] = dice.choice(
        [second, int(second), int(second * 1000), NOW.isoformat(), "2026-11-20T10:00:00+08:00" if second else "", None]
    )
    if dice.random() < 0.5:
        event["recommendation_id"] = dice.choice([str(uuid.UUID(int=number)), "no uuid", ""])
    if dice.random() < 0.3:
        event |= {"placement": "home", "session_id": f"s{number}"}
    if dice.random() < 0.3:
        del event["item_id"]
        event["items"] = [{"item_id": "a", "quantity": 2, "price": 1.5}, {"item_id": "b"}]
        event |= {"value": 10, "currency": "gbp", "order_id": "o1"}
    if dice.random() < 0.1:
        event = {"event_id": f"e{number}", "type": "search", "visitor_id": "v", "query": " lamps "}
    if dice.random() < 0.1:
        event = view(number, type="not_interested", about=dice.choice(["item", "brand", "category", None]))
    return event


@pytest.mark.parametrize("seed", range(40))
def test_both_ways_make_the_same_rows(seed, monkeypatch):
    dice = random.Random(seed)
    monkeypatch.setattr("tests.events.test_fast_path.SPAN", Span(NOW - timedelta(days=4000), NOW))
    raw, low_trust = body(*(made(number, dice) for number in range(12))), seed % 2 == 1
    batch = faultless_batch(raw, SPAN, low_trust=low_trust, max_lines=20_000)
    expected, verdicts = careful(raw, low_trust=low_trust)
    assert not verdicts.rejected
    assert batch is not None
    assert dict(zip(batch.ids, batch.digests, strict=True)) == dict(zip(expected.ids, expected.digests, strict=True))
    assert sorted(batch.rows) == sorted(expected.rows)


@pytest.mark.parametrize(
    "event",
    [
        view(event_id=""),
        view(visitor_id="   "),
        view(item_id="x" * 256),
        view(visitor_id="tab\there"),
        view(item_id="line\nbreak"),
        view(item_id="null\x01"),
        view(session_id="\x00"),
        view(type="dance"),
        view(timestamp="yesterday"),
        view(timestamp="2026-11-20T10:00:00"),
        pytest.param(view(timestamp=NOW.timestamp() + 7200), id="in two hours"),
        pytest.param(view(timestamp=NOW.timestamp() - 86_400 * 40), id="forty days ago"),
        view(timestamp=-1e18),
        view(placement="p" * 51),
        view(surprise=1),
        view(value=-1),
        {"type": "view_item"},
        "no event",
    ],
    ids=str,
)
def test_what_is_wrong_is_left_to_the_careful_way(event):
    raw = body(view(1), event, view(2))
    assert faultless_batch(raw, SPAN, low_trust=False, max_lines=20_000) is None
    _, verdicts = careful(raw)
    assert [rejection["index"] for rejection in verdicts.rejected] == [1]


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b'{"events": []}', b"\xff", body(view(1), view(1))])
def test_bodies_of_another_form_and_ids_that_come_twice_are_left_to_the_careful_way(raw):
    assert faultless_batch(raw, SPAN, low_trust=False, max_lines=20_000) is None


def test_an_event_of_very_many_items_is_left_to_the_careful_way():
    event = view(items=[{"item_id": "x" * 200} for _ in range(200)])
    del event["item_id"]
    assert faultless_batch(body(event), SPAN, low_trust=False, max_lines=20_000) is None
