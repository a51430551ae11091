"""Columns of numbers as few bytes, without loss: what a compressor after it can do something with."""

from collections.abc import Sequence
from typing import Any

import numpy as np

Column = tuple[str, float, bytes]  # (how it is packed, what is added to each value, the bytes)
_UNSIGNED = ("u1", "u2", "u4")
_DESCENDING: dict[str, tuple[Any, Any]] = {"d4": (np.uint32, np.float32), "d8": (np.uint64, np.float64)}


def pack(values_C: np.ndarray) -> Column:
    """Any numbers. Equal ones take nothing, whole ones as few bytes as their range needs, others 4 or 8."""
    if not len(values_C):
        return ("=", 0.0, b"")
    least, most = values_C.min().item(), values_C.max().item()
    if least == most:
        return ("=", float(least), b"")
    if most - least < 2**32:
        kind = _UNSIGNED[(most - least >= 2**8) + (most - least >= 2**16)]
        above_C = values_C - least
        whole_C = above_C.astype(kind)
        if values_C.dtype.kind != "f" or (whole_C == above_C).all():
            return (kind, float(least), _planes(whole_C))
    if least == 0.0 and ((values_C == 0.0) | (values_C == np.inf)).all():
        return ("inf", 0.0, np.packbits(values_C > 0.0).tobytes())
    narrow_C = values_C.astype(np.float32)
    return ("f4", 0.0, _planes(narrow_C)) if (narrow_C == values_C).all() else ("f8", 0.0, _planes(values_C))


def unpack(column: Column, count: int) -> np.ndarray:
    """The `count` numbers that were packed, as float64 (C,)."""
    values_C: np.ndarray = unpack_many([column], count)[0]
    return values_C


def unpack_many(columns: Sequence[Column], count: int) -> np.ndarray:
    """`unpack` of each (N, C), those that are packed alike at once. Raises ValueError for bytes of another length."""
    values_NC, rows_of = np.empty((len(columns), count)), dict[str, list[int]]()
    for row, (kind, _, _) in enumerate(columns):
        rows_of.setdefault(kind, []).append(row)
    for kind, rows in rows_of.items():
        parts = [columns[row][2] for row in rows]
        if len(set(map(len, parts))) > 1:
            raise ValueError("columns of unlike length")
        least_N1 = np.array([columns[row][1] for row in rows])[:, None]
        values_NC[rows] = _unpacked_rows(kind, least_N1, b"".join(parts), count)
    return values_NC


def _unpacked_rows(kind: str, least_N1: np.ndarray, raw: bytes, count: int) -> np.ndarray:
    rows = len(least_N1)
    if kind == "=":
        return least_N1
    if kind == "inf":
        bits_NC = np.unpackbits(np.frombuffer(raw, np.uint8).reshape(rows, -1), axis=1, count=count)
        return np.where(bits_NC, np.inf, 0.0)
    if kind in ("d4", "d8"):
        bits, number = _DESCENDING[kind]
        first_N1 = least_N1.astype(number).view(bits)
        steps_NC = np.cumsum(_rows_from_planes(raw, np.dtype(bits), rows, count - 1), axis=1, dtype=bits)
        values_NC: np.ndarray = np.concatenate([first_N1, first_N1 - steps_NC], axis=1).view(number)
        return values_NC
    return _rows_from_planes(raw, np.dtype(kind), rows, count).astype(float) + least_N1


def pack_descending(values_C: np.ndarray) -> Column:
    """Numbers ≥ 0, none larger than the one before it: by how far apart they stand among all floating-point numbers."""
    if not len(values_C):
        return ("=", 0.0, b"")
    narrow_C = values_C.astype(np.float32)
    if (narrow_C == values_C).all():
        kind, bits_C = "d4", narrow_C.view(np.uint32)
    else:
        kind, bits_C = "d8", values_C.view(np.uint64)
    return (kind, values_C.item(0), _planes(bits_C[:-1] - bits_C[1:]))


def _planes(values_C: np.ndarray) -> bytes:
    """All first bytes, all second bytes, …: the high ones are alike and compress."""
    if values_C.itemsize == 1:
        return values_C.tobytes()
    return values_C.view(np.uint8).reshape(-1, values_C.itemsize).T.tobytes()


def _rows_from_planes(raw: bytes, kind: np.dtype, rows: int, count: int) -> np.ndarray:
    planes = np.frombuffer(raw, np.uint8).reshape(rows, kind.itemsize, count)
    values_NC: np.ndarray = np.ascontiguousarray(planes.transpose(0, 2, 1)).view(kind)
    return values_NC.reshape(rows, count)
