"""Batches of logged slates as bytes: read back a hundred times as fast as their records are taken apart."""

from dataclasses import fields
from typing import Any

import msgspec
import numpy as np
import zstandard

from recommender.errors import InputError
from recommender.slate.batch import SlateBatch

SCHEMA = 1  # raised whenever a batch of the same records would be another one
_MOST_BYTES = 256 * 2**20

Column = tuple[str, list[int], bytes]  # (type, shape, values); of type "nan" none


class _File(msgspec.Struct, array_like=True):
    schema: int
    columns: dict[str, Column]
    matched: dict[int, Column]
    active: dict[int, Column]
    fairness_names: list[str]


_ENCODER, _DECODER = msgspec.msgpack.Encoder(), msgspec.msgpack.Decoder(_File)
_ARRAYS = [part.name for part in fields(SlateBatch) if part.name.rpartition("_")[2].startswith("N")]
_APART = {"matched_NC", "active_N", "vectors_NCV", "likeness_NCC"}


def packed_batch(batch: SlateBatch) -> bytes:
    """What `unpacked_batch` reads back as an equal batch."""
    columns = {
        name: _column(getattr(batch, name))
        for name in _ARRAYS
        if name not in _APART and getattr(batch, name) is not None
    }
    matched, active = (
        {number: _column(values) for number, values in of.items()} for of in (batch.matched_NC, batch.active_N)
    )
    raw = _ENCODER.encode(_File(SCHEMA, columns, matched, active, list(batch.fairness_names)))
    return zstandard.ZstdCompressor(level=1).compress(raw)


def unpacked_batch(raw: bytes) -> SlateBatch:
    """Raises InputError for bytes that are no batch of this schema."""
    try:
        file = _DECODER.decode(zstandard.ZstdDecompressor().decompress(raw, max_output_size=_MOST_BYTES))
        if file.schema != SCHEMA:
            raise InputError(f"batch: is of schema {file.schema}; this version reads {SCHEMA}")
        arrays: dict[str, Any] = {name: _array(column) for name, column in file.columns.items()}
        matched, active = (
            {number: _array(column) for number, column in of.items()} for of in (file.matched, file.active)
        )
        return SlateBatch(**arrays, matched_NC=matched, active_N=active, fairness_names=tuple(file.fairness_names))
    except (zstandard.ZstdError, msgspec.DecodeError, ValueError, TypeError) as problem:
        raise InputError(f"batch: cannot be read ({problem})") from None


def _column(values: np.ndarray) -> Column:
    shape = list(values.shape)
    if values.dtype.kind == "f":
        if np.isnan(values).all():
            return ("nan", shape, b"")
        narrow = values.astype(np.float32)
        values = narrow if np.array_equal(narrow, values, equal_nan=True) else values
    elif values.dtype.kind in "iu" and values.dtype.itemsize > 1:
        most = int(np.abs(values).max(initial=0))
        values = values.astype("i2" if most < 2**15 else "i4" if most < 2**31 else "i8")
    return (values.dtype.str, shape, np.ascontiguousarray(values).tobytes())


def _array(column: Column) -> np.ndarray:
    kind, shape, raw = column
    if kind == "nan":
        return np.full(shape, np.nan)
    values = np.frombuffer(raw, np.dtype(kind)).reshape(shape)
    return values.astype({"f": float, "i": np.int64}.get(values.dtype.kind, values.dtype)) if kind != "|i1" else values
