"""How many events came, for monitors: counted in the broker, so that every web process adds to the same figure."""

import time
from collections import Counter
from threading import Lock

import redis

from dashboard.core import valkey
from dashboard.core.verdicts import Verdicts

COUNTS_KEY = "forage:events:counts"
WRITE_SECONDS = 1.0  # a write costs as much as storing an event: a busy process adds up and writes so often

_counts: Counter[str] = Counter()
_lock = Lock()
_written_at = float("-inf")


def waiting_counts() -> dict[str, int]:
    """What this process has counted and not told yet."""
    with _lock:
        return dict(_counts)


def count_verdicts(verdicts: Verdicts) -> None:
    """Add a batch to the totals since the broker began. What follows within a second waits in this process for the next
    event after it (`waiting_counts`)."""
    global _written_at
    found = {"accepted": verdicts.accepted, "duplicates": verdicts.duplicates, "rejected": len(verdicts.rejected)}
    with _lock:
        _counts.update(found)
        if time.monotonic() - _written_at < WRITE_SECONDS:
            return
        counts, _written_at = dict(_counts), time.monotonic()
        _counts.clear()

    def write(client: redis.Redis) -> None:
        pipe = client.pipeline(transaction=False)
        for name, count in counts.items():
            pipe.hincrby(COUNTS_KEY, name, count)
        pipe.execute()

    valkey.ask(write, None)
