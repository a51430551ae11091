"""Resends from many connections at once: every event is stored once, and every answer is true."""

import json
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from dashboard.events.models import EventKey, Interaction
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
            return record_events(shop=shop, raw=[event])
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(send, ["mug", "tin"]))
    assert sorted((answer.accepted, len(answer.rejected)) for answer in answers) == [(0, 1), (1, 0)]
    assert Interaction.objects.count() == 1
