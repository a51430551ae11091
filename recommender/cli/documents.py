"""JSON documents that commands read: the file or the field at fault is named."""

import json
import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from recommender.errors import InputError


def read_object(file: str, *, known: Iterable[str]) -> dict[str, Any]:
    """The JSON object in a file. Raises InputError for anything else, and for a field that is not known."""
    document = read_json(file)
    if not isinstance(document, dict):
        raise InputError("must hold a JSON object", file=file)
    unknown = sorted(set(document) - set(known))
    if unknown:
        raise InputError(f"{unknown[0]}: is not known; the fields are {', '.join(sorted(known))}", file=file)
    return document


def read_json(file: str) -> Any:
    """What a JSON file holds."""
    try:
        return json.loads(Path(file).read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise InputError(f"is no JSON: {error.msg}", file=file, line=error.lineno) from None
    except RecursionError:
        raise InputError("is nested too deeply", file=file) from None
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", file=file) from None
    except UnicodeDecodeError:
        raise InputError("is no UTF-8 text", file=file) from None


def number(document: Mapping[str, Any], name: str, *, default: float | None = None, place: str = "") -> float:
    """A finite number; `place` leads to the document, for messages."""
    value = document.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise InputError(f"{place}{name}: must be a number")
    return float(value)


def whole_number(document: Mapping[str, Any], name: str, *, default: int, minimum: int = 0, place: str = "") -> int:
    """A whole number from `minimum` on; with a default below it the field must be given."""
    value = document.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int) or value < minimum:
        raise InputError(f"{place}{name}: must be a whole number from {minimum}")
    return value


def numbers(document: Mapping[str, Any], name: str, *, dimensions: int = 1) -> np.ndarray:
    """A list of finite numbers as float64; with dimensions=2 a list of equally long lists."""
    try:
        values = np.array(document.get(name), dtype=float)
    except (TypeError, ValueError):
        values = np.array(np.nan)
    if values.ndim != dimensions or not np.isfinite(values).all():
        shape = "a list of numbers" if dimensions == 1 else "a list of equally long lists of numbers"
        raise InputError(f"{name}: must be {shape}")
    return values
