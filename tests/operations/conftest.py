"""Somebody who runs the installation, a broker that forgets what other tests told it, and jobs that are only noted."""

import pytest

from dashboard.accounts.models import User
from dashboard.core import heartbeats, slow_requests, valkey


@pytest.fixture(autouse=True)
def sent(monkeypatch):
    """What was enqueued: (task, queue, arguments)."""
    jobs = []
    monkeypatch.setattr("dashboard.core.jobs._send", lambda *job: jobs.append(job))
    return jobs


@pytest.fixture(autouse=True)
def told_nothing():
    """Workers, the clock and slow requests of other tests are forgotten."""
    keys = [heartbeats.WORKERS_KEY, slow_requests.KEY, *(f"forage:heartbeat:{name}" for name in ("clock", "backup"))]
    valkey.ask(lambda client: client.delete(*keys), None)


@pytest.fixture
def staff(db):
    return User.objects.create_superuser("root@example.com", "a long passphrase", name="Rita Root")


@pytest.fixture
def alive():
    """Both workers and the clock live."""
    for queue in ("default", "train"):
        heartbeats.beat_worker(f"{queue}@here", queues=[queue], busy=1, done=1234)
    heartbeats.beat(heartbeats.CLOCK)


@pytest.fixture
def roomy(monkeypatch):
    """A disk with room, whatever this machine has: `roomy(0.04)` leaves that share free."""
    from dashboard.operations import conditions

    def disk(share):
        monkeypatch.setattr(conditions.shutil, "disk_usage", lambda path: _Usage(share))

    disk(0.5)
    return disk


class _Usage:
    def __init__(self, share):
        self.total, self.free = 100 * 1024**3, int(share * 100 * 1024**3)
