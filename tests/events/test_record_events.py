"""A batch of events gets a verdict for each, and what is good is stored once."""

import json
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dashboard.core import clock, errors
from dashboard.events.models import EventKey, Impression, Interaction
from dashboard.events.services import record_events

pytestmark = pytest.mark.django_db


def event(event_id="e1", **fields):
    return {"event_id": event_id, "type": "view_item", "visitor_id": "v1", "item_id": "mug", **fields}


def body(*events):
    return json.dumps({"events": list(events)}).encode()


def codes(verdicts):
    return [(rejection["index"], rejection["code"]) for rejection in verdicts.rejected]


def test_an_event_is_stored_with_what_it_said(shop):
    sent = event(session_id="s", timestamp="2026-11-24T09:40:00+01:00", placement="home", value=4.5, currency="gbp")
    verdicts = record_events(shop=shop, raw=body(sent), received_at=clock.now().replace(2026, 11, 25))
    assert verdicts.as_dict() == {"accepted": 1, "duplicates": 0, "rejected": []}
    row = Interaction.objects.get()
    assert (row.shop, row.visitor_id, row.session_id, row.item_id, row.type) == (shop, "v1", "s", "mug", "view_item")
    assert row.timestamp.isoformat() == "2026-11-24T08:40:00+00:00"
    assert (row.value, row.currency, row.placement, row.low_trust, row.simulated) == (4.5, "GBP", "home", False, False)


def test_a_purchase_of_three_items_is_three_lines_whose_values_sum_to_the_order(shop):
    items = [{"item_id": "mug", "quantity": 2, "price": 3}, {"item_id": "tin"}, {"item_id": "jug"}]
    record_events(shop=shop, raw=body(event(type="purchase", item_id=None, items=items, value="10.01", order_id="o1")))
    rows = list(Interaction.objects.order_by("line").values_list("item_id", "quantity", "price", "value"))
    assert rows == [
        ("mug", 2, Decimal("3.00"), Decimal("6.00")),
        ("tin", 1, None, Decimal("2.01")),
        ("jug", 1, None, Decimal("2.00")),
    ]


def test_a_rendered_list_becomes_impressions(shop):
    sent = event(type="view_item_list", item_id=None, items=[{"item_id": "mug"}, {"item_id": "tin"}])
    assert record_events(shop=shop, raw=body(sent)).accepted == 1
    assert Interaction.objects.count() == 0
    assert list(Impression.objects.order_by("line").values_list("item_id", flat=True)) == ["mug", "tin"]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("detail-page-view", "view_item"),
        ("add-to-cart", "add_to_cart"),
        ("purchase-complete", "purchase"),
        ("view_search_results", "search"),
        ("select_promotion", "select_item"),
    ],
)
def test_names_of_google_are_stored_as_ours(shop, name, kind):
    assert record_events(shop=shop, raw=body(event(type=name))).accepted == 1
    assert Interaction.objects.get().type == kind


def test_a_page_view_without_items_is_accepted_and_leaves_only_its_id(shop):
    assert record_events(shop=shop, raw=body(event(type="home-page-view", item_id=None))).accepted == 1
    assert (EventKey.objects.count(), Interaction.objects.count(), Impression.objects.count()) == (1, 0, 0)


def test_ten_kinds_of_bad_event_get_ten_verdicts_in_order_and_the_rest_is_kept(shop):
    old = (clock.now() - timedelta(days=9000)).isoformat()
    ahead = (clock.now() + timedelta(hours=1)).timestamp()
    bad = [
        "not an object",
        event("b1", type="dance"),
        {"event_id": "b2", "type": "view_item", "item_id": "mug"},
        event("b3", visitor_id=7),
        event("b4", colour="red"),
        event("b5", item_id="x" * 256),
        event("b6", item_id="a\x00b"),
        event("b7", timestamp=old),
        event("b8", timestamp=ahead),
        event("b9", type="purchase", value=-1),
        event("b10", query="x" * 40_000),
        event("b11", timestamp="yesterday"),
        event("b12", currency="XX"),
        event("b13", item_id=None),
    ]
    sent = [event("good-first"), *bad, event("good-last")]
    verdicts = record_events(shop=shop, raw=body(*sent))
    assert verdicts.accepted == 2
    assert codes(verdicts) == list(
        enumerate(
            [
                "wrong_type",
                "unknown_type",
                "missing_field",
                "wrong_type",
                "unknown_field",
                "too_long",
                "invalid_text",
                "timestamp_too_old",
                "timestamp_in_future",
                "invalid_amount",
                "too_large",
                "invalid_timestamp",
                "invalid_currency",
                "missing_field",
            ],
            start=1,
        )
    )
    assert set(Interaction.objects.values_list("event_id", flat=True)) == {"good-first", "good-last"}


