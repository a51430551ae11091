"""Whatever is sent, to whatever field of whatever route: it costs little, and the answer is short."""

import pytest

from dashboard.accounts.services import issue_key
from dashboard.core.request_limits import with_known_content_type
from tests.api.conftest import event
from tests.api.worst import attacks
from tests.effort import effort_of
from tests.their_things import their_things

pytestmark = pytest.mark.django_db

MOST_CALLS, MOST_BYTES = 60_000, 5_000_000  # of a stranger's request: 50 ms, 5 MB
LONGEST_ANSWER = 64 * 1024
OPEN_TO_STRANGERS = ("/api/v1/events", "/api/v1/recommendations", "/similar")
#: The one answer that is long by itself: OpenAPI.
LONG_BY_ITSELF = ("/api/v1/schema",)


@pytest.fixture
def things(shop):
    return their_things(shop)


@pytest.fixture(autouse=True)
def as_the_server_hands_it_over(client):
    """What stands before Django in wsgi.py stands before it here."""
    handler = client.handler
    bounded = with_known_content_type(lambda environ, _start_response: handler(environ))
    client.handler = lambda environ: bounded(environ, None)


@pytest.fixture
def document(client):
    return client.get("/api/v1/schema").json()


def too_dear(client, key, attack):
    effort, response = effort_of(lambda: attack.send(client, key))
    short = len(response.getvalue()) <= LONGEST_ANSWER or attack.path.startswith(LONG_BY_ITSELF)
    if response.status_code < 500 and effort.calls <= MOST_CALLS and effort.peak_bytes <= MOST_BYTES and short:
        return None
    return attack.method, attack.path[:60], attack.name, response.status_code, effort, len(response.getvalue())


def by_page(document, things):
    found = [one for one in attacks(document, things) if one.path.partition("?")[0].endswith(OPEN_TO_STRANGERS)]
    assert len(found) > 300
    return found


def all_too_dear(client, key, aimed):
    for one in aimed[:3]:
        one.send(client, key)  # what is loaded once is not what an attack costs
    return [found for one in aimed if (found := too_dear(client, key, one))]


def test_of_what_a_page_can_send_one_in_twenty_three_costs_little(client, shop, things, document):
    key = issue_key(shop=shop, kind="pk").plain
    assert all_too_dear(client, key, by_page(document, things)[::23]) == []


@pytest.mark.slow
def test_nothing_that_a_page_can_send_costs_much(client, shop, things, document):
    key = issue_key(shop=shop, kind="pk").plain
    assert all_too_dear(client, key, by_page(document, things)) == []


def test_of_what_a_stranger_without_a_key_can_send_one_in_ninety_seven_costs_little(client, things, document):
    assert all_too_dear(client, None, list(attacks(document, things))[::97]) == []


@pytest.mark.slow
def test_nothing_that_a_stranger_without_a_key_can_send_costs_much(client, things, document):
    assert all_too_dear(client, None, list(attacks(document, things))) == []


def test_of_many_mistakes_twenty_are_named_and_the_rest_is_counted(secret):
    body = {"placement": "home", **{f"field-{number:05}": 1 for number in range(9_000)}}
    fields = secret.post("/recommendations", body).json()["error"]["fields"]
    assert len(fields) == 21
    assert fields["field-00000"] == "This field is unknown."
    assert fields["body"] == "and 8,980 more"


def test_a_list_that_is_too_long_is_one_mistake_whatever_it_holds(secret):
    response = secret.post("/recommendations", {"placement": "home", "cart_items": [""] * 9_000})
    assert response.status_code == 400
    assert list(response.json()["error"]["fields"]) == ["cart_items"]


def test_more_parameters_than_are_read_are_a_400_in_our_form(secret):
    response = secret.get("/segments?" + "&".join(f"a{number}=1" for number in range(1_100)))
    assert response.status_code == 400
    assert response.json()["error"]["fields"] == {"body": "too many fields"}


@pytest.mark.parametrize(("kind", "items"), [("publishable", 2_000), ("secret", 20_000)])
def test_the_events_of_a_request_name_so_many_items_by_the_trust_in_its_key(request, kind, items):
    sender = request.getfixturevalue(kind)

    def sent(total):
        sizes = [total // 40] * 39 + [total - total // 40 * 39]
        rows = [event(f"{total}-{number}", items=[{"item_id": "a"}] * size) for number, size in enumerate(sizes)]
        return sender.post("/events", {"events": [{**row, "item_id": None} for row in rows]})

    assert sent(items).json()["accepted"] == 40
    response = sent(items + 1)
    assert response.status_code == 413
    assert f"{items:,} items" in response.json()["error"]["message"]
