"""The log: JSON lines with the id of their request, and nothing that a shop or its visitors sent."""

import io
import json
import logging
import logging.config

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import IntegrityError, connection

from dashboard.accounts.services import issue_key
from dashboard.core.logs import logging_settings
from tests.api.conftest import ApiClient, event

PERSONAL = ["visitor-7", "198.51.100.7", "blue-suede", "secret-basket", "holly@example.com"]


@pytest.fixture
def log():
    """The log as JSON lines from here on: `log() -> list of dicts`; at DEBUG, where the most is said."""
    root = logging.getLogger()
    kept = root.handlers[:], root.level
    logging.config.dictConfig(logging_settings("INFO", "json"))
    stream = io.StringIO()
    root.handlers[0].setStream(stream)
    logging.getLogger("forage.requests").setLevel(logging.DEBUG)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    logging.getLogger("forage.requests").setLevel(logging.NOTSET)
    root.handlers[:], root.level = kept


@pytest.mark.django_db
def test_a_request_is_one_line_with_its_route_status_duration_and_id(client, log):
    client.get("/api/v1/visitors/visitor-7", headers={"X-Request-ID": "deploy-2026.1"})
    (line,) = log()
    assert line.pop("duration_ms") > 0
    assert line.pop("at").endswith("+00:00")
    assert line == {
        "level": "info",
        "logger": "forage.requests",
        "message": "401 GET api/v1/visitors/<path:visitor_id>",
        "request_id": "deploy-2026.1",
        "method": "GET",
        "route": "api/v1/visitors/<path:visitor_id>",
        "status": 401,
    }


@pytest.mark.django_db
@pytest.mark.parametrize("given", ["", "short", "a" * 65, "holly@example.com", "eight\tchars", "ünïcödé-ïd"])
def test_an_id_that_is_missing_or_malformed_is_made_anew(client, given):
    headers = {"X-Request-ID": given} if given else {}
    made = {client.get("/healthz", headers=headers)["X-Request-ID"] for _ in range(2)}
    assert len(made) == 2
    assert given not in made


def test_a_well_formed_id_comes_back(client):
    assert client.get("/healthz", headers={"X-Request-ID": "from-the-proxy:42"})["X-Request-ID"] == "from-the-proxy:42"


@pytest.mark.django_db
def test_the_log_knows_no_visitor_no_address_and_no_query(client, shop, log):
    api = ApiClient(client, issue_key(shop=shop, kind="sk").plain)
    headers = {"X-Forwarded-For": "198.51.100.7", "User-Agent": "blue-suede"}
    sent = event("e1", visitor_id="visitor-7", session_id="secret-basket", query="blue-suede")
    for call in (
        lambda: api.post("/events", {"events": [sent, {**sent, "type": "visitor-7"}]}, headers=headers),
        lambda: api.post("/recommendations?key=visitor-7", {"placement": "visitor-7", "visitor_id": "visitor-7"}),
        lambda: api.get("/visitors/visitor-7/export?blue-suede=secret-basket", headers=headers),
        lambda: api.get("/visitors/visitor-7/nothing", headers=headers),
        lambda: api.delete("/visitors/visitor-7", headers=headers),
        lambda: client.get("/shops/visitor-7/visitors/visitor-7/?q=blue-suede", REMOTE_ADDR="198.51.100.7"),
        lambda: client.post("/", {"username": "holly@example.com", "password": "secret-basket"}, headers=headers),
        lambda: client.get("/visitor-7", headers={"Host": "visitor-7.example"}),
    ):
        call()
    lines = log()
    assert len([line for line in lines if line["logger"] == "forage.requests"]) == 8
    assert [word for word in PERSONAL if word in json.dumps(lines)] == []


@pytest.mark.django_db
def test_an_exception_is_told_by_its_kind_and_place_and_not_by_its_message(log):
    logger = logging.getLogger("forage.test")
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 / (length('visitor-7') - 9)")
    except Exception as problem:
        try:
            raise IntegrityError("Key (visitor_id)=(visitor-7) already exists.") from problem
        except IntegrityError:
            logger.exception("It failed")
    (line,) = log()
    assert line["exception"]["type"] == "django.db.utils.IntegrityError"
    assert line["exception"]["cause"]["type"] == "django.db.utils.DataError"
    assert "test_logs.py" in line["exception"]["frames"][0]
    assert "visitor-7" not in json.dumps(line)


def test_a_failing_page_is_told_without_its_address(log, rf):
    request = rf.get("/shops/holly/visitors/visitor-7/")
    logging.getLogger("django.request").error(
        "%s: %s", "Internal Server Error", request.path, extra={"request": request, "status_code": 500}
    )
    (line,) = log()
    assert line["message"] == "500 GET none"


def test_another_form_of_log_is_refused_by_the_name_of_its_variable():
    with pytest.raises(ImproperlyConfigured, match="LOG_FORMAT"):
        logging_settings("INFO", "xml")
