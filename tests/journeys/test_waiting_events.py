"""Events that wait for the database leave room for slates."""

import json
from concurrent.futures import ThreadPoolExecutor, wait

import httpx
import psycopg2
import pytest

from dashboard.standalone.front import EVENTS_AT_ONCE
from tests.journeys.system import eventually

pytestmark = pytest.mark.journey

MANY = 4 * EVENTS_AT_ONCE
LOCKED = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%events_interaction%'"


def test_a_slate_is_made_while_more_events_wait_than_there_are_threads(system):
    headers = {"Authorization": f"Bearer {system.create_shop('waiting')['secret_key']}"}
    with httpx.Client(base_url=f"{system.url}/api/v1", headers=headers, timeout=60) as client:

        def send(number):
            event = {"event_id": f"waits-{number}", "type": "view_item", "visitor_id": "v", "item_id": "spade"}
            return client.post("/events", json={"events": [event]})

        def slate():
            return client.post("/recommendations", json={"placement": "home", "visitor_id": "v"})

        assert slate().status_code == 200
        database = json.loads((system.data / "runtime.json").read_text())["DATABASE_URL"]
        looker = psycopg2.connect(database)
        looker.autocommit = True  # within a transaction the server answers as it did the first time
        with psycopg2.connect(database) as holder, ThreadPoolExecutor(MANY) as senders:
            holder.cursor().execute("LOCK TABLE events_interaction IN SHARE ROW EXCLUSIVE MODE")  # it may still be read
            sent = [senders.submit(send, number) for number in range(MANY)]
            eventually(lambda: _waiting(looker) >= EVENTS_AT_ONCE or None)
            assert slate().status_code == 200
            answered_before = [event for event in sent if event.done()]
            holder.rollback()
            wait(sent)
        looker.close()
        assert answered_before == []
        assert {eventually(lambda n=n: _is_stored(send(n))) for n in range(MANY)} == {True}


def _waiting(looker):
    with looker.cursor() as cursor:
        cursor.execute(LOCKED)
        return cursor.fetchone()[0]


def _is_stored(answer):
    return True if answer.is_success else None
