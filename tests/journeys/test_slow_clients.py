"""Whoever is slow or silent, without a key, costs the shop nothing: slates, events and pages go on."""

import time
from contextlib import ExitStack

import httpx
import pytest

from tests.journeys.raw import connected, head, held_open, said

pytestmark = pytest.mark.journey

EVENTS, SLATES = "/api/v1/events", "/api/v1/recommendations"
JSON = "Content-Type: application/json"
ANSWER_SECONDS = 10  # of a request that waits for nobody; the slow ones stay for longer
HALF_A_BODY = head("POST", EVENTS, JSON, "Content-Length: 100000", "", "{")
HALF_A_FORM = head(
    "POST", "/sign-in/", "Content-Type: application/x-www-form-urlencoded", "Content-Length: 100000", "", "u"
)
HALF_A_HEAD = head("POST", EVENTS, JSON)
HALF_A_CHUNK = head("POST", EVENTS, JSON, "Transfer-Encoding: chunked", "", "ffff\r\n{")


@pytest.fixture(scope="module")
def keys(system):
    keys = system.create_shop(f"slow-{time.monotonic_ns()}")
    items = [{"item_id": f"i{number}", "title": "Mug", "description": "x" * 15_000} for number in range(50)]
    with httpx.Client(
        base_url=f"{system.url}/api/v1", headers={"Authorization": f"Bearer {keys['secret_key']}"}
    ) as api:
        for batch in range(8):
            renamed = [{**item, "item_id": f"{item['item_id']}-{batch}"} for item in items]
            assert api.post("/items", json={"items": renamed}, timeout=60).json()["accepted"] == len(items)
    return keys


@pytest.fixture
def goes_on(system, keys):
    """Fails unless slates, events and pages are answered, several times over each process that answers them."""

    def ask():
        public = {"Authorization": f"Bearer {keys['publishable_key']}"}
        for number in range(8):
            with httpx.Client(base_url=system.url, timeout=ANSWER_SECONDS) as client:  # a connection of its own
                assert client.get("/healthz").status_code == 200
                slate = client.post(SLATES, json={"placement": "home", "visitor_id": f"v{number}"}, headers=public)
                assert len(slate.json()["items"]) == 8
                event = {"event_id": f"{time.monotonic_ns()}", "type": "view_item", "visitor_id": "v", "item_id": "i1"}
                assert client.post(EVENTS, json={"events": [event]}, headers=public).json()["accepted"] == 1
                assert client.get("/sign-in/").status_code == 200

    return ask


def test_requests_that_never_end_are_waited_for_by_nobody_and_given_up(system, goes_on):
    with ExitStack() as stack:
        halves = (HALF_A_BODY, HALF_A_FORM, HALF_A_HEAD, HALF_A_CHUNK)
        links = [link for half in halves for link in stack.enter_context(held_open(system.url, half, 12))]
        dripping = stack.enter_context(connected(system.url))
        dripping.sendall(HALF_A_BODY.encode())
        goes_on()
        assert is_given_up(dripping)
        assert {said(link).split(" ")[1] for link in links} == {"408"}


def is_given_up(link):
    """Although a byte comes each second."""
    for _ in range(60):
        time.sleep(1)
        try:
            link.sendall(b" ")
        except OSError:
            return True
    return False


def test_600_connections_that_say_nothing(system, goes_on):
    with held_open(system.url, "", 600):
        goes_on()


def test_readers_who_do_not_read_their_slates(system, keys, goes_on):
    body = '{"placement":"home","visitor_id":"v","n":100,"explain":true,"details":true}'
    one = head(
        "POST", SLATES, JSON, f"Authorization: Bearer {keys['publishable_key']}", f"Content-Length: {len(body)}", ""
    )
    with held_open(system.url, f"{one}\r\n{body}" * 20, 12, receive_bytes=4096):
        goes_on()


def test_readers_who_do_not_read_pages_and_exports(system, keys, goes_on):
    script = head("GET", "/static/plotly/plotly.min.js", "", "")
    export = head("GET", "/api/v1/exports/items", f"Authorization: Bearer {keys['secret_key']}", "", "")
    with (
        held_open(system.url, script, 8, receive_bytes=4096),
        held_open(system.url, export, 8, receive_bytes=4096),
    ):
        goes_on()


def test_too_large_a_body_is_refused_before_it_comes(system, keys):
    key = f"Authorization: Bearer {keys['publishable_key']}"
    with connected(system.url) as link:
        link.sendall(head("POST", EVENTS, JSON, key, "Content-Length: 5000000", "Connection: close", "", "").encode())
        answer = said(link)
    assert answer.split(" ")[1] == "413"
    assert '"code":"too_large"' in answer


def test_who_asks_whether_to_go_on_is_told_to(system, keys):
    event = '{"events":[{"event_id":"asked","type":"view_item","visitor_id":"v","item_id":"i1"}]}'
    key = f"Authorization: Bearer {keys['publishable_key']}"
    with connected(system.url) as link:
        lines = (JSON, key, f"Content-Length: {len(event)}", "Expect: 100-continue", "Connection: close")
        link.sendall(head("POST", EVENTS, *lines, "", "").encode())
        assert link.recv(65536).split(b" ")[1] == b"100"
        link.sendall(event.encode())
        assert '"accepted":1' in said(link)


def test_a_body_in_chunks_is_told_to_announce_its_length(system, keys):
    key = f"Authorization: Bearer {keys['publishable_key']}"
    with connected(system.url) as link:
        text = head(
            "POST", EVENTS, JSON, key, "Transfer-Encoding: chunked", "Connection: close", "", "2\r\n{}\r\n0\r\n\r\n"
        )
        link.sendall(text.encode())
        assert said(link).split(" ")[1] == "411"


def test_a_request_hidden_in_the_body_of_another_is_no_request(system):
    """Two lengths that disagree: whoever reads the one must not be followed by one who reads the other."""
    hidden = head("GET", "/healthz", "", "")
    for lines in (("Content-Length: 4", "Content-Length: 5"), ("Content-Length: 4", "Transfer-Encoding: chunked")):
        with connected(system.url) as link:
            link.sendall((head("POST", "/sign-in/", *lines, "Connection: close", "", "0\r\n\r\n") + hidden).encode())
            assert said(link).count("HTTP/1.1 ") == 1


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"X-Forwarded-For": "203.0.113.9"}, 403),
        ({"X-Forage-Peer": "203.0.113.9"}, 200),
        ({"X_Forage_Peer": "203.0.113.9"}, 200),
    ],
)
def test_the_front_alone_says_who_asks(system, headers, status):
    """Metrics are for this machine: no header makes it another, and a proxy speaks for somebody elsewhere."""
    assert httpx.get(f"{system.url}/metrics", headers=headers, timeout=30).status_code == status


def test_a_host_name_that_is_not_ours_is_refused_everywhere(system, keys):
    headers = {"Host": "evil.example", "Authorization": f"Bearer {keys['secret_key']}"}
    for path in (EVENTS, SLATES, "/api/v1/segments", "/sign-in/"):
        method = "POST" if path in (EVENTS, SLATES) else "GET"
        assert httpx.request(method, system.url + path, headers=headers, timeout=30).status_code == 400
