"""Columns of numbers as few bytes, without loss: what a compressor after it can do something with."""

import numpy as np

Column = tuple[str, float, bytes]  # (how it is packed, what is added to each value, the bytes)
_UNSIGNED = ("u1", "u2", "u4")


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
    kind, least, raw = column
    if kind == "=":
        return np.full(count, least)
    if kind == "inf":
        return np.where(np.unpackbits(np.frombuffer(raw, np.uint8), count=count), np.inf, 0.0)
    if kind in ("d4", "d8"):
        return _unpacked_descending(kind, least, raw, count)
    return _from_planes(raw, np.dtype(kind), count).astype(float) + least


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


def _unpacked_descending(kind: str, first: float, raw: bytes, count: int) -> np.ndarray:
    bits, number = (np.uint64, np.float64) if kind == "d8" else (np.uint32, np.float32)
    steps_C = _from_planes(raw, np.dtype(bits), count - 1)
    bits_C = np.empty(count, bits)
    bits_C[0] = np.array([first], number).view(bits)[0]
    bits_C[1:] = bits_C[0] - np.cumsum(steps_C, dtype=bits)
    values_C: np.ndarray = bits_C.view(number).astype(float)
    return values_C


def _planes(values_C: np.ndarray) -> bytes:
    """All first bytes, all second bytes, …: the high ones are alike and compress."""
    if values_C.itemsize == 1:
        return values_C.tobytes()
    return values_C.view(np.uint8).reshape(-1, values_C.itemsize).T.tobytes()


def _from_planes(raw: bytes, kind: np.dtype, count: int) -> np.ndarray:
    planes = np.frombuffer(raw, np.uint8).reshape(kind.itemsize, count)
    return np.ascontiguousarray(planes.T).view(kind).ravel()
