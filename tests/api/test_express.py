"""The express way in front of Django: the same answers as Django's own way, and everything unusual left to that."""

import gzip
import json
from io import BytesIO

import pytest
from django.core.handlers.wsgi import WSGIHandler

from dashboard.accounts.services import issue_key
from dashboard.api.express import ExpressWay
from dashboard.events.models import Exposure, Interaction
from tests.api.conftest import event
from tests.serving.conftest import add_catalog, set_policy

SLATES, EVENTS = "/api/v1/recommendations", "/api/v1/events"
HOME = {"placement": "home", "visitor_id": "ann", "n": 3}
OF_EACH_REQUEST = {"X-Request-ID", "Content-Length"}


pytestmark = pytest.mark.usefixtures("connection_kept")


@pytest.fixture(autouse=True)
def catalog(shop):
    add_catalog(shop)
    set_policy(shop, exploration=0.0)


@pytest.fixture
def key(shop):
    return issue_key(shop=shop, kind="pk", allowed_origins=["https://shop.example"]).plain


class Answer:
    """What a WSGI application answers to a POST of a body; names of `more` as in WSGI."""

    def __init__(self, application, path, body, key, **more):
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        environ = {
            "REQUEST_METHOD": "POST",
            "PATH_INFO": path,
            "SCRIPT_NAME": "",
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "CONTENT_TYPE": "application/json",
            "CONTENT_LENGTH": str(len(raw)),
            "HTTP_AUTHORIZATION": f"Bearer {key}",
            "wsgi.url_scheme": "http",
            "wsgi.input": BytesIO(raw),
            **more,
        }
        parts = application(environ, self._start)
        self.body = json.loads(b"".join(parts))

    def _start(self, status, headers):
        self.status, self.headers = status, dict(headers)

    @property
    def lasting(self):
        """Status, headers and body without what is new at each request."""
        headers = {name: value for name, value in self.headers.items() if name not in OF_EACH_REQUEST}
        return self.status, headers, {**self.body, "recommendation_id": None}


def closed(environ, start_response):
    raise AssertionError("this request went on to Django")


@pytest.mark.parametrize("path", [SLATES, EVENTS])
def test_a_plain_request_does_not_reach_django(key, path):
    body = HOME if path == SLATES else {"events": [event()]}
    assert Answer(ExpressWay(closed), path, body, key).status[:1] == "2"


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"HTTP_ORIGIN": "https://shop.example"},
        {"HTTP_ACCEPT_LANGUAGE": "zh-Hans"},
        {"HTTP_X_REQUEST_ID": "from-the-shop-1"},
        {"wsgi.url_scheme": "https"},
    ],
)
def test_both_ways_give_the_same_answer(key, more, settings):
    settings.SECURE_HSTS_SECONDS = 60
    wish = {**HOME, "explain": True}
    express, django = (Answer(way, SLATES, wish, key, **more) for way in (ExpressWay(closed), WSGIHandler()))
    assert express.lasting == django.lasting


@pytest.mark.parametrize(
    ("body", "more", "status"),
    [
        ({"placement": "nowhere"}, {}, "404"),
        ({"placement": "home", "n": 0}, {}, "400"),
        (b"{", {}, "400"),
        (HOME, {"HTTP_AUTHORIZATION": "Bearer pk_unknown"}, "401"),
        (HOME, {"HTTP_AUTHORIZATION": ""}, "401"),
        (HOME, {"HTTP_ORIGIN": "https://elsewhere.example"}, "403"),
        (HOME, {"HTTP_X_FORAGE_SIMULATED": "1"}, "403"),
        (HOME, {"CONTENT_TYPE": "text/csv"}, "415"),
        (HOME, {"HTTP_TRANSFER_ENCODING": "chunked"}, "411"),
        (HOME, {"CONTENT_LENGTH": "2000000"}, "413"),
    ],
)
def test_what_is_refused_is_refused_as_django_refuses_it(key, body, more, status):
    express, django = (Answer(way, SLATES, body, key, **more) for way in (ExpressWay(WSGIHandler()), WSGIHandler()))
    assert express.lasting == django.lasting
    assert express.status.startswith(status)


def test_a_packed_body_is_unpacked_by_django(key):
    packed = gzip.compress(json.dumps({"events": [event()]}).encode())
    answer = Answer(ExpressWay(WSGIHandler()), EVENTS, packed, key, HTTP_CONTENT_ENCODING="gzip")
    assert answer.status.startswith("202")
    assert Interaction.objects.count() == 1


def test_a_slate_is_logged_once_and_a_refused_one_not_at_all(key):
    Answer(ExpressWay(WSGIHandler()), SLATES, HOME, key)
    Answer(ExpressWay(WSGIHandler()), SLATES, {"placement": "nowhere"}, key)
    assert Exposure.objects.count() == 1


def test_a_key_without_the_scope_of_the_route_gets_no_slate(shop):
    narrow = issue_key(shop=shop, kind="sk", scopes=["catalog"]).plain
    assert Answer(ExpressWay(WSGIHandler()), SLATES, HOME, narrow).status.startswith("403")


def test_a_request_that_django_refuses_counts_once_against_the_limit(shop):
    key = issue_key(shop=shop, kind="sk", requests_per_minute=2).plain
    asked = [Answer(ExpressWay(WSGIHandler()), SLATES, body, key).status[:3] for body in ({}, HOME, HOME)]
    assert asked == ["400", "200", "429"]


def test_a_plain_request_is_counted_in_the_metrics(key, monkeypatch):
    seen = []
    monkeypatch.setattr("dashboard.core.metrics.observe_request", lambda **told: seen.append(told))
    Answer(ExpressWay(closed), SLATES, HOME, key)
    assert [(told["route"], told["status"]) for told in seen] == [("api/v1/recommendations", 200)]


def test_a_broken_connection_is_given_up_after_each_request(key, connection_kept):
    Answer(ExpressWay(closed), SLATES, HOME, key)
    assert connection_kept == [1]
