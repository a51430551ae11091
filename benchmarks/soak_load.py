"""Who uses a shop during a soak: visitors, open tabs, readers that are slow, and what goes on besides."""

import http.client
import itertools
import json
import multiprocessing
import random
import socket
import threading
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field

PATIENCE_SECONDS = 20
PLACEMENTS = ("home", "product", "cart")
VISITORS = 2_000
EVENTS_A_BATCH = 10
CONTEXT = multiprocessing.get_context("spawn")


@dataclass
class Book:
    """What was asked and what came of it. Times are seconds since the beginning."""

    began: float = field(default_factory=time.monotonic)
    slates: list[tuple[float, float]] = field(default_factory=list)  # (due at, seconds until answered)
    answers: Counter = field(default_factory=Counter)  # {"slates 200": …}
    problems: list[str] = field(default_factory=list)
    acknowledged: set[int] = field(default_factory=set)  # numbers of events
    incidents: list[tuple[float, str]] = field(default_factory=list)

    def now(self):
        return time.monotonic() - self.began

    def note(self, who, status, detail=""):
        self.answers[f"{who} {status}"] += 1
        if not 200 <= status < 400 and len(self.problems) < 100:
            self.problems.append(f"{self.now():.1f} s, {who}: {status} {detail[:200]}")

    def add(self, other):
        """What was noted in a process of its own."""
        self.slates += other.slates
        self.answers += other.answers
        self.problems += other.problems
        self.acknowledged |= other.acknowledged

    def tell(self, what):
        print(f"{self.now():7.1f} s  {what}", flush=True)
        self.incidents.append((self.now(), what))


class Caller:
    """One kept connection, opened again where it breaks."""

    def __init__(self, at, headers):
        self.at, self.headers, self.link = at, headers, None

    def ask(self, method, path, body=None):
        """(status, body); (0, why) where there was no answer."""
        raw = None if body is None else json.dumps(body).encode()
        headers = {**self.headers, **({"Content-Type": "application/json"} if raw else {})}
        for attempt in (1, 2):
            try:
                fresh = self.link is None
                self.link = self.link or http.client.HTTPConnection(*self.at, timeout=PATIENCE_SECONDS)
                self.link.request(method, path, raw, headers)
                answer = self.link.getresponse()
                return answer.status, answer.read()
            except (OSError, http.client.HTTPException) as problem:
                self.link.close()
                self.link = None
                if fresh or attempt == 2:  # a kept connection may have been closed while it rested
                    return 0, type(problem).__name__.encode()
        return 0, b""


def _apart(pipe, at, headers, began, work, arguments):
    crowd = Crowd(at, headers, "", Book(began))
    getattr(crowd, work)(*arguments)
    with suppress(EOFError):  # whoever started us has gone
        pipe.recv()
    crowd.end()
    pipe.send(crowd.book)