def test_a_rejection_names_the_field(shop):
    sent = event(type="purchase", item_id=None, items=[{"item_id": "mug"}, {"item_id": "tin", "quantity": "two"}])
    message = record_events(shop=shop, raw=body(sent)).rejected[0]["message"]
    assert "items[1].quantity" in message


def test_a_resend_is_a_duplicate(shop):
    record_events(shop=shop, raw=body(event()))
    assert record_events(shop=shop, raw=body(event())).as_dict() == {"accepted": 0, "duplicates": 1, "rejected": []}
    assert Interaction.objects.count() == 1


def test_a_large_batch_that_overlaps_an_earlier_one_stores_only_what_is_new(shop):
    record_events(shop=shop, raw=body(*[event(str(number)) for number in range(100)]))
    verdicts = record_events(shop=shop, raw=body(*[event(str(number)) for number in range(50, 150)]))
    assert (verdicts.accepted, verdicts.duplicates) == (50, 50)
    assert Interaction.objects.count() == 150


def test_a_resend_that_carries_another_timestamp_is_still_a_duplicate(shop):
    now = clock.now()
    record_events(shop=shop, raw=body(event(timestamp=now.timestamp() - 60)))
    assert record_events(shop=shop, raw=body(event(timestamp=now.timestamp()))).duplicates == 1
    assert Interaction.objects.count() == 1


def test_the_same_id_with_another_payload_is_a_conflict(shop):
    record_events(shop=shop, raw=body(event()))
    verdicts = record_events(shop=shop, raw=body(event(item_id="tin")))
    assert codes(verdicts) == [(0, "conflict")]
    assert Interaction.objects.get().item_id == "mug"


def test_duplicates_and_conflicts_within_one_batch_are_seen(shop):
    verdicts = record_events(shop=shop, raw=body(event(), event(), event(item_id="tin"), event("e2")))
    assert (verdicts.accepted, verdicts.duplicates, codes(verdicts)) == (2, 1, [(2, "conflict")])


def test_two_shops_may_use_the_same_event_id(shop, other_shop):
    assert record_events(shop=shop, raw=body(event())).accepted == 1
    assert record_events(shop=other_shop, raw=body(event())).accepted == 1


def test_a_purchase_from_a_browser_counts_as_low_trust_and_a_view_does_not(shop):
    record_events(shop=shop, raw=body(event("a", type="purchase"), event("b")), key_kind="pk")
    assert dict(Interaction.objects.values_list("event_id", "low_trust")) == {"a": True, "b": False}


@pytest.mark.parametrize("slate", ["not-a-uuid", "0193b1d2-1111-7111-8111-123456789abc", ""])
def test_an_unknown_slate_is_harmless(shop, slate):
    assert record_events(shop=shop, raw=body(event(recommendation_id=slate))).accepted == 1


def test_a_clock_that_runs_a_little_ahead_is_taken_as_now(shop):
    record_events(shop=shop, raw=body(event(timestamp=clock.now().timestamp() + 120)))
    row = Interaction.objects.get()
    assert row.timestamp == row.received_at


@pytest.mark.parametrize("stamp", [1_700_000_000, 1_700_000_000_000, "1700000000", "2023-11-14T22:13:20Z"])
def test_seconds_milliseconds_and_text_name_the_same_moment(shop, stamp):
    record_events(shop=shop, raw=body(event(timestamp=stamp)))
    assert int(Interaction.objects.get().timestamp.timestamp()) == 1_700_000_000


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"[]", b"{}", b'{"events": 1}', b'{"events": [], "more": 1}', b"\xff", b"[" * 100_000]
)
def test_a_body_of_another_form_is_refused_as_a_whole(shop, raw):
    with pytest.raises(errors.Invalid):
        record_events(shop=shop, raw=raw)


