"""Writing safetensors, with errors that a command line can tell, and reading them without a copy."""

import json
from collections.abc import Mapping
from pathlib import Path
from struct import unpack
from typing import Any, TypeVar

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import save_file

from recommender.errors import LibraryError

Held = TypeVar("Held")


def save_tensors(arrays: dict[str, np.ndarray], path: Path, metadata: dict[str, str] | None = None) -> None:
    """One file. Raises LibraryError that names it where the disk refuses (it is full, say)."""
    contiguous = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    try:
        save_file(contiguous, str(path), metadata)
    except SafetensorError as error:
        raise LibraryError(f"{path}: cannot be written ({error})") from error


_CODES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "i1", "U8": "u1"}
NUMBERS: dict[str, np.dtype[Any]] = {name: np.dtype(code) for name, code in {**_CODES, "BOOL": "?"}.items()}


def mapped_tensors(path: Path) -> dict[str, np.ndarray]:
    """The arrays of a file, mapped into memory and read-only: processes share the pages. The library's own reader
    copies. Raises ValueError where the file is damaged or holds other numbers."""
    return mapped_file(path)[0]


def mapped_file(path: Path) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """`mapped_tensors`, and the metadata beside them."""
    with path.open("rb") as file:
        head = file.read(8)
        length = unpack("<Q", head)[0] if len(head) == 8 else 0
        begin = 8 + length
        if not 2 <= length <= path.stat().st_size - 8:
            raise ValueError("is no safetensors file")
        entries = json.loads(file.read(length))
    metadata = entries.pop("__metadata__", None) or {}
    return {name: _mapped(path, begin, entry) for name, entry in entries.items()}, metadata


def _mapped(path: Path, begin: int, entry: dict[str, Any]) -> np.ndarray:
    (start, end), shape, kind = entry["data_offsets"], tuple(entry["shape"]), NUMBERS.get(entry["dtype"])
    if kind is None or end - start != kind.itemsize * int(np.prod(shape, dtype=np.int64)):
        raise ValueError(f"cannot be mapped: {entry['dtype']} of {shape}")
    if end == start:
        return np.zeros(shape, kind)
    return np.asarray(np.memmap(path, kind, "r", begin + start, shape))  # the subclass makes every operation slower


def below(tensors: Mapping[str, Held], prefix: str) -> dict[str, Held]:
    """Those whose names begin with the prefix, by the rest of their names."""
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}
