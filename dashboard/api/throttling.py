"""Per-key rate limits. Cheap for the hot routes: a process takes tokens for many requests at once."""

import time
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from django.utils.translation import gettext as _
from rest_framework.exceptions import Throttled
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from dashboard.core import rates
from dashboard.core.formats import number

WINDOW_SECONDS = 60
LEASES = 1_000  # a process takes a thousandth of a limit at once: one round trip for 120 requests at the default
MAX_KEYS = 1_000
_leases: dict[tuple[int, int], "Lease"] = {}  # {(key id, limit): what this process took}


@dataclass
class Lease:
    """The requests that this process may still let through, or until when there is none (`time.monotonic`)."""

    left: int = 0
    refused_until: float = 0.0
    lock: Lock = field(default_factory=Lock)  # one thread at a time counts, and asks for more


class KeyThrottle(BaseThrottle):
    """So many requests of one key a minute; the rest get 429 with Retry-After.

    A key that rested may send a whole minute's at once (core/rates.py). Exact below 2,000 a minute; above, each process
    may hold back a thousandth of the limit that it does not use.
    """

    def allow_request(self, request: Request, view: Any) -> bool:
        limit = None if request.auth is None else request.auth.request_limit
        if limit is None:
            return True
        lease = _lease(request.auth.pk, limit)
        with lease.lock:
            if lease.left <= 0 and (wait := _renewed(lease, request.auth.digest, limit)) > 0:
                raise Throttled(wait, _("This key may send %(limit)s requests a minute.") % {"limit": number(limit)})
            lease.left -= 1
        return True


def _lease(key_id: int, limit: int) -> Lease:
    if len(_leases) >= MAX_KEYS:
        _leases.clear()
    return _leases.setdefault((key_id, limit), Lease())


def _renewed(lease: Lease, digest: str, limit: int) -> float:
    """Take tokens for the next requests; returns the seconds to wait where there are none."""
    now = time.monotonic()
    if now < lease.refused_until:
        return lease.refused_until - now
    taken = rates.take(f"key:{digest[:16]}:{limit}", most=limit, seconds=WINDOW_SECONDS, want=max(1, limit // LEASES))
    lease.left, lease.refused_until = taken.tokens, now + taken.wait_seconds
    return taken.wait_seconds
