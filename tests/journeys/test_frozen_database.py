"""The embedded PostgreSQL frozen with all its processes, as a machine freezes that has run out of memory or disk."""

import time

import httpx
import psutil
import pytest

from tests.journeys.faults import stopped
from tests.journeys.system import eventually, running_system

pytestmark = [pytest.mark.journey, pytest.mark.slow]

SOON_SECONDS = 2.0


def frozen(data):
    (pid_file,) = (data / "postgres").rglob("postmaster.pid")
    postmaster = psutil.Process(int(pid_file.read_text().splitlines()[0]))
    return stopped([postmaster, *postmaster.children(recursive=True)])


def test_a_frozen_database_costs_two_seconds_a_request_and_nothing_when_it_thaws():
    with running_system() as system:
        headers = {"Authorization": f"Bearer {system.create_shop('garden')['secret_key']}"}
        with httpx.Client(base_url=f"{system.url}/api/v1", headers=headers, timeout=30) as client:

            def send(event_id):
                event = {"event_id": event_id, "type": "view_item", "visitor_id": "v", "item_id": "spade"}
                return client.post("/events", json={"events": [event]})

            for number in range(4):  # both web processes have a connection
                assert send(f"before-{number}").status_code == 202
            with frozen(system.data):
                until, answers = time.monotonic() + 20, []
                while time.monotonic() < until:
                    answers.append(send("meanwhile"))
                    time.sleep(0.2)
                assert {answer.status_code for answer in answers} == {503}
                assert max(answer.elapsed.total_seconds() for answer in answers) < SOON_SECONDS
            answer = eventually(lambda: ((found := send("meanwhile")).is_success and found) or None)
            assert answer.json()["accepted"] + answer.json()["duplicates"] == 1
            assert send("meanwhile").json()["duplicates"] == 1
