"""One line that moves on a terminal, and nothing at all elsewhere: logs of a supervisor stay short."""

import time
from types import TracebackType
from typing import Any

from dashboard.standalone.traffic.live import Totals

EVERY_SECONDS = 0.5


class Progress:
    """Shows totals at most twice a second."""

    def __init__(self, out: Any, *, quiet: bool) -> None:
        self._out, self._shown_at, self._active = out, 0.0, not quiet and out.isatty()

    def __enter__(self) -> "Progress":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._active and self._shown_at:
            self._out.write("")

    def show(self, totals: Totals) -> None:
        if self._active and time.monotonic() - self._shown_at >= EVERY_SECONDS:
            self._shown_at = time.monotonic()
            line = f"\r{totals.visitors} visitors, {totals.slates} slates, {totals.events} events"
            self._out.write(line, ending="")
            self._out.flush()
