"""Encoder to ONNX, so that serving needs no torch."""

import warnings
from pathlib import Path

import torch

from recommender.models.encoders.inputs import ROWS
from recommender.models.encoders.network import EncoderNetwork
from recommender.models.encoders.served import Served

OPSET = 17


def export_onnx(network: EncoderNetwork, path: Path) -> None:
    """`item_rows_BLD`, float32 rows of the item table, and the levels that the network reads
    (recommender.models.encoders.inputs), int64 → `state_BD` float32, batch and length free, all rows equally long. The
    TorchScript exporter is used: 0.8 s and no notices on standard output, where the torch.export one took 13 s."""
    served = Served(network.cpu()).eval()
    levels = torch.tensor([[1, 1, 1], [1, 1, 1]])
    rows_BLD = torch.zeros(*levels.shape, network.embedding_ID.shape[1])
    axes = {name: {0: "batch", 1: "length"} for name in served.input_names}
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            served,
            tuple(rows_BLD if name == ROWS else levels for name in served.input_names),
            str(path),
            input_names=list(served.input_names),
            output_names=["state_BD"],
            dynamic_axes={**axes, "state_BD": {0: "batch"}},
            opset_version=OPSET,
            dynamo=False,
        )
