"""Where exposures of a web process wait, for a twentieth of a second, until many are stored by one statement.

A statement, a transaction and a round trip for each slate were a seventh of what a slate cost the machine. What that
moment may lose, and when, is in docs/adr/0007-exposure-durability.md.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from multiprocessing.util import Finalize
from typing import Any

from django.db import InterfaceError, OperationalError, close_old_connections

from dashboard.core import metrics
from dashboard.core.postgres.watch import watch
from dashboard.core.tenancy import operator_scope

logger = logging.getLogger(__name__)
Row = Sequence[Any]

WAIT_SECONDS = 0.05
RETRY_SECONDS = 1.0
MOST_WAITING = 2_000  # 12 MB: while the database is away no slate is made that could join them
LOST = "forage_exposures_lost_total"


class ExposureLog:
    """One a process. `store` writes rows in one transaction; it is called by the log's own thread."""

    def __init__(self, store: Callable[[Sequence[Row]], None]) -> None:
        self._store = store
        self._waiting: deque[Row] = deque()
        self._some_wait = threading.Event()
        self._one_flush = threading.Lock()
        self._thread: threading.Thread | None = None
        self._one_start = threading.Lock()

    def add(self, row: Row) -> None:
        """Never waits."""
        if len(self._waiting) >= MOST_WAITING:
            self._waiting.popleft()
            metrics.count(LOST)
        self._waiting.append(row)
        self._some_wait.set()
        if self._thread is None:
            self._start()

    def flush(self) -> bool:
        """Store what waits; returns whether nothing does any more for want of a database."""
        with self._one_flush:
            rows = [self._waiting.popleft() for _ in range(len(self._waiting))]
            try:
                with operator_scope("exposures of all shops are stored together"):
                    self._stored(rows)
            except (OperationalError, InterfaceError):
                self._waiting.extendleft(reversed(rows))
                return False
            finally:
                close_old_connections()
            return True

    def _start(self) -> None:
        """With the first row: a server may load the application before it forks, and threads stay behind."""
        with self._one_start:
            if self._thread is None:
                self._thread = threading.Thread(target=self._keep_flushing, name="exposure-log", daemon=True)
                self._thread.start()
                Finalize(None, self.flush, exitpriority=10)  # a forked process calls nothing of `atexit`

    def _keep_flushing(self) -> None:
        while True:
            self._some_wait.wait()
            time.sleep(WAIT_SECONDS)
            self._some_wait.clear()
            watch.begin()  # a server that hangs must not keep the thread for ever
            try:
                is_done = self.flush()
            finally:
                watch.end()
            if not is_done:
                time.sleep(RETRY_SECONDS)
                self._some_wait.set()

    def _stored(self, rows: Sequence[Row]) -> None:
        """Of rows that cannot be stored together, each that can."""
        if not rows:
            return
        try:
            self._store(rows)
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            if len(rows) == 1:
                metrics.count(LOST)
                logger.exception("An exposure cannot be stored.")
                return
            for row in rows:
                self._stored([row])
