"""The connection: Django's own, but for how often its health is asked, and how long a request waits to get one."""

import time
from typing import Any

import psycopg2
from django.db.backends.postgresql import base
from django.db.utils import OperationalError

from dashboard.core.postgres.watch import watch

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

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """While a request waits: within a second, and not at all from a server that hangs (see `watch`)."""
        if not watch.is_watching():
            return super().get_new_connection(conn_params)
        if watch.server_hangs:
            raise OperationalError("The database hangs.")
        try:
            return super().get_new_connection({**conn_params, "connect_timeout": 1})
        except psycopg2.OperationalError:
            watch.suspect(self.settings_dict)
            raise
