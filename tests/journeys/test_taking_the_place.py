"""A secret key's event takes the place of a publishable key's while servers are killed: no event is lost, none doubled,
and the money is that of the backend."""

import json
import random
import signal
from contextlib import contextmanager, suppress
from threading import Thread, Timer

import httpx
import psutil
import psycopg2
import pytest

from tests.journeys.faults import kill_one
from tests.journeys.system import eventually

pytestmark = pytest.mark.journey
TRUE_LINES = [("ada", 9), ("ada", 20)]


@contextmanager
def database(system):
    """A session of somebody beside, who sees every shop."""
    link = psycopg2.connect(json.loads((system.data / "runtime.json").read_text())["DATABASE_URL"])
    try:
        with link.cursor() as cursor:
            cursor.execute("SET forage.shop = '-1'")
            yield cursor
    finally:
        link.close()


class Shop:
    """One whose browsers and backend say different things of the same purchases."""

    def __init__(self, system, slug):
        keys = system.create_shop(slug)
        self.system, self.slug, self.accepted = system, slug, 0
        self._headers = {kind: {"Authorization": f"Bearer {keys[f'{kind}_key']}"} for kind in ("publishable", "secret")}

    def id_of(self, number):
        return f"{self.slug}-{number}"

    def browser(self, number):
        made_up = {"type": "purchase", "visitor_id": "mallory", "item_id": "mug", "value": 5000}
        return self._sent("publishable", {"event_id": self.id_of(number), **made_up})

    def backend(self, number):
        """Sends it until it is answered."""
        items = [{"item_id": "mug", "quantity": 2, "price": 4.5}, {"item_id": "lamp", "price": 20}]
        event = {"event_id": self.id_of(number), "type": "purchase", "visitor_id": "ada", "items": items}
        verdict = eventually(lambda: self._sent("secret", event))
        assert verdict["rejected"] == []
        self.accepted += verdict["accepted"] + verdict["duplicates"]

    def _sent(self, kind, event):
        url = f"{self.system.url}/api/v1/events"
        with suppress(httpx.TransportError):
            answer = httpx.post(url, json={"events": [event]}, headers=self._headers[kind], timeout=20)
            assert answer.status_code in (202, 500, 502, 503, 504), answer.text
            return answer.json() if answer.status_code == 202 else None

    def stored(self, number):
        with database(self.system) as cursor:
            cursor.execute(
                "SELECT visitor_id, value::int, low_trust FROM events_interaction WHERE event_id = %s ORDER BY line",
                [self.id_of(number)],
            )
            return cursor.fetchall()

    def claims(self):
        """(ids that are known, those of them that a publishable key's event still holds)."""
        with database(self.system) as cursor:
            cursor.execute(
                "SELECT count(*), count(low_trust_at) FROM events_eventkey WHERE event_id LIKE %s", [f"{self.slug}-%"]
            )
            return cursor.fetchone()


def who_waits(system):
    """The server process that is taking a place and waits for a lock."""
    with suppress(psycopg2.OperationalError), database(system) as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%forage_supersede%'"
        )
        found = cursor.fetchone()
        return found and found[0]


@pytest.mark.parametrize("table", ["events_eventkey", "events_interaction"])
def test_killed_in_the_middle_of_the_statement_it_is_as_before_and_then_done(system, table):
    """Held at a lock: before anything is changed, or with the id taken and the rows still there."""
    shop = Shop(system, f"place-{table.rpartition('_')[2]}")
    assert shop.browser(1)["accepted"] == 1
    sender = Thread(target=shop.backend, args=[1])
    with suppress(psycopg2.Error), database(system) as cursor:  # this session is lost with the server's others
        cursor.execute(f"SELECT 1 FROM {table} WHERE event_id = %s FOR UPDATE", [shop.id_of(1)])  # noqa: S608
        assert cursor.fetchall()
        sender.start()
        psutil.Process(eventually(lambda: who_waits(system))).send_signal(signal.SIGKILL)
    sender.join(120)
    assert not sender.is_alive()
    assert shop.accepted == 1
    assert shop.stored(1) == [(*line, False) for line in TRUE_LINES]
    assert shop.claims() == (1, 0)


@pytest.mark.slow
def test_killed_at_random_every_purchase_is_the_backend_s_once(system):
    dice, shop, count = random.Random(77), Shop(system, "place-random"), 60
    for number in range(count):
        assert shop.browser(number)["accepted"] == 1
    for number in range(count):
        if number % 5:
            shop.backend(number)
            continue
        kind = dice.choice(["postgres", "web", "front", "broker"])
        killer = Timer(dice.uniform(0, 0.03), kill_one, [system, kind, dice])
        killer.start()
        shop.backend(number)
        killer.join(300)
    eventually(lambda: who_answers(system))
    assert shop.accepted == count
    assert shop.claims() == (count, 0)
    true = [(*line, False) for line in TRUE_LINES]
    assert [number for number in range(count) if shop.stored(number) != true] == []


def who_answers(system):
    with suppress(httpx.TransportError):
        return httpx.get(f"{system.url}/readyz", timeout=10).is_success or None
