"""The pace at which readers of long answers take them, and what becomes of those who hardly do.

Waitress receives and sends beside its threads, but a thread that makes more than may wait (`--outbuf-high-watermark`)
stands still until its reader has taken some. A reader of one byte a second is never silent, so no time-out of silence
ends that; a pace does.
"""

import time
from typing import Any

from waitress.channel import HTTPChannel
from waitress.server import TcpWSGIServer

PACE_SECONDS = 10.0  # over so long a pace is judged
HELD_PACE = 256 * 1024  # bytes a second, of a reader for whom a thread waits: 2 Mbit/s
SPOOLED_PACE = 16 * 1024  # bytes a second, of one who has the rest of an answer still to come from disk
SMALL_BYTES = 1024 * 1024  # what the front takes in at once; less than that waits without being judged
ALL_SPOOLED_BYTES = 1024 * 1024 * 1024  # of all answers together; beyond, threads wait for their readers


class Pace:
    """Whether bytes are taken at so many a second, judged over each `PACE_SECONDS`."""

    def __init__(self, bytes_a_second: int, now: float, taken: int) -> None:
        self._least = bytes_a_second
        self._since, self._taken = now, taken

    def is_too_slow(self, now: float, taken: int) -> bool:
        """`taken`: bytes since the connection began."""
        passed = now - self._since
        if passed < PACE_SECONDS:
            return False
        found = taken - self._taken < passed * self._least
        self._since, self._taken = now, taken
        return found


class PacedChannel(HTTPChannel):
    """A connection that is given up when its reader keeps a thread, or a long answer on disk, without reading."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._taken = 0
        self._spooled: Pace | None = None

    def send(self, data: bytes, do_close: bool = True) -> int:
        """As in Waitress; what was taken is counted."""
        sent = int(super().send(data, do_close=do_close))
        self._taken += sent
        return sent

    def _flush_outbufs_below_high_watermark(self) -> None:
        """Waitress calls it in the thread that makes an answer, before each piece."""
        if not self._must_wait():
            return
        with self.outbuf_lock:
            pace = Pace(HELD_PACE, time.monotonic(), self._taken)
            while self.connected and self._must_wait():
                self.server.pull_trigger()
                self.outbuf_lock.wait(1.0)
                if pace.is_too_slow(time.monotonic(), self._taken):
                    self._let_go()  # and Waitress tells the answer that its reader is gone

    def _must_wait(self) -> bool:
        mine: int = self.total_outbufs_len
        if mine <= SMALL_BYTES:
            return False
        if mine > self.adj.outbuf_high_watermark:
            return True
        channels = list(self.server.active_channels.values())
        return sum(channel.total_outbufs_len for channel in channels) > ALL_SPOOLED_BYTES

    def judge(self) -> None:
        """Called now and then in the thread that sends: let go who hardly reads what waits on disk."""
        now = time.monotonic()
        if self.total_outbufs_len <= SMALL_BYTES:
            self._spooled = None
        elif self._spooled is None:
            self._spooled = Pace(SPOOLED_PACE, now, self._taken)
        elif self._spooled.is_too_slow(now, self._taken):
            self._let_go()

    def _let_go(self) -> None:
        """Close it, in the thread that sends: a reader who takes nothing is never ready to be told."""
        self.server.trigger.pull_trigger(self.handle_close)


class PacedServer(TcpWSGIServer):
    """Waitress, with connections that are judged."""

    channel_class = PacedChannel

    def maintenance(self, now: float) -> None:
        """Called every half minute."""
        super().maintenance(now)
        for channel in list(self.active_channels.values()):
            channel.judge()
