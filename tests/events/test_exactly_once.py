"""Resends from many connections at once: every event is stored once, and every answer is true."""

import json
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection, transaction

from dashboard.core.tenancy import shop_scope
from dashboard.events.models import EventKey, Impression, Interaction
from dashboard.events.services import record_events

THREADS = 6
EVENTS = 40


def _batch(order):
    events = [
        {"event_id": f"e{number}", "type": "view_item", "visitor_id": "v", "item_id": f"i{number}"} for number in order
    ]
    return json.dumps({"events": events}).encode()


@pytest.mark.django_db(transaction=True)
def test_concurrent_resends_in_any_order_are_stored_once(shop):
    start = Barrier(THREADS)

    def send(thread):
        # every sender has its own order and its own part that only it sends twice: locks would cross if we let them
        order = [(number * (thread * 2 + 1)) % EVENTS for number in range(EVENTS)]
        start.wait(timeout=10)
        try:
            with shop_scope(shop.pk):
                return record_events(shop=shop, raw=_batch(dict.fromkeys(order)))
        finally:
            connection.close()

    with ThreadPoolExecutor(THREADS) as pool:
        answers = list(pool.map(send, range(THREADS)))
    sent = sum(answer.accepted + answer.duplicates + len(answer.rejected) for answer in answers)
    stored = EventKey.objects.count()
    assert sum(answer.accepted for answer in answers) == stored == Interaction.objects.count()
    assert sum(answer.duplicates for answer in answers) == sent - stored
    assert not any(answer.rejected for answer in answers)


@pytest.mark.django_db(transaction=True)
def test_of_two_payloads_with_one_id_exactly_one_wins(shop):
    start = Barrier(2)

    def send(item_id):
        start.wait(timeout=10)
        try:
            event = {"event_id": "same", "type": "view_item", "visitor_id": "v", "item_id": item_id}
            with shop_scope(shop.pk):
                return record_events(shop=shop, raw=[event])
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(send, ["mug", "tin"]))
    assert sorted((answer.accepted, len(answer.rejected)) for answer in answers) == [(0, 1), (1, 0)]
    assert Interaction.objects.count() == 1


def of(number, **fields):
    return {"event_id": f"e{number}", "type": "view_item", "visitor_id": "v", "item_id": f"i{number}", **fields}


def sent(shop, events):
    return record_events(shop=shop, raw=json.dumps({"events": events}).encode())


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("size", [3, 60])
def test_a_batch_that_is_known_in_part_stores_the_rest_once(shop, size):
    sent(shop, [of(number) for number in range(0, size, 3)])
    answer = sent(shop, [of(number, **({"item_id": "other"} if number == 3 else {})) for number in range(size)])
    known = len(range(0, size, 3))
    conflicts = 1 if size > 3 else 0
    assert (answer.accepted, answer.duplicates) == (size - known, known - conflicts)
    assert [(rejection["index"], rejection["code"]) for rejection in answer.rejected] == [(3, "conflict")] * conflicts
    assert Interaction.objects.count() == EventKey.objects.count() == size


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("size", [2, 30])
def test_events_of_several_items_and_impressions_are_stored_line_by_line(shop, size):
    lines = [{"item_id": "a", "quantity": 2, "price": 1.5}, {"item_id": "b\\n", "price": 3}]
    kinds = ["purchase", "view_item_list"] * (size // 2)
    sent(shop, [{"event_id": f"e{n}", "type": kind, "visitor_id": "v", "items": lines} for n, kind in enumerate(kinds)])
    for table in (Interaction, Impression):
        assert set(table.objects.values_list("line", "item_id")) == {(0, "a"), (1, "b\\n")}
        assert table.objects.count() == size
    assert set(Interaction.objects.values_list("quantity", "value")) == {(2, 3), (1, 3)}


@pytest.mark.django_db(transaction=True)
def test_a_failure_in_mid_batch_leaves_neither_ids_nor_rows(shop):
    batch = [of(number) for number in range(40)]
    with pytest.raises(RuntimeError), transaction.atomic():
        sent(shop, batch)
        raise RuntimeError
    assert not EventKey.objects.exists()
    assert sent(shop, batch).accepted == 40
