"""Writing safetensors, with errors that a command line can tell."""

from pathlib import Path

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
