"""A shop with an audience of buyers that is followed, and a receiver: that of docs/api.md, in a process of its own."""

import queue
import socket
import subprocess
import sys
import threading

import pytest

from dashboard.audiences.services import count_visitors, create_audience, follow_audiences
from tests.api.guide import examples, filled
from tests.audiences.conftest import behave, small_groups  # noqa: F401


@pytest.fixture(autouse=True)
def here(settings):
    settings.WEBHOOKS_ALLOW_PRIVATE_HOSTS = True


@pytest.fixture(autouse=True)
def handed_out(monkeypatch):
    """Endpoints that a worker was sent to."""
    handed = []
    monkeypatch.setattr("dashboard.webhooks.services.messages.enqueue", lambda name, **ids: handed.append(ids))
    return handed


@pytest.fixture
def buy(shop, behave):  # noqa: F811
    """Let visitors buy, and have it noted."""

    def bought(*visitors):
        for visitor in visitors:
            behave(shop, visitor, (0, "purchase", 9))
        count_visitors(shop=shop)
        return follow_audiences(shop=shop)

    return bought


@pytest.fixture
def buyers(shop, small_groups, buy):  # noqa: F811
    made = create_audience(shop=shop, name="Buyers", expression="purchases > 0", by=None)
    buy("a", "b", "c")
    return made


class Receiver:
    """Prints a line for each change; `told` reads them. It lives on one port, whatever is killed."""

    def __init__(self):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/forage"
        self.process = None

    def start(self, secret):
        (example,) = examples("python", "webhook-signature")
        code = filled(example, WEBHOOK_SECRET=secret, PORT=str(self.port))
        self.process = subprocess.Popen(
            [sys.executable, "-u", "-c", code], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        self.lines = queue.Queue()
        threading.Thread(target=self._read, args=[self.process.stdout, self.lines], daemon=True).start()
        assert self.lines.get(timeout=120) == "ready"

    @staticmethod
    def _read(stream, lines):
        for line in stream:
            lines.put(line.strip())

    def kill(self):
        """As `kill -9` does."""
        self.process.kill()
        self.process.wait()

    def told(self, count):
        return [self.lines.get(timeout=120) for _ in range(count)]

    @property
    def has_more(self):
        return not self.lines.empty()


@pytest.fixture
def receiver():
    made = Receiver()
    yield made
    if made.process is not None:
        made.kill()
