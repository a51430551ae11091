"""Writing safetensors, with errors that a command line can tell, and reading them without a copy."""

import json
from pathlib import Path
from struct import unpack
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import save_file

from recommender.errors import LibraryError


def save_tensors(arrays: dict[str, np.ndarray], path: Path, metadata: dict[str, str] | None = None) -> None:
    """One file. Raises LibraryError that names it where the disk refuses (it is full, say)."""
    contiguous = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    try:
        save_file(contiguous, str(path), metadata)
    except SafetensorError as error:
        raise LibraryError(f"{path}: cannot be written ({error})") from error


NUMBERS: dict[str, np.dtype[Any]] = {name: np.dtype(code) for name, code in (("F32", "<f4"), ("F16", "<f2"))}


def mapped_tensors(path: Path) -> dict[str, np.ndarray]:
    """The arrays of a file, mapped into memory and read-only: processes share the pages. The library's own reader
    copies. Raises ValueError where the file is damaged or holds other numbers."""
    with path.open("rb") as file:
        head = file.read(8)
        length = unpack("<Q", head)[0] if len(head) == 8 else 0
        begin = 8 + length
        if not 2 <= length <= path.stat().st_size - 8:
            raise ValueError("is no safetensors file")
        entries = json.loads(file.read(length))
    entries.pop("__metadata__", None)
    return {name: _mapped(path, begin, entry) for name, entry in entries.items()}


def _mapped(path: Path, begin: int, entry: dict[str, Any]) -> np.ndarray:
    (start, end), shape, kind = entry["data_offsets"], tuple(entry["shape"]), NUMBERS.get(entry["dtype"])
    if kind is None or end - start != kind.itemsize * int(np.prod(shape, dtype=np.int64)):
        raise ValueError(f"cannot be mapped: {entry['dtype']} of {shape}")
    if end == start:
        return np.zeros(shape, kind)
    return np.asarray(np.memmap(path, kind, "r", begin + start, shape))  # the subclass makes every operation slower
