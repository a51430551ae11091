"""Encoder: a network as a model of the family. Scores are logits; probabilities are their softmax."""

import hashlib
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from scipy import sparse

from recommender.data.dataset import Dataset
from recommender.data.histories import Histories
from recommender.errors import InputError
from recommender.models.base import Model, Report, silent
from recommender.models.encoders.checkpoint import Checkpoint
from recommender.models.encoders.config import EncoderConfig
from recommender.models.encoders.network import GruNetwork
from recommender.models.encoders.trainer import Progress, Trainer
from recommender.models.factors import randomized_svd, unit_rows
from recommender.models.softmax import softmax_probabilities

DEVICES = ("cpu", "cuda")
START_LENGTH = 0.3  # of each embedding at the start: longer ones saturate the softmax


@dataclass(frozen=True)
class FitOptions:
    """What a fit may be given besides the data."""

    start_II: sparse.csr_array | None = None  # item-to-item values: warm start of the embeddings by their SVD
    validate: Callable[["Encoder"], float] | None = None
    epochs: int | None = None  # fewer than the config's, on the config's schedule
    checkpoint: Path | None = None
    device: str = "auto"


class Encoder(Model):
    name = "encoder"
    config_class = EncoderConfig
    network_: GruNetwork
    progress_: Progress

    def fit(self, dataset: Dataset, *, report: Report = silent, options: FitOptions | None = None) -> Self:
        options = options or FitOptions()
        device = resolve_device(options.device)
        torch.manual_seed(self.config.seed)
        network = self._network(self.config, dataset.items)
        if options.start_II is not None:
            _warm_start(network, options.start_II, self.config.seed)
        self.network_ = network.to(device)
        checkpoint = options.checkpoint and Checkpoint(options.checkpoint, self._fingerprint(dataset, options))
        trainer = Trainer(self.network_, self.config, device, checkpoint or None)
        validate = options.validate
        epochs = self.config.epochs if options.epochs is None else options.epochs
        self.progress_ = trainer.train(
            dataset.histories, epochs, report, None if validate is None else lambda: validate(self)
        )
        self.network_ = self.network_.cpu().eval()
        return self

    @staticmethod
    def _network(config: EncoderConfig, items: int) -> GruNetwork:
        return GruNetwork(items, config.dimensions, config.hidden, config.dropout)

    def _fingerprint(self, dataset: Dataset, options: FitOptions) -> str:
        digest = hashlib.sha256(repr((asdict(self.config), options.epochs, dataset.items)).encode())
        digest.update(dataset.histories.items_N.tobytes())
        digest.update(dataset.histories.starts_B1.tobytes())
        return digest.hexdigest()

    def states_BD(self, histories: Histories) -> np.ndarray:
        """float32 (B, D): the state after the last interaction."""
        codes_BL = torch.from_numpy(histories.padded_BL(self.config.history_length))
        self.network_.eval()
        with torch.inference_mode():
            return self.network_(codes_BL.to(self.network_.bias_I.device)).cpu().numpy()

    def scores(self, histories: Histories) -> np.ndarray:
        network = self.network_
        with torch.inference_mode():
            states_BD = torch.from_numpy(self.states_BD(histories)).to(network.bias_I.device)
            return torch.addmm(network.bias_I, states_BD, network.item_embedding_ID.T).cpu().numpy()

    def probabilities(self, histories: Histories, *, exclude_seen: bool = False) -> np.ndarray:
        return softmax_probabilities(self.scores(histories), histories, exclude_seen=exclude_seen)

    def arrays(self) -> dict[str, np.ndarray]:
        return {name: tensor.cpu().numpy() for name, tensor in self.network_.state_dict().items()}

    @classmethod
    def from_arrays(cls, config: Any, arrays: dict[str, np.ndarray]) -> Self:
        model = cls(config)
        model.network_ = cls._network(config, len(arrays["bias_I"])).eval()
        model.network_.load_state_dict({name: torch.from_numpy(array) for name, array in arrays.items()})
        return model


def resolve_device(name: str) -> torch.device:
    """`auto` takes a GPU where there is one. Raises InputError for a device that is unknown or not there."""
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.zeros(1, device=name).device
    except (RuntimeError, AssertionError) as error:
        raise InputError(f"device: “{name}” cannot be used here ({str(error).splitlines()[0]})") from None
    if device.type not in DEVICES:
        raise InputError(f"device: “{name}” is none of {', '.join(DEVICES)}")
    return device


def _warm_start(network: GruNetwork, values_II: sparse.csr_array, seed: int) -> None:
    symmetric_II = sparse.csr_array(values_II + values_II.T)
    rank = min(network.embedding.embedding_dim, symmetric_II.shape[0])
    left_ID, values_D, _ = randomized_svd(symmetric_II, rank, seed, rounds=4)
    start_ID = unit_rows(left_ID * np.sqrt(values_D)) * START_LENGTH
    with torch.no_grad():
        network.embedding.weight[1:, :rank] = torch.from_numpy(start_ID)
