"""A warm start: the encoder goes on from that of the version before, in a third of the passes.

It goes on from the weights that did not know what was held out for validation then, and asks the same visitors again
(`whom_to_ask`): what stops it, weighs the blend and judges the version was never learned. Who was not held out
then is asked only about what happened since.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from scipy import sparse

from recommender.data.dataset import Dataset
from recommender.errors import LibraryError
from recommender.models.encoders.config import EncoderConfig
from recommender.models.encoders.encoder import Encoder, encoder_attributes
from recommender.models.encoders.network import EncoderNetwork
from recommender.models.options import config_from
from recommender.serving.known_items import FILE as ITEMS
from recommender.serving.known_items import read_items
from recommender.tensors import below, mapped_file, save_tensors
from recommender.training.holding_out import HeldOut

FILE = "encoder-start.safetensors"
MOST_ITEMS = 200_000  # with more, the file would be larger than the rest of an artifact
LEAST_KNOWN = 0.5  # of the interactions must be on items that the version before knew
SHAPE = ("kind", "layers", "dimensions", "hidden", "history_length", "attributes", "event_types", "time_gaps")
OWN_ROWS = ("embedding_ID", "bias_I", "attribute_AD", "attribute_starts_I1", "attribute_codes_N")


class Cold(Exception):
    """Why a training starts anew: a part of a sentence."""


@dataclass(frozen=True)
class Start:
    """What the version before keeps for the next."""

    config: EncoderConfig
    arrays: Mapping[str, np.ndarray]
    item_ids: np.ndarray
    attributes: tuple[str, ...]
    held_out: HeldOut

    def encoder(self, config: EncoderConfig, dataset: Dataset, follows_II: sparse.csr_array) -> Encoder:
        """An encoder of the dataset's items with these weights. An item that is new lies amid those that follow it."""
        attributes_IA, names = encoder_attributes(config, dataset)
        torch.manual_seed(config.seed)
        network = EncoderNetwork(config, dataset.items, attributes_IA)
        state = {name: tensor.numpy().copy() for name, tensor in network.state_dict().items()}
        state |= {name: np.array(array) for name, array in self.arrays.items() if name not in OWN_ROWS}
        place_of = {item_id: row for row, item_id in enumerate(self.item_ids.tolist())}
        row_I = np.array([place_of.get(item_id, -1) for item_id in dataset.item_ids.tolist()], np.int64)
        known_I = row_I >= 0
        state["embedding_ID"] = _amid(self.arrays["embedding_ID"][row_I] * known_I[:, None], known_I, follows_II)
        state["bias_I"] = np.where(known_I, self.arrays["bias_I"][row_I], self.arrays["bias_I"].mean())
        if "attribute_AD" in state and "attribute_AD" in self.arrays:
            place_of = {name: row for row, name in enumerate(self.attributes)}
            shared = [(place, place_of[name]) for place, name in enumerate(names) if name in place_of]
            for place, row in shared:
                state["attribute_AD"][place] = self.arrays["attribute_AD"][row]
        tensors = {name: torch.from_numpy(np.ascontiguousarray(array)) for name, array in state.items()}
        network.load_state_dict(tensors)
        model = Encoder(config)
        model.network_ = network
        return model


def read_start(folder: Path | None, config: EncoderConfig, dataset: Dataset, seed: int) -> Start:
    """What the artifact in `folder` keeps. Raises `Cold` where a start from it makes no sense."""
    if folder is None:
        raise Cold("there is no version before")
    try:
        arrays, metadata = mapped_file(folder / FILE)
        start = Start(
            config_from(EncoderConfig, json.loads(metadata["config"])),
            below(arrays, "network."),
            read_items(folder / ITEMS)[0],
            tuple(json.loads(metadata["attributes"])),
            HeldOut(**json.loads(metadata["held_out"])),
        )
    except FileNotFoundError:
        raise Cold("the version before keeps nothing to go on from") from None
    except (OSError, KeyError, ValueError, TypeError, LibraryError) as error:
        raise Cold(f"what the version before keeps cannot be read ({error})") from None
    _require_sense(start, config, dataset, seed)
    return start


def _require_sense(start: Start, config: EncoderConfig, dataset: Dataset, seed: int) -> None:
    if start.held_out.seed != seed:
        raise Cold("the version before had another seed, so that other visitors were held out")
    if other := [name for name in SHAPE if getattr(start.config, name) != getattr(config, name)]:
        raise Cold(f"the version before has another network ({', '.join(other)})")
    if ("attribute_AD" in start.arrays) != (encoder_attributes(config, dataset)[0] is not None):
        raise Cold("the catalog tells attributes of items now and did not then, or the other way round")
    known_I = np.isin(dataset.item_ids.astype(str), start.item_ids.astype(str))
    share = float(known_I[dataset.histories.items_N].mean()) if dataset.interactions else 0.0
    if share < LEAST_KNOWN:
        raise Cold(f"the version before knew the items of {share:.0%} of the interactions alone")


def write_start(folder: Path, encoder: Encoder | None, dataset: Dataset, held_out: HeldOut) -> None:
    """Keep an encoder that did not learn what was held out, for the version after this one."""
    if encoder is None or dataset.items > MOST_ITEMS:
        return
    metadata = {
        "config": json.dumps(asdict(encoder.config)),
        "attributes": json.dumps(encoder_attributes(encoder.config, dataset)[1]),
        "held_out": json.dumps(asdict(held_out)),
    }
    arrays = {f"network.{name}": array for name, array in encoder.arrays().items()}
    save_tensors(arrays, folder / FILE, metadata)


def _amid(embedding_ID: np.ndarray, known_I: np.ndarray, follows_II: sparse.csr_array) -> np.ndarray:
    """float32 (I, D): those that are not known become the mean of the known ones that follow them."""
    new = np.flatnonzero(~known_I)
    weights_NI = sparse.csr_array(follows_II[new])
    weights_NI.data = weights_NI.data * known_I[weights_NI.indices]
    total_N1 = np.asarray(weights_NI.sum(axis=1)).reshape(-1, 1)
    filled_ID = embedding_ID.astype(np.float32)
    filled_ID[new] = (weights_NI @ embedding_ID) / np.maximum(total_N1, 1e-12)
    return filled_ID


def how_it_starts(start: Start | Cold | None) -> dict[str, Any]:
    """For the manifest; empty where nobody asked for a warm start."""
    if start is None:
        return {}
    return {"start": {"warm": False, "because": str(start)} if isinstance(start, Cold) else {"warm": True}}
