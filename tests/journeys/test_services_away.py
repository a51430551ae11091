"""Services that go away under a running web process: what it answers meanwhile, and that it recovers alone."""

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from django.db import connection, transaction

from dashboard.accounts.services import issue_key
from dashboard.core import metrics
from dashboard.events.models import Exposure, Interaction
from dashboard.training.models import Run
from tests.journeys.web_process import web_process
from tests.serving.conftest import add_catalog

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]

OUTAGE_SECONDS = 4.0  # longer than a process keeps anything without asking the cache
SOON_SECONDS = 3.0  # two, and one for a busy machine; test_frozen_database.py holds the two


@pytest.fixture(scope="module")
def web(django_db_setup, django_db_blocker, tmp_path_factory):
    with django_db_blocker.unblock(), web_process(tmp_path_factory.mktemp("web")) as running:
        yield running


@pytest.fixture
def api(web, shop):
    add_catalog(shop)
    headers = {"Authorization": f"Bearer {issue_key(shop=shop, kind='sk').plain}"}
    with httpx.Client(base_url=f"{web.url}/api/v1", headers=headers, timeout=30) as client:
        assert slate(client).status_code == 200
        yield client
        web.database.up()
        web.broker.up()
        recovered(client)


def slate(client):
    return client.post("/recommendations", json={"placement": "home", "visitor_id": "v"})


def send(client, event_id, visitor_id="v"):
    event = {"event_id": event_id, "type": "view_item", "visitor_id": visitor_id, "item_id": "teapot"}
    return client.post("/events", json={"events": [event]})


def page(web):
    """A page as somebody asks for it who is signed in."""
    return httpx.get(f"{web.url}/shops/holly-and-hearth/", cookies={"sessionid": "s" * 32})


def recovered(client, seconds=10):
    """The first good slate; fails after so many seconds."""
    deadline = time.monotonic() + seconds
    while (answer := slate(client)).status_code != 200:
        assert time.monotonic() < deadline, answer.text
        time.sleep(0.1)
    return answer


def assert_away(answer):
    assert answer.status_code == 503, answer.text
    assert int(answer.headers["Retry-After"]) > 0
    assert answer.elapsed.total_seconds() < SOON_SECONDS


@pytest.mark.parametrize("fault", ["down", "hang"])
def test_without_the_database_every_request_is_a_503_within_two_seconds_and_it_recovers_alone(web, api, fault):
    getattr(web.database, fault)()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda number: send(api, f"e-{number}"), range(8)))
    for answer in [*answers, slate(api), api.get("/items"), httpx.get(f"{web.url}/readyz"), page(web)]:
        assert_away(answer)
    assert httpx.get(f"{web.url}/healthz").status_code == 200
    assert "forage_database_up 0" in httpx.get(f"{web.url}/metrics").text
    web.database.up()
    recovered(api)
    again = [send(api, f"e-{number}").json() for number in range(8)]
    # What a hung connection had swallowed may still be stored when it wakes: then the resend is a duplicate.
    assert [verdict["accepted"] + verdict["duplicates"] for verdict in again] == [1] * 8
    assert Interaction.objects.filter(event_id__startswith="e-").count() == 8


def test_a_database_that_is_only_slow_is_waited_for(web, api):
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("LOCK TABLE events_eventkey IN ACCESS EXCLUSIVE MODE")
            answer = pool.submit(send, api, "slow")
            with pytest.raises(TimeoutError):
                answer.result(timeout=2.5)  # longer than a request waits for a database that is dead
        assert answer.result().json()["accepted"] == 1


@pytest.mark.parametrize("fault", ["down", "hang"])
def test_without_the_broker_events_are_taken_and_slates_are_made(web, api, fault):
    getattr(web.broker, fault)()
    until, number = time.monotonic() + OUTAGE_SECONDS, 0
    while time.monotonic() < until:
        assert send(api, f"b-{number}").json()["accepted"] == 1
        answer = slate(api)
        assert (answer.status_code, bool(answer.json()["items"])) == (200, True)
        assert answer.elapsed.total_seconds() < SOON_SECONDS
        number += 1
    assert httpx.get(f"{web.url}/readyz").json() == {"status": "ok", "broker": "does not answer"}
    assert Interaction.objects.count() == number


@pytest.mark.parametrize("fault", ["down", "hang"])
def test_without_the_broker_a_run_is_queued_as_a_row_and_its_asker_answered(web, api, fault):
    for number in range(12):
        send(api, f"r-{number}", visitor_id=f"v{number % 3}")
    getattr(web.broker, fault)()
    answer = api.post("/runs", json={"preset": "fast"})
    assert (answer.status_code, answer.json()["state"]) == (202, "queued")
    assert answer.elapsed.total_seconds() < SOON_SECONDS
    assert Run.objects.get(pk=answer.json()["id"]).state == "queued"


def test_the_log_of_the_faults_is_json_and_knows_nobody(web, api):
    web.database.down()
    api.get("/visitors?visitor_id=visitor-7", headers={"X-Request-ID": "fault-0001"})
    web.database.up()
    lines = [json.loads(line) for line in web.log.read_text().splitlines() if line.startswith("{")]
    (ours,) = [line for line in lines if line.get("request_id") == "fault-0001" and line["logger"] == "forage.requests"]
    assert (ours["status"], ours["level"]) == (503, "error")
    assert [line for line in web.log.read_text().splitlines() if "visitor-7" in line] == []


def test_a_request_in_flight_is_answered_after_sigterm(tmp_path, shop):
    key = issue_key(shop=shop, kind="sk").plain
    with (
        web_process(tmp_path) as own,
        httpx.Client(base_url=f"{own.url}/api/v1", headers={"Authorization": f"Bearer {key}"}, timeout=30) as client,
    ):
        assert send(client, "first").status_code == 202
        answers = []
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("LOCK TABLE events_eventkey IN ACCESS EXCLUSIVE MODE")
            asking = threading.Thread(target=lambda: answers.append(send(client, "in-flight")))
            asking.start()
            _wait_for_lock(cursor)
            own.terminate()
            time.sleep(0.5)
            assert answers == []
        asking.join(10)
        assert [answer.status_code for answer in answers] == [202]
        assert own.process.wait(10) == 0
    assert Interaction.objects.filter(shop=shop).count() == 2


def slates_counted():
    return sum(value for name, value in metrics.totals().items() if name.startswith("forage_slates_total"))


def test_the_last_slate_before_sigterm_is_logged_and_counted(tmp_path, shop):
    add_catalog(shop)
    key = issue_key(shop=shop, kind="sk").plain
    with (
        web_process(tmp_path) as own,
        httpx.Client(base_url=f"{own.url}/api/v1", headers={"Authorization": f"Bearer {key}"}, timeout=30) as client,
    ):
        shown, counted = slate(client).json()["recommendation_id"], slates_counted()
        own.terminate()
        assert own.process.wait(20) == 0
    assert slates_counted() == counted + 1
    assert str(Exposure.objects.get(shop=shop).recommendation_id) == shown


def _wait_for_lock(cursor):
    for _ in range(100):
        cursor.execute(
            "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database"
            " WHERE NOT l.granted AND d.datname = current_database()"
        )
        if cursor.fetchone()[0]:
            return
        time.sleep(0.1)
    raise AssertionError("nobody waits for the lock")