class Crowd:
    """Threads that go on until they are told to stop."""

    def __init__(self, at, headers, cookie, book):
        self.at, self.headers, self.cookie, self.book = at, headers, cookie, book
        self.stop, self.threads, self.processes = threading.Event(), [], []

    def start(self, work, *arguments):
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        thread.start()
        self.threads.append(thread)

    def end(self):
        self.stop.set()
        self._gather()
        for thread in self.threads:
            thread.join(PATIENCE_SECONDS * 2)

    def apart(self, work, *arguments):
        """Let a process of its own do the work of that name until the end: what other clients here read and parse would
        make its answers look late."""
        ours, theirs = CONTEXT.Pipe()
        process = CONTEXT.Process(
            target=_apart, args=(theirs, self.at, self.headers, self.book.began, work, arguments), daemon=True
        )
        process.start()
        theirs.close()
        self.processes.append((process, ours))

    def _gather(self):
        for process, pipe in self.processes:
            pipe.send("end")
            self.book.add(pipe.recv())
            process.join()

    def paced(self, rate, threads, work):
        """Call `work(caller, number, due at)` so many times a second, whatever the answers take: a slow one delays no
        other and is counted from the moment at which it was due."""
        numbers, began, lock = itertools.count(), self.book.now(), threading.Lock()

        def run():
            caller = Caller(self.at, self.headers)
            while not self.stop.is_set():
                with lock:
                    number = next(numbers)
                due = began + number / rate
                if self.stop.wait(max(due - self.book.now(), 0)):
                    return
                work(caller, number, due)

        for _ in range(threads):
            self.start(run)

    def slates(self, rate):
        def one(caller, number, due):
            wish = {"placement": PLACEMENTS[number % 3], "visitor_id": f"soak-{number % VISITORS}", "n": 12}
            status, said = caller.ask("POST", "/api/v1/recommendations", wish)
            self.book.slates.append((due, self.book.now() - due))
            self.book.note("slates", status, said.decode(errors="replace") if status != 200 else "")

        self.paced(rate, 12, one)

    def events(self, rate, prefix, items):
        def one(caller, number, due):
            numbers = range(number * EVENTS_A_BATCH, (number + 1) * EVENTS_A_BATCH)
            dice = random.Random(number)
            batch = [
                {
                    "event_id": f"{prefix}{each}",
                    "type": dice.choice(["view_item", "view_item", "view_item_list", "add_to_cart"]),
                    "visitor_id": f"soak-{dice.randrange(VISITORS)}",
                    "item_id": dice.choice(items),
                }
                for each in numbers
            ]
            status, said = caller.ask("POST", "/api/v1/events", {"events": batch})
            self.book.note("events", status, said.decode(errors="replace") if status != 202 else "")
            if status == 202:
                refused = {entry["index"] for entry in json.loads(said)["rejected"]}
                self.book.acknowledged.update(each for index, each in enumerate(numbers) if index not in refused)

        self.paced(rate / EVENTS_A_BATCH, 8, one)

    def tab(self, path, every_seconds):
        """An open page that asks for its moving part, and says what it shows."""
        caller, seen = Caller(self.at, {"Cookie": self.cookie, "HX-Request": "true"}), ""
        while not self.stop.wait(every_seconds * random.uniform(0.9, 1.1)):
            status, said = caller.ask("GET", f"{path}?seen={seen}" if path.endswith("/live/") else path)
            _, found, rest = said.partition(b"?seen=")
            seen = rest.partition(b'"')[0].decode() if found else seen
            self.book.note(f"tab {path.rstrip('/').rsplit('/', 1)[-1]}", status)

    def slow_reader(self, path, block, pause_seconds):
        """Asks for much and takes little of it; comes again when it is cut off."""
        head = [f"GET {path} HTTP/1.1", f"Host: {self.at[0]}", *(f"{name}: {v}" for name, v in self.headers.items())]
        while not self.stop.is_set():
            with suppress(OSError), socket.create_connection(self.at, timeout=PATIENCE_SECONDS) as link:
                link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                link.sendall("\r\n".join([*head, "", ""]).encode())
                while not self.stop.wait(pause_seconds) and (block == 0 or link.recv(block)):
                    pass
            self.book.answers["slow readers cut off"] += 1
            self.stop.wait(1)

    def slow_sender(self):
        """Announces a body and sends a byte now and then, without a key that opens anything."""
        head = f"POST /api/v1/events HTTP/1.1\r\nHost: {self.at[0]}\r\nContent-Type: application/json\r\n"
        while not self.stop.is_set():
            with suppress(OSError), socket.create_connection(self.at, timeout=PATIENCE_SECONDS) as link:
                link.sendall(f"{head}Content-Length: 100000\r\n\r\n{{".encode())
                while not self.stop.wait(2):
                    link.sendall(b" ")
            self.book.answers["slow senders cut off"] += 1
            self.stop.wait(1)

    def export(self, path):
        """Reads a whole export as fast as it comes; asks again where others are under way."""
        self.book.tell(f"export of {path} begins")
        status = 429
        while status == 429 and not self.stop.wait(5):
            link = http.client.HTTPConnection(*self.at, timeout=PATIENCE_SECONDS)
            with suppress(OSError, http.client.HTTPException):
                link.request("GET", path, headers=self.headers)
                answer = link.getresponse()
                status, rows, size = answer.status, 0, 0
                while block := answer.read(1 << 20):
                    rows, size = rows + block.count(b"\n"), size + len(block)
            link.close()
        self.book.note("export", status)
        self.book.tell(f"export of {path} ended: {status}, {rows:,} rows, {size / 2**20:.0f} MiB")

    def retrain(self, preset):
        caller = Caller(self.at, self.headers)
        status, said = caller.ask("POST", "/api/v1/runs", {"preset": preset})
        self.book.note("run", status, said.decode(errors="replace"))
        if status != 202:
            return
        number = json.loads(said)["id"]
        self.book.tell(f"run {number} begins")
        state = ""
        while state not in ("published", "rejected", "failed", "cancelled") and not self.stop.wait(3):
            status, said = caller.ask("GET", f"/api/v1/runs/{number}")
            state = json.loads(said)["state"] if status == 200 else state
        self.book.tell(f"run {number} is {state or 'unknown'}")

    def publish(self):
        """Another version than the one that serves, if there is one; else the same again."""
        caller = Caller(self.at, self.headers)
        status, said = caller.ask("GET", "/api/v1/artifacts")
        found = json.loads(said)
        found = found.get("artifacts", found) if isinstance(found, dict) else found
        others = [artifact["id"] for artifact in found if not artifact.get("is_active")] or [found[0]["id"]]
        status, said = caller.ask("POST", f"/api/v1/artifacts/{others[0]}/publish")
        self.book.note("publish", status, said.decode(errors="replace"))
        self.book.tell(f"artifact {others[0]} published: {status}")
