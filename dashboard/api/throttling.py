"""Per-key rate limits, counted in the broker. While the broker is down every request passes."""

import time
from typing import Any

import redis
from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from dashboard.core import valkey

WINDOW_SECONDS = 60
LEASES = 1_000  # a process takes a thousandth of a limit at once: one round trip for 120 requests at the default
MAX_KEYS = 1_000
_leases: dict[int, tuple[int, int]] = {}  # {key id: (minute, requests left of what this process took)}


class KeyThrottle(BaseThrottle):
    """So many requests of one key in one minute of the clock; the rest get 429 with Retry-After.

    Exact below 2,000 a minute; above, each process may hold back a thousandth of the limit that it does not use.
    """

    def allow_request(self, request: Request, view: Any) -> bool:
        limit = settings.API_REQUESTS_PER_MINUTE
        if request.auth is None or not limit:
            return True
        minute = int(time.time()) // WINDOW_SECONDS
        leased_in, left = _leases.get(request.auth.pk, (minute, 0))
        if leased_in != minute or left <= 0:
            left = _lease(request.auth.pk, minute, limit)
        if len(_leases) >= MAX_KEYS:
            _leases.clear()
        _leases[request.auth.pk] = (minute, left - 1)
        return left > 0

    def wait(self) -> float:
        return WINDOW_SECONDS - time.time() % WINDOW_SECONDS


def _lease(key_id: int, minute: int, limit: int) -> int:
    """How many requests this process may let through before it asks again; 0 where the minute's are used up."""
    name, size = f"forage:rate:{key_id}:{minute}", max(1, limit // LEASES)

    def take(client: redis.Redis) -> int:
        pipe = client.pipeline(transaction=False)
        pipe.incrby(name, size)
        pipe.expire(name, 2 * WINDOW_SECONDS)
        return int(pipe.execute()[0])

    return min(size, limit - valkey.ask(take, size) + size)
