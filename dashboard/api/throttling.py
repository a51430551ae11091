"""Per-key rate limits, counted in the broker. While the broker is down every request passes."""

import time
from typing import Any

import redis
from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from dashboard.core import valkey

WINDOW_SECONDS = 60


class KeyThrottle(BaseThrottle):
    """So many requests of one key in one minute of the clock; the rest get 429 with Retry-After."""

    def allow_request(self, request: Request, view: Any) -> bool:
        limit = settings.API_REQUESTS_PER_MINUTE
        if request.auth is None or not limit:
            return True
        name = f"forage:rate:{request.auth.pk}:{int(time.time()) // WINDOW_SECONDS}"

        def count(client: redis.Redis) -> int:
            pipe = client.pipeline(transaction=False)
            pipe.incr(name)
            pipe.expire(name, 2 * WINDOW_SECONDS)
            return int(pipe.execute()[0])

        return valkey.ask(count, 0) <= limit

    def wait(self) -> float:
        return WINDOW_SECONDS - time.time() % WINDOW_SECONDS
