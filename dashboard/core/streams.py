"""Long answers, read from the database while they are sent. Each holds a thread of its process until its reader is
done: so many at once, so long at most, and no transaction open meanwhile (core/keyset.py: every page is one query).
"""

import time
import weakref
from collections import Counter
from collections.abc import Generator, Iterable, Iterator
from threading import Lock

from django.utils.translation import gettext as _

from dashboard.core import errors

MOST = 2  # of a process: one that answers pages has four threads (standalone/programs.py)
MOST_OF_A_SHOP = 1
MOST_SECONDS = 900.0  # 287 MB took 47 s on a loopback, and take a quarter of an hour at 2.5 Mbit/s
BLOCK_BYTES = 64 * 1024  # a piece of answer costs a server as much as making ten rows


class _Open:
    """How many are open, by shop."""

    def __init__(self) -> None:
        self._by_shop: Counter[int] = Counter()
        self._lock = Lock()

    def begin(self, shop_id: int) -> None:
        """Raises `TooMany`."""
        with self._lock:
            if self._by_shop[shop_id] >= MOST_OF_A_SHOP or self._by_shop.total() >= MOST:
                raise errors.TooMany(_("Other exports are being sent. Try again when they have ended."))
            self._by_shop[shop_id] += 1

    def end(self, shop_id: int) -> None:
        with self._lock:
            self._by_shop[shop_id] -= 1


_open = _Open()


class LongAnswer:
    """The bytes of `lines` in blocks. Counts from its making until it is closed, read to its end, or forgotten."""

    def __init__(self, shop_id: int, lines: Iterable[bytes | str]) -> None:
        _open.begin(shop_id)
        self._end = weakref.finalize(self, _open.end, shop_id)
        self._blocks = _blocks(lines, time.monotonic() + MOST_SECONDS)

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        try:
            return next(self._blocks)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """The server calls it when the reader is gone."""
        self._blocks.close()
        self._end()


def _blocks(lines: Iterable[bytes | str], deadline: float) -> Generator[bytes]:
    block = bytearray()
    for line in lines:
        block += line.encode() if isinstance(line, str) else line
        if len(block) >= BLOCK_BYTES:
            if time.monotonic() > deadline:  # the reader sees a broken transfer, and goes on from the last cursor
                raise TimeoutError(f"an export took more than {MOST_SECONDS:.0f} s")
            yield bytes(block)
            block.clear()
    if block:
        yield bytes(block)
