"""Started by `torchrun` in test_processes.py: fits an encoder in each process and writes what each has learned."""

import os
import sys
from pathlib import Path

import numpy as np
import torch

from recommender.models.encoders.encoder import Encoder, FitOptions
from tests.recommender.made import dataset_of, walks
from tests.recommender.models.test_processes import WITHOUT_CHANCE


def main(folder: Path) -> None:
    torch.set_num_threads(1)
    for name, config in WITHOUT_CHANCE.items():
        encoder = Encoder(config).fit(dataset_of(list(walks())), options=FitOptions(device="cpu"))
        np.savez(folder / f"{name}.{os.environ['RANK']}.npz", **encoder.arrays())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
