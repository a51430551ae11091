"""Rows on their way from the process that reads a file to the one that stores them: frames of msgpack.

A frame is four bytes of length and a list of rows, or a map: {"end"} after the last row, {"error", "message"} where the
file as a whole cannot be read. Nothing is unpickled: the other side has read what a stranger made.
"""

import struct
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import msgspec

from dashboard.core import errors
from dashboard.core.rows.types import Addition, Row, Rows
from dashboard.core.verdicts import Rejection

FRAME_ROWS = 500
FRAME_BYTES = 1024 * 1024
MAX_ROW_KIB = 1024  # as a line of JSON may have
MAX_FRAME_BYTES = FRAME_BYTES + MAX_ROW_KIB * 1024 + 4096
_ERRORS: dict[str, type[errors.ForageError]] = {kind.code: kind for kind in (errors.Invalid, errors.TooLarge)}
_LENGTH = struct.Struct("!I")
_DECIMAL, _LARGE_INTEGER, _NO_TEXT = 1, 2, 3
_SMALLEST, _LARGEST = -(2**63), 2**64 - 1
_WORDS_LENGTH = 1000

_encode = msgspec.msgpack.Encoder(enc_hook=str).encode


def frames(rows: Rows) -> Iterator[bytes]:
    """The rows and how they ended, as bytes."""
    try:
        for part in _parts(rows):
            yield _framed(b"".join([_list_header(len(part)), *part]))
        yield _framed(_encode({"end": True}))
    except errors.ForageError as problem:
        yield _framed(_encode({"error": problem.code, "message": problem.message}))


def rows_of(read: Callable[[int], bytes]) -> Rows:
    """The rows again, from `read(size)`, which returns so many bytes, fewer at the end. Raises what ended them.

    Raises EOFError where the frames end without saying how.
    """
    decode = msgspec.msgpack.Decoder(ext_hook=_value).decode
    while True:
        head = read(_LENGTH.size)
        size = _LENGTH.unpack(head)[0] if len(head) == _LENGTH.size else 0
        body = read(size) if 0 < size <= MAX_FRAME_BYTES else b""
        if len(body) != size or not size:
            raise EOFError
        frame = decode(body)
        if isinstance(frame, dict):
            if "error" in frame:
                raise _ERRORS.get(frame["error"], errors.Invalid)(str(frame["message"]))
            return
        for line, row in frame:
            yield line, row if isinstance(row, dict) else _other(row)


def _other(parts: list[Any]) -> Rejection | Addition:
    if not parts:
        return Addition()
    code, words, thing, value, values = parts
    reason = Rejection(code, words, thing=thing, **values)
    reason.value = value
    return reason


def _parts(rows: Rows) -> Iterator[list[bytes]]:
    part, size = list[bytes](), 0
    for line, row in rows:
        packed = _packed(line, row)
        part.append(packed)
        size += len(packed)
        if len(part) == FRAME_ROWS or size >= FRAME_BYTES:
            yield part
            part, size = [], 0
    if part:
        yield part


def _packed(line: int, row: Row | Rejection | Addition) -> bytes:
    if isinstance(row, Addition):
        return _encode([line, []])
    if isinstance(row, Rejection):
        values = {name: _sound(value) for name, value in row.values.items()}
        return _encode([line, [row.code, _sound(row.words), _sound(row.thing), _sound(row.value), values]])
    try:
        packed = _encode([line, {name: _marked(value) for name, value in row.items()}])
    except (UnicodeEncodeError, OverflowError):
        packed = _encode([line, _portable(row)])
    if len(packed) > MAX_ROW_KIB * 1024:
        thing = str(row.get("item_id", ""))
        return _packed(
            line, Rejection("row_too_large", "A row may take %(limit)s KiB.", thing=thing, limit=MAX_ROW_KIB)
        )
    return packed


def _sound(text: str) -> str:
    return text[:_WORDS_LENGTH].encode("utf-8", "replace").decode()


def _marked(value: Any) -> Any:
    """What msgpack would turn into something else, with what it is. Feeds have such only at the top of a row."""
    return msgspec.msgpack.Ext(_DECIMAL, str(value).encode()) if isinstance(value, Decimal) else value


def _portable(value: Any) -> Any:
    """What msgpack has no form for: half characters, which the checks are to refuse, and integers of any length."""
    if isinstance(value, str) and not value.isascii():
        return msgspec.msgpack.Ext(_NO_TEXT, value.encode("utf-8", "surrogatepass"))
    if isinstance(value, int) and not _SMALLEST <= value <= _LARGEST:
        return msgspec.msgpack.Ext(_LARGE_INTEGER, hex(value).encode())
    if isinstance(value, list | tuple):
        return [_portable(part) for part in value]
    if isinstance(value, dict):
        return {_portable(name): _portable(part) for name, part in value.items()}
    return _marked(value)


def _value(kind: int, data: memoryview) -> Any:
    text = bytes(data).decode("utf-8", "surrogatepass")
    if kind == _DECIMAL:
        return Decimal(text)
    return int(text, 16) if kind == _LARGE_INTEGER else text


def _list_header(length: int) -> bytes:
    return b"\xdd" + _LENGTH.pack(length)


def _framed(body: bytes) -> bytes:
    return _LENGTH.pack(len(body)) + body
