"""Checkpoints of a training: after a kill the next attempt goes on from the last whole epoch, to the same result."""

import json
import os
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file

from recommender.tensors import save_tensors


class Checkpoint:
    """One file, replaced atomically. `fingerprint` names data and options: another training's file is ignored."""

    def __init__(self, path: Path, fingerprint: str) -> None:
        self.path, self.fingerprint = path, fingerprint

    def save(self, tensors: dict[str, torch.Tensor], state: dict[str, Any]) -> None:
        """Tensors and a small state that JSON can hold. Raises LibraryError where the disk refuses."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        part = self.path.with_suffix(".part")
        metadata = {"fingerprint": self.fingerprint, "state": json.dumps(state)}
        save_tensors({name: tensor.detach().cpu().numpy() for name, tensor in tensors.items()}, part, metadata)
        with part.open("rb") as file:
            os.fsync(file.fileno())
        part.replace(self.path)

    def load(self) -> tuple[dict[str, torch.Tensor], dict[str, Any]] | None:
        """What was saved for the same fingerprint, or None."""
        try:
            with safe_open(self.path, "pt") as file:
                metadata = file.metadata() or {}
            if metadata.get("fingerprint") != self.fingerprint:
                return None
            return load_file(self.path), json.loads(metadata["state"])
        except (SafetensorError, OSError, KeyError, ValueError):
            return None
