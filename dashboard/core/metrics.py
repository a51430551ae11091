"""Counters for monitors that every web process adds to.

A process counts in memory and adds what it has to the broker once a second, so that a request costs microseconds and
/metrics of any process tells of all. While the broker is down the counts wait; it keeps them as long as its own data.
"""

import threading
from bisect import bisect_left
from collections import Counter
from functools import lru_cache
from multiprocessing.util import Finalize, register_after_fork

import redis

from dashboard.core import valkey

KEY = "forage:metrics"
FLUSH_SECONDS = 1.0
DURATION_BUCKETS = (0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_MOST_SERIES = 10_000  # of addresses that are patterns, methods and statuses there are some hundreds

_pending: Counter[str] = Counter()
_lock = threading.Lock()
_timer: threading.Timer | None = None


def count(name: str, **labels: str) -> None:
    """Add one to a counter. Labels must come from small sets: each combination is kept."""
    _add((_series(name, tuple(labels.items())),), 1)


def observe_request(*, method: str, route: str, status: int, seconds: float) -> None:
    """A request that was answered: its count by status, its duration into the histogram."""
    labels = (("method", method), ("route", route))
    _add((_series("forage_requests_total", (*labels, ("status", str(status)))),), 1)
    buckets = _buckets(labels)
    _add(buckets[bisect_left(DURATION_BUCKETS, seconds) :], 1)
    _add((_series("forage_request_duration_seconds_sum", labels),), seconds)


def flush() -> None:
    """Add what this process has counted to the broker."""
    global _pending, _timer
    with _lock:
        waiting, _pending, _timer = _pending, Counter(), None
    if waiting and not valkey.ask(lambda client: _write(client, waiting), False):
        with _lock:
            if len(_pending) < _MOST_SERIES:
                _pending.update(waiting)


def totals() -> dict[str, float]:
    """Every series with its value, by name and labels in Prometheus' form; empty while the broker is down."""
    flush()
    found: dict[bytes, bytes] = valkey.ask(lambda client: client.hgetall(KEY), {})  # type: ignore[arg-type,return-value]
    return {name.decode(): float(value) for name, value in found.items()}


def _add(series: tuple[str, ...], amount: float) -> None:
    global _timer
    with _lock:
        for name in series:
            _pending[name] += amount  # type: ignore[assignment]
        if _timer is None:
            _timer = threading.Timer(FLUSH_SECONDS, flush)
            _timer.daemon = True
            _timer.start()


def _write(client: redis.Redis, counts: Counter[str]) -> bool:
    pipe = client.pipeline(transaction=False)
    for name, amount in counts.items():
        pipe.hincrbyfloat(KEY, name, amount)
    pipe.execute()
    return True


@lru_cache(maxsize=_MOST_SERIES)
def _series(name: str, labels: tuple[tuple[str, str], ...]) -> str:
    pairs = ",".join(f'{label}="{_escaped(value)}"' for label, value in labels)
    return f"{name}{{{pairs}}}" if pairs else name


@lru_cache(maxsize=_MOST_SERIES)
def _buckets(labels: tuple[tuple[str, str], ...]) -> tuple[str, ...]:
    """The cumulative buckets of a histogram, narrowest first, and its count."""
    name = "forage_request_duration_seconds"
    bounds = [*(f"{bound:g}" for bound in DURATION_BUCKETS), "+Inf"]
    return (
        *(_series(f"{name}_bucket", (*labels, ("le", bound))) for bound in bounds),
        _series(f"{name}_count", labels),
    )


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def _flush_at_the_end(_: object) -> None:
    Finalize(None, flush, exitpriority=10)


# Web servers fork their workers, before or after they load this; those call nothing of `atexit`, and forget finalizers.
_flush_at_the_end(None)
register_after_fork(_flush_at_the_end, _flush_at_the_end)
