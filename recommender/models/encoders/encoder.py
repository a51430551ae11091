"""Encoder: a network as a model of the family. Scores are logits; probabilities are their softmax."""

import hashlib
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from scipy import sparse

from recommender.content.attributes import named_attributes
from recommender.data.dataset import Dataset
from recommender.data.histories import Histories
from recommender.errors import InputError
from recommender.models.base import Model, Report, silent
from recommender.models.early_stopping import Progress
from recommender.models.encoders.checkpoint import Checkpoint
from recommender.models.encoders.config import EncoderConfig
from recommender.models.encoders.inputs import encoder_inputs
from recommender.models.encoders.network import EncoderNetwork, LastState
from recommender.models.encoders.processes import local_device
from recommender.models.encoders.trainer import Trainer
from recommender.models.factors import randomized_svd, unit_rows
from recommender.models.softmax import softmax_probabilities

DEVICES = ("cpu", "cuda")
REFIT_RATE = 2 / 3
START_LENGTH = 0.3  # of each embedding at the start: longer ones saturate the softmax


@dataclass(frozen=True)
class FitOptions:
    """What a fit may be given besides the data."""

    start_II: sparse.csr_array | None = None  # item-to-item values: warm start of the embeddings by their SVD
    validate: Callable[["Encoder"], float] | None = None
    earlier: "Encoder | None" = None  # of the same items: its weights are the start of a shorter schedule
    checkpoint: Path | None = None
    device: str = "auto"


class Encoder(Model):
    name = "encoder"
    config_class = EncoderConfig
    network_: EncoderNetwork
    progress_: Progress

    def fit(self, dataset: Dataset, *, report: Report = silent, options: FitOptions | None = None) -> Self:
        options = options or FitOptions()
        device = resolve_device(options.device)
        torch.manual_seed(self.config.seed)
        attributes_IA = encoder_attributes(self.config, dataset)[0]
        network = EncoderNetwork(self.config, dataset.items, attributes_IA)
        schedule = self.config
        if options.earlier is not None:
            network.load_state_dict(options.earlier.network_.state_dict())
            schedule = _shorter(self.config)
        elif options.start_II is not None:
            _warm_start(network, options.start_II, self.config.seed)
        self.network_ = network.to(device)
        checkpoint = options.checkpoint and Checkpoint(
            options.checkpoint, self._fingerprint(dataset, options, attributes_IA)
        )
        trainer = Trainer(self.network_, schedule, device, checkpoint or None)
        validate = options.validate
        self.progress_ = trainer.train(dataset.histories, report, None if validate is None else lambda: validate(self))
        self.network_ = self.network_.cpu().eval()
        return self

    def _fingerprint(self, dataset: Dataset, options: FitOptions, attributes_IA: sparse.csr_array | None) -> str:
        digest = hashlib.sha256(repr((asdict(self.config), dataset.items)).encode())
        for array in options.earlier.arrays().values() if options.earlier else ():
            digest.update(array.tobytes())
        digest.update(dataset.histories.items_N.tobytes())
        digest.update(dataset.histories.starts_B1.tobytes())
        if attributes_IA is not None:
            digest.update(attributes_IA.indices.tobytes())
        return digest.hexdigest()

    def states_BD(self, histories: Histories) -> np.ndarray:
        """float32 (B, D): the state after the last interaction."""
        with torch.inference_mode():
            return self._states(self._asked(), histories).cpu().numpy()

    def scores(self, histories: Histories) -> np.ndarray:
        with torch.inference_mode():
            asked = self._asked()
            states_BD = self._states(asked, histories)
            return torch.addmm(self.network_.bias_I, states_BD, asked.table_ID.T).cpu().numpy()

    def _asked(self) -> LastState:
        return LastState(self.network_).eval()

    def _states(self, asked: LastState, histories: Histories) -> torch.Tensor:
        inputs = encoder_inputs(histories, self.config.history_length, self.network_.input_names)
        states_BD: torch.Tensor = asked(
            *(torch.from_numpy(values).to(self.network_.bias_I.device) for values in inputs)
        )
        return states_BD

    def probabilities(self, histories: Histories, *, exclude_seen: bool = False) -> np.ndarray:
        return softmax_probabilities(self.scores(histories), histories, exclude_seen=exclude_seen)

    def arrays(self) -> dict[str, np.ndarray]:
        return {name: tensor.cpu().numpy() for name, tensor in self.network_.state_dict().items()}

    @classmethod
    def from_arrays(cls, config: Any, arrays: dict[str, np.ndarray]) -> Self:
        model = cls(config)
        model.network_ = EncoderNetwork(config, len(arrays["bias_I"]), _attributes_of(arrays)).eval()
        model.network_.load_state_dict({name: torch.tensor(array) for name, array in arrays.items()})
        return model


