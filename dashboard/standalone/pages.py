"""Start Waitress, let it forget what it has sent, and let go of readers who hardly read (readers.py).

    python -m dashboard.standalone.pages [options of waitress-serve] dashboard.wsgi:application

Waitress keeps the part of an answer that its reader has not taken: on disk once that is more than a mebibyte. What the
reader has taken stays in memory all the same until the answer ends: an export of 220 MiB took 220 MiB.
"""

import io
from typing import Any

import waitress.channel
import waitress.server
from waitress.buffers import OverflowableBuffer
from waitress.runner import run

from dashboard.standalone.readers import PacedServer


class ForgettingBuffer(OverflowableBuffer):
    """Drops what was sent each time it is as much as may wait in memory."""

    def skip(self, numbytes: int, allow_prune: bool = False) -> None:
        super().skip(numbytes, allow_prune)
        kept: Any = self.buf
        if kept is not None and not self.overflowed and kept.file.tell() > self.overflow:
            kept.file = io.BytesIO(kept.file.read())


def main() -> None:
    waitress.channel.OverflowableBuffer = ForgettingBuffer
    waitress.server.TcpWSGIServer = PacedServer
    run()


if __name__ == "__main__":
    main()
