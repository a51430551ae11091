"""The fast path of the two hot routes: all that a shop sends there, and every refusal, in front of Django's handler."""

import gzip
import json
from io import BytesIO

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.db import OperationalError

from dashboard.accounts import selectors
from dashboard.accounts.services import change_shop, issue_key, revoke_key
from dashboard.api.fast_path import FastPath
from dashboard.events.models import Exposure, Interaction
from tests.api.conftest import ApiClient, event
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
@pytest.mark.parametrize(
    "media_type", ["application/json", "application/json; charset=utf-8", "text/plain;charset=UTF-8", ""]
)
def test_what_shops_send_does_not_reach_django(key, path, media_type):
    body = HOME if path == SLATES else {"events": [event()]}
    assert Answer(FastPath(closed), path, body, key, CONTENT_TYPE=media_type).status[:1] == "2"


@pytest.mark.parametrize("path", [SLATES, EVENTS])
def test_what_the_snippet_sends_does_not_reach_django(key, path):
    """The key in the address, text, the shop's origin and a language, as Chromium sends it for forage.js."""
    body = {**HOME, "details": True} if path == SLATES else {"events": [event()]}
    sent = {
        "HTTP_AUTHORIZATION": "",
        "QUERY_STRING": f"key={key}",
        "CONTENT_TYPE": "text/plain;charset=UTF-8",
        "HTTP_ORIGIN": "https://shop.example",
        "HTTP_REFERER": "https://shop.example/",
        "HTTP_ACCEPT_LANGUAGE": "en-GB,en;q=0.9",
        "HTTP_SEC_FETCH_MODE": "cors",
        "HTTP_COOKIE": "consent=yes",
    }
    answer = Answer(FastPath(closed), path, body, key, **sent)
    assert answer.status[:1] == "2"
    assert answer.headers["Access-Control-Allow-Origin"] == "https://shop.example"


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
def test_through_djangos_handler_comes_the_same_answer(key, more, settings):
    settings.SECURE_HSTS_SECONDS = 60
    asked = {**HOME, "explain": True}
    fast, django = (Answer(way, SLATES, asked, key, **more) for way in (FastPath(closed), WSGIHandler()))
    assert fast.lasting == django.lasting


REFUSED = [
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
    (HOME, {"CONTENT_LENGTH": "many"}, "400"),
    (HOME, {"HTTP_CONTENT_ENCODING": "br"}, "400"),
    (b"no gzip", {"HTTP_CONTENT_ENCODING": "gzip"}, "400"),
    (HOME, {"QUERY_STRING": "key=x&shop=1"}, "400"),
    (HOME, {"QUERY_STRING": "&".join(f"p{number}=1" for number in range(2000))}, "400"),
    (HOME, {"HTTP_HOST": "evil.example"}, "400"),
    (HOME, {"HTTP_HOST": "in valid"}, "400"),
]


@pytest.mark.parametrize(("body", "more", "status"), REFUSED)
def test_what_is_refused_is_refused_here_in_one_form(key, body, more, status):
    fast, django = (Answer(way, SLATES, body, key, **more) for way in (FastPath(closed), WSGIHandler()))
    assert fast.lasting == django.lasting
    assert fast.status.startswith(status)
    assert set(fast.body["error"]) >= {"code", "message"}


@pytest.mark.parametrize("path", [SLATES, EVENTS])
def test_a_host_name_that_is_not_ours_is_refused(key, path):
    body = HOME if path == SLATES else {"events": [event()]}
    assert Answer(FastPath(closed), path, body, key, HTTP_HOST="evil.example").status.startswith("400")
    assert Answer(FastPath(closed), path, body, key, HTTP_HOST="localhost:8000").status.startswith("2")
    assert not Exposure.objects.exists() or path == SLATES
    assert Interaction.objects.count() == (path == EVENTS)


def test_a_host_name_that_is_not_ours_is_refused_where_pages_are_redirected_to_https(key, settings):
    settings.SECURE_SSL_REDIRECT = True
    assert Answer(FastPath(closed), SLATES, HOME, key, HTTP_HOST="evil.example").status.startswith("400")


class Unread:
    """A body that nobody may touch."""

    def read(self, size=-1):
        raise AssertionError("the body of a stranger was read")


@pytest.mark.parametrize("more", [{"HTTP_AUTHORIZATION": ""}, {"HTTP_AUTHORIZATION": "Bearer pk_unknown"}])
def test_of_a_stranger_no_body_is_read(key, more):
    answer = Answer(FastPath(closed), EVENTS, b"x" * 1000, key, **{**more, "wsgi.input": Unread()})
    assert answer.status.startswith("401")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_key_that_is_past_its_limit_is_told_so_before_its_body_is_read(shop):
    key = issue_key(shop=shop, kind="sk", requests_per_minute=1).plain
    assert Answer(FastPath(closed), SLATES, HOME, key).status.startswith("200")
    answer = Answer(FastPath(closed), SLATES, HOME, key, **{"wsgi.input": Unread()})
    assert answer.status.startswith("429")
    assert int(answer.headers["Retry-After"]) > 0


