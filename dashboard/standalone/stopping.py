"""Ctrl-C and SIGTERM: remembered at once, obeyed between two steps, never in the middle of one."""

import signal
from types import FrameType


class Stopping(BaseException):
    """Raised between steps after a signal asked to stop."""

    def __init__(self, signal_number: int) -> None:
        super().__init__(signal_number)
        self.signal_number = signal_number

    @property
    def exit_status(self) -> int:
        """130 after Ctrl-C, as shells expect; 0 after SIGTERM: an orderly stop that somebody asked for."""
        return 128 + signal.SIGINT if self.signal_number == signal.SIGINT else 0


class StopRequest:
    """Collects signals."""

    def __init__(self) -> None:
        self._received: list[int] = []

    def listen(self) -> None:
        signal.signal(signal.SIGINT, self._remember)
        signal.signal(signal.SIGTERM, self._remember)
        if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # ignored under nohup: stays so
            signal.signal(signal.SIGHUP, self._remember)

    def check(self) -> None:
        """Raise Stopping if a signal came."""
        if self._received:
            raise Stopping(self._received[0])

    @property
    def is_impatient(self) -> bool:
        """Asked a second time."""
        return len(self._received) > 1

    def _remember(self, number: int, _frame: FrameType | None) -> None:
        self._received.append(number)
