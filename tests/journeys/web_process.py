"""What serves as `bin/up` starts it, without the front, on the tests' database; its services can be taken away."""

import os
import signal
import subprocess
from contextlib import contextmanager
from urllib.parse import urlsplit

import httpx
from django.db import connection

from dashboard.standalone.programs import serving
from tests.journeys.relay import Relay
from tests.journeys.system import ROOT, eventually, free_port


def environment_of(folder, database, broker_url):
    """A process's, on the tests' database at that address."""
    at = connection.settings_dict
    return {
        **os.environ,
        "DATABASE_URL": f"postgres://{at['USER']}:{at['PASSWORD']}@{database}/{at['NAME']}",
        "REDIS_URL": broker_url,
        "CELERY_BROKER_URL": broker_url,
        "FORAGE_DATA": str(folder),
        "ALLOWED_HOSTS": "127.0.0.1,localhost",
        "DEBUG": "1",  # static files need not be collected
        "LOG_FORMAT": "json",
    }


class WebProcess:
    """`database` and `broker` are relays: `.down()`, `.hang()`, `.up()`."""

    def __init__(self, folder):
        at = connection.settings_dict
        redis = urlsplit(os.environ["REDIS_URL"])
        self.database = Relay(at["HOST"], int(at["PORT"]))
        self.broker = Relay(redis.hostname, redis.port or 6379)
        broker_url = redis._replace(netloc=redis.netloc.replace(str(redis.port), str(self.broker.port))).geturl()
        environment = environment_of(folder, f"127.0.0.1:{self.database.port}", broker_url)
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.log = folder / "web.log"
        program = serving(environment, port=port)
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                program.command, cwd=ROOT, env=dict(program.environment), stdout=output, stderr=output
            )
        eventually(self._alive)

    def _alive(self):
        assert self.process.poll() is None, self.log.read_text()
        try:
            return httpx.get(f"{self.url}/healthz", timeout=5)
        except httpx.TransportError:
            return None

    def terminate(self):
        self.process.send_signal(signal.SIGTERM)

    def close(self):
        self.terminate()
        self.process.wait(20)
        self.database.close()
        self.broker.close()


@contextmanager
def web_process(folder):
    running = WebProcess(folder)
    try:
        yield running
    finally:
        running.close()
