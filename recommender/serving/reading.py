"""The files of an artifact, each read with an error that names it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pyarrow.parquet as pq
from safetensors.numpy import load_file

from recommender.artifact import ArtifactError
from recommender.data.interactions import EVENT_WEIGHTS
from recommender.serving.onnx_encoder import OnnxEncoder

Part = TypeVar("Part")


def part(path: Path, read: Callable[[Path], Part]) -> Part:
    """What `read` makes of a file. Raises ArtifactError with its name, whatever the file's format finds wrong."""
    try:
        return read(path)
    except Exception as error:  # ONNX Runtime's errors have no common class but this
        raise ArtifactError(f"{path}: cannot be read ({error})") from error


def settings(manifest: dict[str, Any]) -> tuple[dict[str, float], int]:
    blend = {name: float(weight) for name, weight in manifest["blend"].items()}
    return blend, int(manifest["history_length"])


def items(path: Path) -> tuple[np.ndarray, np.ndarray]:
    # Neither read_table nor to_numpy: both import pandas where it is installed, 50 MB of a web process.
    table = pq.ParquetFile(path).read(columns=["item_id", "interactions"], use_threads=False)
    return np.array(table["item_id"].to_pylist(), object), np.array(table["interactions"].to_pylist(), np.int64)


def segments(path: Path) -> dict[int, dict[str, Any]]:
    return {int(entry["number"]): entry for entry in json.loads(path.read_text(encoding="utf-8"))}


def event_weights(manifest: dict[str, Any]) -> dict[str, float]:
    """What the shop decided when the artifact was trained; older artifacts knew only the defaults."""
    chosen = manifest.get("config", {}).get("events", {})
    return {**EVENT_WEIGHTS, **{name: float(weight) for name, weight in chosen.items()}}


def encoder(folder: Path, history_length: int) -> OnnxEncoder:
    vectors = part(folder / "vectors.safetensors", load_file)
    tensors = (vectors["item_embedding_ID"], vectors["item_bias_I"])
    return part(folder / "encoder.onnx", lambda path: OnnxEncoder(path, *tensors, history_length))