def test_without_the_database_it_is_a_503_that_says_when_to_come_again(key, monkeypatch):
    def away(**_):
        raise OperationalError("gone")

    monkeypatch.setattr("dashboard.api.views.events.record_events", away)
    answer = Answer(FastPath(closed), EVENTS, {"events": [event()]}, key)
    assert (answer.status[:3], answer.body["error"]["code"], answer.headers["Retry-After"]) == (
        "503",
        "unavailable",
        "5",
    )


@pytest.mark.parametrize("path", ["/api/v1/items", "/healthz"])
def test_other_addresses_and_methods_are_djangos(path):
    with pytest.raises(AssertionError, match="went on to Django"):
        FastPath(closed)({"PATH_INFO": path, "REQUEST_METHOD": "POST"}, None)
    with pytest.raises(AssertionError, match="went on to Django"):
        FastPath(closed)({"PATH_INFO": SLATES, "REQUEST_METHOD": "GET"}, None)


def test_a_packed_body_is_unpacked(key):
    packed = gzip.compress(json.dumps({"events": [event()]}).encode())
    answer = Answer(FastPath(closed), EVENTS, packed, key, HTTP_CONTENT_ENCODING="gzip")
    assert answer.status.startswith("202")
    assert Interaction.objects.count() == 1


def test_a_slate_is_logged_once_and_a_refused_one_not_at_all(key):
    Answer(FastPath(closed), SLATES, HOME, key)
    Answer(FastPath(closed), SLATES, {"placement": "nowhere"}, key)
    assert Exposure.objects.count() == 1


def test_a_key_without_the_scope_of_the_route_gets_no_slate(shop):
    narrow = issue_key(shop=shop, kind="sk", scopes=["catalog"]).plain
    assert Answer(FastPath(closed), SLATES, HOME, narrow).status.startswith("403")


def test_a_refused_request_counts_once_against_the_limit(shop):
    key = issue_key(shop=shop, kind="sk", requests_per_minute=2).plain
    asked = [Answer(FastPath(closed), SLATES, body, key).status[:3] for body in ({}, HOME, HOME)]
    assert asked == ["400", "200", "429"]


def test_a_plain_request_is_counted_in_the_metrics(key, monkeypatch):
    seen = []
    monkeypatch.setattr("dashboard.core.metrics.observe_request", lambda **told: seen.append(told))
    Answer(FastPath(closed), SLATES, HOME, key)
    assert [(told["route"], told["status"]) for told in seen] == [("api/v1/recommendations", 200)]


def test_a_broken_connection_is_given_up_after_each_request(key, connection_kept):
    Answer(FastPath(closed), SLATES, HOME, key)
    assert connection_kept == [1]


def test_an_answer_may_not_be_framed_nor_run_anything(secret):
    for answer in (secret.post("/recommendations", {"placement": "home"}), secret.post("/recommendations", {})):
        assert answer["X-Frame-Options"] == "DENY"
        assert "default-src 'none'" in answer["Content-Security-Policy"]
        assert answer["X-Content-Type-Options"] == "nosniff"


def test_it_speaks_the_language_that_is_asked_for_and_then_english_again(secret, shop):
    set_policy(shop, exploration=0.0)
    asked = {**HOME, "n": 1, "explain": True}
    chinese = secret.post("/recommendations", asked, headers={"Accept-Language": "zh-Hans"}).json()
    english = secret.post("/recommendations", asked).json()
    assert not chinese["items"][0]["explanation"].isascii()
    assert english["items"][0]["explanation"] == "new in this shop"


def test_a_mistake_of_ours_is_noted_and_answered_in_json(secret, monkeypatch):
    monkeypatch.setattr("dashboard.api.views.recommendations.recommend_together", lambda request: 1 / 0)
    answer = secret.post("/recommendations", HOME)
    assert (answer.status_code, answer.json()["error"]["code"]) == (500, "internal")


def test_a_key_is_read_once_a_second(secret, django_assert_num_queries):
    assert selectors.live_key(secret.key)
    with django_assert_num_queries(0):
        assert selectors.live_key(secret.key)


def test_a_revoked_key_ends_at_once_in_the_process_that_revoked_it(client, shop):
    new = issue_key(shop=shop, kind="sk")
    caller = ApiClient(client, new.plain)
    assert caller.post("/recommendations", HOME).status_code == 200
    revoke_key(key=new.record)
    assert caller.post("/recommendations", HOME).status_code == 401


def test_a_key_that_expires_between_two_readings_ends_on_time(shop, monkeypatch):
    new = issue_key(shop=shop, kind="sk")
    cached = selectors.live_key(new.plain)
    cached.expires_at = selectors.clock.now()
    assert selectors.live_key(new.plain) is None


def test_a_shop_that_changed_is_seen_changed(secret, shop, owner):
    selectors.live_key(secret.key)
    change_shop(shop=shop, actor=owner, name="Holly & Co", timezone="Europe/London", currency="EUR")
    assert selectors.live_key(secret.key).shop.currency == "EUR"
