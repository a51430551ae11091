"""Messages reach a real server, verify there, come in order, at least once, and tell of nobody who may not be told."""

import datetime
import json

import pytest

from dashboard.audiences.selectors import audience_of
from dashboard.audiences.services import change_privacy, follow_audiences
from dashboard.core import clock
from dashboard.overview.services import forget_visitor
from dashboard.webhooks import services
from dashboard.webhooks.models import Delivery, Endpoint, Subscription
from dashboard.webhooks.services import sending
from dashboard.webhooks.signing import secret_of
from tests.http_host import hosted
from tests.webhooks.answering import Answering

pytestmark = pytest.mark.django_db


@pytest.fixture
def server():
    handler = type("Handler", (Answering,), {"asked": [], "statuses": []})
    with hosted(handler) as running:
        running.url = f"http://127.0.0.1:{running.server_port}/hook?token=mine"
        running.asked, running.statuses = handler.asked, handler.statuses
        yield running


@pytest.fixture
def endpoint(shop, buyers, server):
    return services.create_endpoint(shop=shop, url=server.url, audience_ids=[buyers.pk], by=None).endpoint


def deliver(shop, now=None):
    """What the sweep and the worker that it calls do."""
    services.sweep_webhooks(shop=shop)
    for found in Endpoint.objects.filter(shop=shop):
        if now is not None:
            Endpoint.objects.filter(pk=found.pk).update(due_at=clock.now())
        services.send_waiting(endpoint_id=found.pk)


def told(server):
    return [
        (change["visitor_id"], change["change"])
        for _headers, body in server.asked
        for change in json.loads(body).get("changes", [])
    ]


def states(endpoint):
    return list(Delivery.objects.filter(endpoint=endpoint).order_by("pk").values_list("state", flat=True))


def test_a_receiver_verifies_what_it_gets_is_killed_and_gets_what_it_missed(shop, buyers, buy, receiver):
    made = services.create_endpoint(shop=shop, url=receiver.url, audience_ids=[buyers.pk], by=None)
    receiver.start(made.secret)
    buy("d", "e")
    deliver(shop)
    assert receiver.told(2) == ["d entered Buyers", "e entered Buyers"]
    receiver.kill()
    buy("f")
    deliver(shop)
    forget_visitor(shop=shop, visitor_id="f", by="sk_test")
    buy("g")
    deliver(shop, now="due")
    failing = Endpoint.objects.get()
    assert (failing.failures, states(failing)) == (2, ["delivered", "withdrawn", "waiting"])
    receiver.start(made.secret)
    deliver(shop, now="due")
    assert receiver.told(1) == ["g entered Buyers"]
    healed = Endpoint.objects.get()
    assert (healed.failures, healed.failing_since, healed.problem) == (0, None, "")
    services.replay(endpoint=healed, since=healed.created_at, by=None)
    deliver(shop)
    assert states(healed) == ["delivered", "withdrawn", "delivered"]
    assert receiver.told(2) == ["d entered Buyers", "e entered Buyers"], "it was restarted: it knows nothing of them"
    assert not receiver.has_more, "g is known: ids make twice the same"


def test_a_receiver_refuses_what_another_secret_signed(shop, buyers, buy, receiver):
    services.create_endpoint(shop=shop, url=receiver.url, audience_ids=[buyers.pk], by=None)
    receiver.start(secret_of("another salt"))
    buy("d")
    deliver(shop)
    assert Delivery.objects.get().status == 401
    assert not receiver.has_more


def test_while_a_secret_is_changed_both_verify(shop, endpoint, buy, server):
    before = secret_of(endpoint.salt)
    after = services.rotate_secret(endpoint=endpoint, by=None).secret
    assert before != after
    buy("d")
    deliver(shop)
    headers, body = server.asked[0]
    signed = headers["webhook-signature"].split()
    from dashboard.webhooks.signing import signature

    given = (headers["webhook-id"], int(headers["webhook-timestamp"]), body)
    assert signed == [signature(after, *given), signature(before, *given)]
    Endpoint.objects.update(earlier_until=clock.now())
    buy("e")
    deliver(shop)
    assert len(server.asked[1][0]["webhook-signature"].split()) == 1


def test_every_change_stands_in_one_message_whatever_is_swept_twice(shop, endpoint, buy, server, monkeypatch):
    monkeypatch.setattr(services.messages, "CHANGES_A_MESSAGE", 2)
    buy("d", "e", "f")
    services.sweep_webhooks(shop=shop)
    services.sweep_webhooks(shop=shop)
    assert list(Delivery.objects.order_by("pk").values_list("changes", flat=True)) == [2, 1]
    services.send_waiting(endpoint_id=endpoint.pk)
    services.send_waiting(endpoint_id=endpoint.pk)
    assert told(server) == [(visitor, "entered") for visitor in "def"]
    assert len({json.loads(body)["id"] for _headers, body in server.asked}) == 2


