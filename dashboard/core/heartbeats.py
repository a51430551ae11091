"""Signs of life of what works in the background, kept in Valkey; forgetting one does no harm."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast

from dashboard.core import valkey

CLOCK = "clock"  # beat, the broker and a worker of the default queue, all at once
BACKUP = "backup"  # the last one that was made and read again
PREFIX = "forage:heartbeat:"
WORKERS_KEY = f"{PREFIX}workers:"  # a hash; no name of `beat` ends so
WORKER_ALIVE_SECONDS = 45  # a worker beats every ten
_WORKER_KEPT_SECONDS = 86_400
_KEPT_SECONDS = 7 * 86_400


@dataclass(frozen=True)
class WorkerBeat:
    """What a worker said last: which queues it takes from, how many tasks it was at, how many it has done."""

    name: str
    at: datetime
    queues: tuple[str, ...]
    busy: int
    done: int
    is_alive: bool


def beat(name: str) -> None:
    """Say that `name` works now. Nothing happens while the broker is away."""
    valkey.ask(lambda client: client.set(_key(name), time.time(), ex=_KEPT_SECONDS), None)


def age_seconds(name: str) -> float | None:
    """Since its last beat; None where none is known."""
    beaten_at = cast(bytes | None, valkey.ask(lambda client: client.get(_key(name)), None))
    return None if beaten_at is None else max(0.0, time.time() - float(beaten_at))


def beat_worker(name: str, *, queues: Sequence[str], busy: int, done: int) -> None:
    """Say that a worker lives. Nothing happens while the broker is away."""
    said = json.dumps([time.time(), list(queues), busy, done])
    valkey.ask(lambda client: client.hset(WORKERS_KEY, name, said), None)


def workers() -> list[WorkerBeat]:
    """Those that lived within a day, by name; none while the broker is away."""
    said: dict[bytes, bytes] = valkey.ask(lambda client: client.hgetall(WORKERS_KEY), {})  # type: ignore[arg-type,return-value]
    found = sorted((_read(name.decode(), raw) for name, raw in said.items()), key=lambda worker: worker.name)
    return [worker for worker in found if time.time() - worker.at.timestamp() < _WORKER_KEPT_SECONDS]


def _read(name: str, raw: bytes) -> WorkerBeat:
    at, queues, busy, done = json.loads(raw)
    is_alive = time.time() - at < WORKER_ALIVE_SECONDS
    return WorkerBeat(name, datetime.fromtimestamp(at, UTC), tuple(queues), busy, done, is_alive)


def _key(name: str) -> str:
    return f"{PREFIX}{name}"