def test_more_than_500_events_are_refused_and_the_limit_is_named(shop):
    with pytest.raises(errors.TooLarge, match="500"):
        record_events(shop=shop, raw=body(*[event(str(number)) for number in range(501)]))


def test_text_that_is_not_utf8_spoils_only_its_own_event(shop):
    raw = b'{"events": [{"event_id": "\xff"}, %s]}' % json.dumps(event()).encode()
    verdicts = record_events(shop=shop, raw=raw)
    assert (verdicts.accepted, codes(verdicts)) == (1, [(0, "not_utf8")])


def test_the_longest_texts_of_the_widest_characters_fit_into_a_large_batch(shop):
    wide = "\U0001f600" * 255
    long = {"visitor_id": wide, "session_id": wide, "item_id": wide, "order_id": wide}
    long |= {"placement": wide[:50], "query": wide + wide[:245], "value": "999999999999.99", "currency": "GBP"}
    sent = [event(f"{number:03}" + wide[3:], type="purchase", **long) for number in range(25)]
    assert record_events(shop=shop, raw=body(*sent)).accepted == 25
    assert Interaction.objects.filter(visitor_id=wide, query=long["query"]).count() == 25


def test_backslashes_and_text_that_looks_like_a_null_survive(shop):
    record_events(shop=shop, raw=body(event(item_id="\\N", visitor_id="a\\tb\\", query="“quotes” 茶")))
    row = Interaction.objects.get()
    assert (row.item_id, row.visitor_id, row.query) == ("\\N", "a\\tb\\", "“quotes” 茶")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=5,
)
near_events = st.fixed_dictionaries(
    {"event_id": st.sampled_from("abc"), "type": st.sampled_from(["view_item", "purchase", "search", "dance"])},
    optional={
        "visitor_id": st.text(max_size=5) | json_values,
        "item_id": st.text(max_size=5) | json_values,
        "items": st.lists(st.fixed_dictionaries({"item_id": st.text(max_size=3)}), max_size=3) | json_values,
        "timestamp": st.floats() | st.integers() | st.text(max_size=12) | st.datetimes().map(str),
        "value": st.floats() | st.decimals().map(str) | st.integers(),
        "recommendation_id": st.text(max_size=36) | st.uuids().map(str),
        "currency": st.text(max_size=4),
    },
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sent=st.lists(near_events | json_values, max_size=6), as_bytes=st.booleans())
def test_whatever_comes_each_event_gets_exactly_one_verdict(shop, sent, as_bytes):
    raw = json.dumps({"events": sent}).encode() if as_bytes else sent
    try:
        verdicts = record_events(shop=shop, raw=raw)
    except errors.Invalid:  # NaN and Infinity are no JSON: the whole body is refused
        assert as_bytes
        assert any(word in raw for word in (b"NaN", b"Infinity"))
        return
    assert verdicts.accepted + verdicts.duplicates + len(verdicts.rejected) == len(sent)
    indexes = [rejection["index"] for rejection in verdicts.rejected]
    assert indexes == sorted(set(indexes))


@pytest.mark.parametrize("half", [r"\ud83d", r"\uDE00", r"\\\ud83d", r"\ud83d\ud83d", r"\ud83d\n"])
@pytest.mark.parametrize("field", ["query", "item_id", "event_id", "order_id"])
def test_half_an_emoji_costs_its_own_event_and_names_the_field(shop, half, field):
    whole = [event("a", query=r"\ud83d is 😀"), event("c", type="search", query="😀")]
    bad = {**event("b", type="search", item_id="mug"), field: "HERE"}
    raw = json.dumps({"events": [whole[0], bad, whole[1]]}).replace("HERE", f"tea {half}").encode()
    verdicts = record_events(shop=shop, raw=raw)
    assert verdicts.accepted == 2
    (refused,) = verdicts.rejected
    assert (refused["index"], refused["code"]) == (1, "invalid_text")
    assert refused["message"].startswith(field)
    kept = dict(Interaction.objects.values_list("event_id", "query"))
    assert kept == {"a": r"\ud83d is 😀", "c": "😀"}