def encoder_attributes(config: EncoderConfig, dataset: Dataset) -> tuple[sparse.csr_array | None, list[str]]:
    """float32 (I, A) of the attributes that an encoder reads, and what they are called; none where the catalog tells
    nothing that two items share."""
    if not config.attributes or dataset.catalog is None:
        return None, []
    attributes_IA, names = named_attributes(dataset.catalog)
    return (attributes_IA, names) if attributes_IA.nnz else (None, [])


def resolve_device(name: str) -> torch.device:
    """`auto` takes a GPU where there is one. Raises InputError for a device that is unknown or not there."""
    if name == "auto":
        return local_device()
    try:
        device = torch.zeros(1, device=name).device
    except (RuntimeError, AssertionError) as error:
        raise InputError(f"device: “{name}” cannot be used here ({str(error).splitlines()[0]})") from None
    if device.type not in DEVICES:
        raise InputError(f"device: “{name}” is none of {', '.join(DEVICES)}")
    return device


def device_facts(name: str) -> dict[str, str | float]:
    """`device`, and the most of a GPU's memory that this process has taken: for what a training cost."""
    device = resolve_device(name)
    if device.type != "cuda":
        return {"device": device.type}
    peak_bytes = torch.cuda.max_memory_allocated(device)
    return {"device": torch.cuda.get_device_name(device), "gpu_memory_mib": round(peak_bytes / 1024 / 1024, 1)}


def _shorter(config: EncoderConfig) -> EncoderConfig:
    """Of a fit that goes on from an earlier one, at a rate that need not find its way any more."""
    return replace(config, epochs=config.refit_epochs, learning_rate=config.learning_rate * REFIT_RATE)


def _warm_start(network: EncoderNetwork, values_II: sparse.csr_array, seed: int) -> None:
    """Embeddings from the axes of what goes with what; zero for an item that goes with nothing."""
    symmetric_II = sparse.csr_array(values_II + values_II.T)
    known = np.flatnonzero(np.diff(symmetric_II.indptr))  # of a million items few may have been touched
    symmetric_KK = symmetric_II if len(known) == symmetric_II.shape[0] else symmetric_II[known][:, known]
    rank = min(network.embedding_ID.shape[1], symmetric_KK.shape[0])
    if not rank:
        return
    left_KD, values_D, _ = randomized_svd(symmetric_KK, rank, seed, rounds=4)
    start_ID = np.zeros((symmetric_II.shape[0], rank), np.float32)
    start_ID[known] = unit_rows(left_KD * np.sqrt(values_D)) * START_LENGTH
    with torch.no_grad():
        network.embedding_ID[:, :rank] = torch.from_numpy(start_ID)


def _attributes_of(arrays: dict[str, np.ndarray]) -> sparse.csr_array | None:
    if "attribute_AD" not in arrays:
        return None
    codes_N, starts_I1 = arrays["attribute_codes_N"], arrays["attribute_starts_I1"]
    shape = (len(starts_I1) - 1, len(arrays["attribute_AD"]))
    return sparse.csr_array((np.ones(len(codes_N), np.float32), codes_N, starts_I1), shape=shape)
