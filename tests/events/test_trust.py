"""Anybody can send what a publishable key may: it never stands in the way of what the shop's backend says."""

import threading
from datetime import timedelta

import pytest
from django.db import connection

from dashboard.core import clock
from dashboard.core.tenancy import operator_scope
from dashboard.events.models import EventKey, Impression, Interaction
from dashboard.events.services import erase_visitor, merge_visitor, record_events

pytestmark = pytest.mark.django_db


def purchase(event_id="purchase-77001", **fields):
    items = [{"item_id": "mug", "quantity": 2, "price": 4.5}, {"item_id": "lamp", "price": 20}]
    return {"event_id": event_id, "type": "purchase", "visitor_id": "ada", "items": items, **fields}


def made_up(event_id="purchase-77001", **fields):
    return {"event_id": event_id, "type": "purchase", "visitor_id": "mallory", "item_id": "mug", "value": 1, **fields}


def browser(shop, *events):
    return record_events(shop=shop, raw=list(events), key_kind="pk")


def backend(shop, *events):
    return record_events(shop=shop, raw=list(events))


def stored():
    rows = Interaction.objects.order_by("event_id", "line")
    return list(rows.values_list("event_id", "visitor_id", "item_id", "value", "low_trust"))


TRUE_LINES = [("purchase-77001", "ada", "mug", 9, False), ("purchase-77001", "ada", "lamp", 20, False)]


def test_a_true_purchase_takes_the_place_of_one_that_a_stranger_made_up(shop):
    yesterday = (clock.now() - timedelta(days=1)).isoformat()
    assert browser(shop, made_up(timestamp=yesterday)).accepted == 1
    assert backend(shop, purchase()).as_dict() == {"accepted": 1, "duplicates": 0, "rejected": []}
    assert stored() == TRUE_LINES


def test_it_does_so_once_and_what_comes_after_is_judged_as_ever(shop):
    browser(shop, made_up())
    backend(shop, purchase())
    assert backend(shop, purchase()).duplicates == 1
    assert [one["code"] for one in backend(shop, purchase(order_id="77002")).rejected] == ["conflict"]
    assert [one["code"] for one in browser(shop, made_up()).rejected] == ["conflict"]
    assert browser(shop, purchase()).duplicates == 1
    assert stored() == TRUE_LINES


def test_the_same_purchase_from_page_and_backend_is_one_and_trusted(shop):
    browser(shop, purchase())
    assert backend(shop, purchase()).accepted == 1
    assert stored() == TRUE_LINES


def test_of_two_of_a_browser_the_first_stays(shop):
    browser(shop, made_up())
    assert [one["code"] for one in browser(shop, purchase()).rejected] == ["conflict"]
    assert browser(shop, made_up()).duplicates == 1
    assert [row[1] for row in stored()] == ["mallory"]


def test_what_was_seen_gives_way_as_what_was_done_does(shop):
    seen = {"event_id": "e", "type": "view_item_list", "visitor_id": "mallory", "items": [{"item_id": "mug"}]}
    browser(shop, seen)
    backend(shop, purchase("e"))
    assert not Impression.objects.exists()
    assert len(stored()) == 2


def test_in_a_batch_of_many_each_is_judged_on_its_own(shop):
    browser(shop, *(made_up(f"e{number}") for number in range(0, 60, 3)))
    backend(shop, *(purchase(f"e{number}") for number in range(1, 60, 3)))
    verdicts = backend(shop, *(purchase(f"e{number}") for number in range(60)), purchase("e1", order_id="o"))
    assert (verdicts.accepted, verdicts.duplicates) == (40, 20)
    assert [(one["index"], one["code"]) for one in verdicts.rejected] == [(60, "conflict")]
    assert len(stored()) == 120
    assert {row[1] for row in stored()} == {"ada"}


def test_a_visitor_that_was_merged_meanwhile_is_found_all_the_same(shop):
    browser(shop, made_up())
    merge_visitor(shop=shop, visitor_id="mallory", into="customer-9")
    backend(shop, purchase())
    assert stored() == TRUE_LINES


def test_another_shops_claim_is_left_alone(shop, other_shop):
    browser(other_shop, made_up())
    backend(shop, purchase())
    assert [row.visitor_id for row in Interaction.objects.filter(shop=other_shop)] == ["mallory"]


def test_what_was_erased_does_not_come_back_with_a_secret_key_either(shop):
    browser(shop, made_up())
    erase_visitor(shop=shop, visitor_id="mallory")
    assert [one["code"] for one in backend(shop, purchase()).rejected] == ["conflict"]
    assert stored() == []


@pytest.mark.django_db(transaction=True)
def test_of_twenty_backends_at_once_one_takes_the_place(shop):
    browser(shop, made_up())
    answers, start = [], threading.Barrier(4)

    @operator_scope("a test looks on")
    def send():
        start.wait()
        answers.extend(backend(shop, purchase()) for _ in range(5))
        connection.close()

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(answer.accepted for answer in answers) == 1
    assert sum(answer.duplicates for answer in answers) == 19
    assert stored() == TRUE_LINES
    assert EventKey.objects.get().low_trust_at is None
