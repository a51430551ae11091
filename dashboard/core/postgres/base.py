"""The connection: Django's own, but for how often its health is asked."""

import time

from django.db.backends.postgresql import base

HEALTHY_SECONDS = 1.0


class DatabaseWrapper(base.DatabaseWrapper):
    """Asks at most once a second whether a kept connection still answers.

    Django asks before the first query of every request: a round trip, a tenth of what a slate costs. A connection that
    breaks within the second costs the request that finds out a 503, and the next one a new connection.
    """

    _answered_at = -HEALTHY_SECONDS

    def close_if_health_check_failed(self) -> None:
        if time.monotonic() - self._answered_at < HEALTHY_SECONDS:
            self.health_check_done = True
        elif not self.health_check_done:
            super().close_if_health_check_failed()
            self._answered_at = time.monotonic()
