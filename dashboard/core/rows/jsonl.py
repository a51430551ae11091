"""JSON lines: one object a line, in UTF-8."""

from pathlib import Path
from typing import Any

import msgspec

from dashboard.core.rows.files import opened
from dashboard.core.rows.lines import is_whole
from dashboard.core.rows.types import Row, Rows
from dashboard.core.verdicts import Rejection

MAX_LINE_BYTES = 1024 * 1024
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_decoder = msgspec.json.Decoder(dict[str, Any])


def jsonl_rows(path: Path) -> Rows:
    """Objects with the number of their line."""
    with opened(path) as source:
        number = 0
        while line := source.readline(MAX_LINE_BYTES):
            number += 1
            if not is_whole(line, MAX_LINE_BYTES):
                while not is_whole(source.readline(MAX_LINE_BYTES), MAX_LINE_BYTES):
                    pass
                yield number, Rejection("line_too_long", "A line may take %(limit)s KiB.", limit=MAX_LINE_BYTES // 1024)
            elif line.strip():
                yield number, _object(line.removeprefix(_BYTE_ORDER_MARK) if number == 1 else line)


def _object(line: bytes) -> Row | Rejection:
    try:
        return _decoder.decode(line)
    except UnicodeDecodeError:
        return Rejection("not_utf8", "The text of this line is not UTF-8.")
    except (msgspec.DecodeError, RecursionError):
        return Rejection("not_json", "This line is not a JSON object.")
