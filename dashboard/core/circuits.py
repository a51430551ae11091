"""A circuit breaker (Nygard, *Release It!*): a service that kept somebody waiting is left alone until it answers again.

One caller pays its time-out. Until a thread of its own finds the service well, everybody else is told at once that it
is away, so an outage costs no request a time-out again and again.
"""

import logging
import threading
import time
from collections.abc import Callable

logger = logging.getLogger(__name__)
PROBE_SECONDS = 1.0


class Circuit:
    """Closed: the service is asked. Open: it is not, and `probe` is called once a second until it returns True."""

    def __init__(self, name: str, probe: Callable[[], bool]) -> None:
        self._name = name
        self._probe = probe
        self._is_open = False
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._when_back: dict[object, Callable[[], object]] = {}

    @property
    def is_open(self) -> bool:
        if not self._is_open:
            return False
        if self._thread is None or not self._thread.is_alive():  # the process forked meanwhile: threads stay behind
            self._watch()
        return True

    def open(self) -> None:
        """The service did not answer in time."""
        with self._lock:
            was_open, self._is_open = self._is_open, True
        if not was_open:
            logger.warning("The %s does not answer; going on without it until it does.", self._name)
        self._watch()

    def when_back(self, key: object, action: Callable[[], object]) -> None:
        """Do it as soon as the service answers again; of one `key` the last action only."""
        self._when_back[key] = action

    def _watch(self) -> None:
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._wait, name=f"{self._name}-watch", daemon=True)
                self._thread.start()

    def _wait(self) -> None:
        while not self._answers():
            time.sleep(PROBE_SECONDS)
        self._is_open = False
        logger.warning("The %s answers again.", self._name)
        actions, self._when_back = self._when_back, {}
        for action in actions.values():
            action()

    def _answers(self) -> bool:
        try:
            return self._probe()
        except Exception:  # whatever its client raises
            return False
