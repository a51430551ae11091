"""Load with a ledger of what was acknowledged, and a killer that chooses at random."""

import json
import random
import signal
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Event, Thread

import httpx
import psutil
import psycopg2

from dashboard.standalone.leftovers import leftovers
from tests.journeys.system import System, eventually

ANSWER_SECONDS = 10
LARGEST_BATCH = 40  # some are stored in one statement, some through the staging table
ABANDONED = 0.2  # of the batches that failed: never sent again, stored or not


@dataclass
class Ledger:
    """Event ids by what became of them. `lines`: how many rows each event must have."""

    lines: dict[str, int] = field(default_factory=dict)
    acknowledged: set[str] = field(default_factory=set)
    abandoned: list[list[str]] = field(default_factory=list)
    refused: list[object] = field(default_factory=list)
    failures: Counter[str] = field(default_factory=Counter)


class Sender(Thread):
    """Sends batches until told to stop, each again and again, with a new time each, until it is acknowledged."""

    def __init__(self, system: System, key: str, ledger: Ledger, stop: Event, number: int) -> None:
        super().__init__(daemon=True)
        self.ledger, self.stop_request, self.dice, self.name = ledger, stop, random.Random(number), f"s{number}"
        headers = {"Authorization": f"Bearer {key}"}
        self.client = httpx.Client(base_url=system.url, headers=headers, timeout=ANSWER_SECONDS)
        self.sent = 0

    def run(self) -> None:
        while not self.stop_request.is_set():
            self._deliver(self._batch())
        self.client.close()

    def _batch(self) -> list[dict[str, object]]:
        batch = [self._event() for _ in range(self.dice.choice([1, 3, LARGEST_BATCH]))]
        self.ledger.lines |= {str(event["event_id"]): len(event.get("items", [1])) for event in batch}  # type: ignore[arg-type]
        return batch

    def _event(self) -> dict[str, object]:
        self.sent += 1
        event = {"event_id": f"{self.name}-{self.sent}", "visitor_id": f"v{self.dice.randrange(50)}"}
        if self.dice.random() < 0.2:
            items = [{"item_id": f"i{line}", "price": 1} for line in range(3)]
            return {**event, "type": "purchase", "order_id": event["event_id"], "items": items}
        return {**event, "type": "view_item", "item_id": f"i{self.dice.randrange(100)}"}

    def _deliver(self, batch: list[dict[str, object]]) -> None:
        ids = [str(event["event_id"]) for event in batch]
        for _ in iter(int, 1):
            answer = self._attempt(batch)
            if answer is not None:
                counted = answer["accepted"] + answer["duplicates"]
                self.ledger.acknowledged.update(ids)
                if answer["rejected"] or counted != len(batch):
                    self.ledger.refused.append(answer)
                return
            if self.dice.random() < ABANDONED:
                self.ledger.abandoned.append(ids)
                return
            self.stop_request.wait(0.2)

    def _attempt(self, batch: list[dict[str, object]]) -> dict[str, object] | None:
        """The verdicts; None where there is no answer, or one that asks to try again."""
        at = datetime.now(UTC) - timedelta(seconds=self.dice.randrange(86_400 * 40))  # another month perhaps
        try:
            answer = self.client.post(
                "/api/v1/events", json={"events": [{**e, "timestamp": at.isoformat()} for e in batch]}
            )
        except httpx.TransportError as problem:
            self.ledger.failures[type(problem).__name__] += 1
            return None
        if answer.status_code == 202:
            return dict(answer.json())
        self.ledger.failures[str(answer.status_code)] += 1
        if answer.status_code not in (500, 502, 503, 504):  # ours, or of the front whose process is gone
            self.ledger.refused.append(answer.text)
        return None


KINDS: dict[str, Callable[[str], bool]] = {
    "web": lambda command: "dashboard.wsgi" in command,
    "front": lambda command: "haproxy" in command,
    "postgres": lambda command: "postgres" in command.split(" ")[0] or command.startswith("postgres:"),
    "broker": lambda command: "valkey" in command,
    "worker": lambda command: "celery" in command and " worker " in command,
    "beat": lambda command: "celery" in command and " beat " in command,
}


def victims(system: System, kind: str) -> list[psutil.Process]:
    """The running processes of a kind."""
    found = []
    for process in leftovers(system.data):
        with suppress(psutil.Error):
            if process.status() != psutil.STATUS_ZOMBIE and KINDS[kind](" ".join(process.cmdline())):
                found.append(process)
    return found


@contextmanager
def stopped(processes: Iterable[psutil.Process]):
    """They stand still meanwhile, and go on afterwards."""
    held = list(processes)
    for process in held:
        process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        for process in held:
            process.send_signal(signal.SIGCONT)


def kill_one(system: System, kind: str, dice: random.Random) -> None:
    """SIGKILL to a process of the kind, as soon as there is one."""
    process = dice.choice(eventually(lambda: victims(system, kind) or None))
    with suppress(psutil.NoSuchProcess):
        process.send_signal(signal.SIGKILL)


@dataclass(frozen=True)
class Stored:
    """What the database holds: keys, and rows by event."""

    keys: set[str]
    rows: Counter[str]
    lines: set[tuple[str, int]]


def stored(system: System) -> Stored:
    url = json.loads((system.data / "runtime.json").read_text())["DATABASE_URL"]
    connection = psycopg2.connect(url)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SET forage.shop = '-1'")  # row policies: every shop
            cursor.execute("SELECT event_id FROM events_eventkey WHERE event_id LIKE 's%'")
            keys = {row[0] for row in cursor.fetchall()}
            cursor.execute("SELECT event_id, line FROM events_interaction WHERE event_id LIKE 's%'")
            rows = cursor.fetchall()
    finally:
        connection.close()
    return Stored(keys, Counter(event_id for event_id, _ in rows), set(rows))
