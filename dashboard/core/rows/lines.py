"""Lines of text of bounded length, with a way back for a reader that went too far."""

import io
from collections import deque
from typing import TextIO

from dashboard.core import errors

MAX_LINE_CHARACTERS = 1024 * 1024
MAX_LINES_OF_A_RECORD = 1000  # descriptions have line ends in their cells
MAX_LINES_READ_AGAIN = 2_000_000  # in a whole file: about two seconds
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


class LineTooLong(Exception):
    """A line of more than `MAX_LINE_CHARACTERS`; it is passed over."""


def text_of(source: io.BufferedReader) -> io.TextIOWrapper:
    """UTF-8, with or without a byte order mark, or UTF-16 with one (what spreadsheets call Unicode text).

    What is no text in that encoding becomes characters that every check refuses.
    """
    if source.peek(2)[:2] in _UTF_16:
        return io.TextIOWrapper(source, encoding="utf-16", errors="surrogatepass", newline="")
    return io.TextIOWrapper(source, encoding="utf-8-sig", errors="surrogateescape", newline="")


def is_whole(line: str | bytes, limit: int) -> bool:
    """Whether `readline(limit)` came to the line's end."""
    return len(line) < limit or line[-1:] in ("\n", "\r", b"\n")


class Lines:
    """An iterator of lines for `csv.reader`, which asks for as many as a record takes.

    `begin` starts a record. `is_open` says that the reader wanted more lines than a record may have, or than there
    are: a quote was never closed. `again` takes all lines of the record but the first back.
    """

    def __init__(self, text: TextIO) -> None:
        self._text = text
        self._waiting: deque[str] = deque()
        self._taken: list[str] = []
        self._read_again = 0
        self._number = 0
        self.is_open = False

    def begin(self) -> int:
        """The number of the line that the record begins at."""
        self._taken.clear()
        self.is_open = False
        return self._number + 1

    @property
    def is_ended(self) -> bool:
        """Whether the record's last line has an end; only that of a whole file may lack it."""
        return bool(self._taken) and self._taken[-1][-1:] in ("\n", "\r")

    def __iter__(self) -> "Lines":
        return self

    def __next__(self) -> str:
        line = self._next_line() if len(self._taken) < MAX_LINES_OF_A_RECORD else ""
        if not line:
            self.is_open = bool(self._taken)
            raise StopIteration
        self._taken.append(line)
        return line

    def again(self) -> None:
        """Raises `Invalid` where a file makes a habit of it."""
        back = self._taken[1:]
        self._waiting.extendleft(reversed(back))
        self._number -= len(back)
        self._read_again += len(back)
        if self._read_again > MAX_LINES_READ_AGAIN:
            raise errors.Invalid(f"Line {self._number}: too many quotes of this file are never closed.")

    def _next_line(self) -> str:
        if self._waiting:
            self._number += 1
            return self._waiting.popleft()
        try:
            line = self._text.readline(MAX_LINE_CHARACTERS)
            self._number += bool(line)
            if not is_whole(line, MAX_LINE_CHARACTERS):
                while not is_whole(self._text.readline(MAX_LINE_CHARACTERS), MAX_LINE_CHARACTERS):
                    pass
                raise LineTooLong
        except UnicodeDecodeError as problem:
            raise errors.Invalid(f"Line {self._number + 1}: no sound text from here on: {problem}.") from None
        return line
