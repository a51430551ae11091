"""The latest requests that took long, by their route: kept in Valkey for whoever runs the installation."""

import json
from dataclasses import dataclass
from datetime import datetime

import redis

from dashboard.core import clock, valkey

KEY = "forage:slow-requests"
KEPT = 100


@dataclass(frozen=True)
class SlowRequest:
    """A route, never an address: nothing here tells of a visitor."""

    at: datetime
    method: str
    route: str
    status: int
    seconds: float


def note(*, method: str, route: str, status: int, seconds: float) -> None:
    """Nothing happens while the broker is away."""
    line = json.dumps([clock.now().isoformat(), method, route, status, round(seconds, 3)])

    def write(client: redis.Redis) -> None:
        pipe = client.pipeline(transaction=False)
        pipe.lpush(KEY, line)
        pipe.ltrim(KEY, 0, KEPT - 1)
        pipe.execute()

    valkey.ask(write, None)


def latest(limit: int = 10) -> list[SlowRequest]:
    """The latest first; none while the broker is away."""
    lines: list[bytes] = valkey.ask(lambda client: client.lrange(KEY, 0, limit - 1), [])  # type: ignore[arg-type,return-value]
    return [_read(line) for line in lines]


def _read(line: bytes) -> SlowRequest:
    at, *rest = json.loads(line)
    return SlowRequest(datetime.fromisoformat(at), *rest)
