"""The files of an artifact, each read with an error that names it."""

import json
import logging
import math
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from recommender.artifact import ArtifactError
from recommender.data.events import EVENT_WEIGHTS
from recommender.models.base import RENAMED, Model, renamed
from recommender.models.family import BLENDED, FURTHER, class_of
from recommender.ranking.ranker import Ranker
from recommender.serving.known_items import FILE as ITEMS
from recommender.serving.known_items import PARQUET, read_items
from recommender.serving.nearest import FILE, LARGE_ITEMS, NearestItems, is_installed
from recommender.serving.onnx_encoder import OnnxEncoder
from recommender.tensors import mapped_tensors

Part = TypeVar("Part")
Kind = TypeVar("Kind", bound=Model)
ENCODER, RANKER = "encoder.onnx", "ranker.safetensors"
logger = logging.getLogger(__name__)


def part(path: Path, read: Callable[[Path], Part]) -> Part:
    """What `read` makes of a file. Raises ArtifactError with its name, whatever the file's format finds wrong."""
    try:
        return read(path)
    except Exception as error:  # ONNX Runtime's errors have no common class but this
        raise ArtifactError(f"{path}: cannot be read ({error})") from error


def settings(manifest: Mapping[str, Any]) -> tuple[dict[str, float], int]:
    blend = {renamed(name): float(weight) for name, weight in manifest["blend"].items()}
    if not any(name in BLENDED and 0 < weight < math.inf for name, weight in blend.items()):
        raise ValueError(f"blend: gives none of {', '.join(BLENDED)} a weight above 0")
    return blend, int(manifest["history_length"])


def model(folder: Path, kind: type[Kind]) -> Kind:
    """A model of the family, by its name or by that which it had when the artifact was made."""
    names = [kind.name, *(former for former, now in RENAMED.items() if now == kind.name)]
    paths = [folder / f"{name}.safetensors" for name in names]
    return part(next((path for path in paths if path.exists()), paths[0]), kind.load)


def model_if_any(folder: Path, kind: type[Kind]) -> Kind | None:
    """None where the artifact was written without the model."""
    return model(folder, kind) if (folder / f"{kind.name}.safetensors").exists() else None


def further(folder: Path) -> dict[str, Model]:
    """The blended models that serving asks for nothing else."""
    found = {name: model_if_any(folder, class_of(name)) for name in FURTHER}
    return {name: model for name, model in found.items() if model is not None}


def ranker(folder: Path, models: Collection[str]) -> Ranker | None:
    """The ranker, where there is one. Raises ArtifactError where it reads a model that is not among these."""
    if not (folder / RANKER).exists():
        return None
    found = part(folder / RANKER, Ranker.load)
    if missing := [name for name in found.models if name not in models]:
        raise ArtifactError(f"{folder / RANKER}: reads models without a weight or a file: {', '.join(missing)}")
    return found


def items(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    return part(folder / (ITEMS if (folder / ITEMS).exists() else PARQUET), read_items)


def segments(path: Path) -> dict[int, dict[str, Any]]:
    return {int(entry["number"]): entry for entry in json.loads(path.read_text(encoding="utf-8"))}


def event_weights(manifest: Mapping[str, Any]) -> dict[str, float]:
    """What the shop decided when the artifact was trained; older artifacts knew only the defaults."""
    chosen = manifest.get("config", {}).get("events", {})
    return {**EVENT_WEIGHTS, **{name: float(weight) for name, weight in chosen.items()}}


def encoder(folder: Path, manifest: Mapping[str, Any], history_length: int) -> OnnxEncoder | None:
    """None where the artifact was made without one."""
    if not (folder / ENCODER).exists():
        return None
    vectors = part(folder / "vectors.safetensors", mapped_tensors)
    embedding_ID, bias_I = vectors["item_embedding_ID"], vectors["item_bias_I"]
    nearest = _nearest(folder, manifest, embedding_ID, bias_I)
    return part(folder / ENCODER, lambda path: OnnxEncoder(path, embedding_ID, bias_I, history_length, nearest))


def _nearest(
    folder: Path, manifest: Mapping[str, Any], embedding_ID: np.ndarray, bias_I: np.ndarray
) -> NearestItems | None:
    """The index of a large catalog. Where there is none, or no faiss to read it, a notice: answers are then exact, and
    take a product with all items."""
    if len(bias_I) <= LARGE_ITEMS:
        return None
    path, report = folder / FILE, manifest.get("nearest")
    if report and path.exists() and is_installed():
        return part(path, lambda file: NearestItems.open(file, embedding_ID, bias_I, int(report["probes"])))
    why = "there is no index of the items" if is_installed() else "faiss is not installed"
    logger.warning("%s: %s; each of %s is compared at every request", path, why, f"{len(bias_I):,}")
    return None