def test_nothing_overtakes_a_message_that_fails_and_waits_grow(shop, endpoint, buy, server):
    server.statuses += [503, 503]
    waits = []
    for visitor in "de":
        buy(visitor)
        deliver(shop, now="due")
        failing = Endpoint.objects.get()
        waits.append(failing.due_at - clock.now())
        services.send_waiting(endpoint_id=endpoint.pk)
    assert len(server.asked) == 2, "before its time nothing is tried"
    assert waits[1] > 2 * waits[0]
    assert (failing.failures, failing.problem) == (2, "It answered with 503.")
    deliver(shop, now="due")
    assert told(server) == [("d", "entered")] * 3 + [("e", "entered")]
    assert {json.loads(body)["id"] for _headers, body in server.asked[:3]} == {
        Delivery.objects.earliest("pk").message_id
    }


def test_a_message_that_is_wrong_for_good_lets_the_next_pass_and_can_be_told_again(shop, endpoint, buy, server):
    server.statuses += [422] * sending.REFUSALS
    buy("d")
    for _try in range(sending.REFUSALS):
        deliver(shop, now="due")
    assert states(endpoint) == ["refused"]
    assert Delivery.objects.get().answer == "answered"
    buy("e")
    deliver(shop, now="due")
    assert states(endpoint) == ["refused", "delivered"]
    assert services.replay(endpoint=endpoint, by=None) == 1
    deliver(shop)
    assert states(endpoint) == ["delivered", "delivered"]


@pytest.mark.parametrize(("status", "paused_by"), [(410, "gone"), (500, "failures")])
def test_who_is_gone_or_fails_for_days_is_told_nothing_more_until_somebody_says_so(
    shop, endpoint, buy, server, status, paused_by
):
    server.statuses.append(status)
    Endpoint.objects.update(failing_since=clock.now() - datetime.timedelta(days=4), failures=9)
    buy("d")
    deliver(shop, now="due")
    assert Endpoint.objects.get().paused_by == paused_by
    deliver(shop, now="due")
    assert len(server.asked) == 1
    services.change_endpoint(endpoint=Endpoint.objects.get(), is_paused=False, by=None)
    deliver(shop)
    assert told(server)[1:] == [("d", "entered")]


def test_of_an_audience_that_became_too_small_nothing_is_sent_and_others_pass(shop, endpoint, buy, server, owner):
    buy("d")
    services.sweep_webhooks(shop=shop)
    change_privacy(shop=shop, smallest_group=50, barred_attributes=[], actor=owner)
    services.send_test(endpoint=endpoint, by=owner)
    services.send_waiting(endpoint_id=endpoint.pk)
    assert [json.loads(body)["type"] for _headers, body in server.asked] == ["test"]
    assert states(endpoint) == ["waiting", "delivered"]
    change_privacy(shop=shop, smallest_group=3, barred_attributes=[], actor=owner)
    follow_audiences(shop=shop)
    services.send_waiting(endpoint_id=endpoint.pk)
    assert told(server) == [("d", "entered")]


def test_what_a_receiver_answers_of_a_visitor_goes_with_the_visitor(shop, endpoint, buy, server):
    buy("d")
    deliver(shop)
    Delivery.objects.update(answer="thank you for visitor-d")
    from dashboard.webhooks.services import forget_visitor as forget

    forget(shop=shop, visitor_ids=["visitor-d"])
    assert Delivery.objects.get().answer == ""


def test_a_worker_that_was_lost_keeps_nobody_for_longer_than_its_lease(shop, endpoint, buy, server):
    buy("d")
    services.sweep_webhooks(shop=shop)
    Endpoint.objects.update(lease_until=clock.now() + sending.LEASE)
    services.send_waiting(endpoint_id=endpoint.pk)
    assert not server.asked
    Endpoint.objects.update(lease_until=clock.now() - sending.LEASE)
    services.send_waiting(endpoint_id=endpoint.pk)
    assert told(server) == [("d", "entered")]
    assert Endpoint.objects.get().lease_until is None


def test_a_redirect_is_not_followed(shop, endpoint, buy, server):
    server.statuses.append(302)
    buy("d")
    deliver(shop)
    assert (Delivery.objects.get().status, len(server.asked)) == (302, 1)


def test_subscriptions_begin_now_and_end_with_their_audience(shop, buyers, endpoint, buy, server):
    assert Subscription.objects.get().last_change_id >= 0
    deliver(shop)
    assert not server.asked, "who is in it already is in its list: GET /audiences/{id}/visitors"
    assert audience_of(shop, buyers.pk) == buyers
