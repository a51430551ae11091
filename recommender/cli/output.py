"""What commands print. With `--json`, standard output holds one JSON document and nothing else."""

import json
import os
import sys
from pathlib import Path
from typing import Any

from recommender.artifact import parts_of
from recommender.errors import InputError


def print_json(document: Any) -> None:
    """One JSON document on standard output; NaN has no place in JSON and is refused."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False, allow_nan=False) + "\n")
    sys.stdout.flush()


def notice(message: str) -> None:
    """A line for a person, on standard error."""
    sys.stderr.write(message + "\n")
    sys.stderr.flush()


def refuse_unwritable(file: Path, *, model: Path | None = None) -> None:
    """Raises InputError for a file that could not be written when all is computed, or that is a part of the model."""
    if file.is_dir():
        raise InputError("is a folder", file=file)
    if model is not None and file.resolve() in (path.resolve() for path in parts_of(model)):
        raise InputError("is a part of the model", file=file)
    folder = next(parent for parent in file.absolute().parents if parent.exists())
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        raise InputError(f"cannot be written: {folder} takes no files", file=file)
