"""Several processes that train one network, as `torchrun` starts them. Every process knows the whole batch and works on
its share of it; the gradients are added up, so that the result is that of one process but for dropout's randomness."""

import atexit
import os
from collections.abc import Iterable

import numpy as np
import torch
from torch import Tensor, distributed


class Processes:
    """This process among those of `torchrun`; alone without it."""

    def __init__(self) -> None:
        self.count = int(os.environ.get("WORLD_SIZE", "1"))
        self.number = int(os.environ.get("RANK", "0"))
        if self.count > 1 and not distributed.is_initialized():
            distributed.init_process_group("nccl" if torch.cuda.is_available() else "gloo")
            atexit.register(distributed.destroy_process_group)

    @property
    def is_first(self) -> bool:
        """Whether this one writes what is kept."""
        return self.number == 0

    def share(self, batch: np.ndarray) -> np.ndarray:
        """The rows of a batch that this process works on; may be none."""
        return batch[self.number :: self.count]

    def add_up(self, gradients: Iterable[Tensor]) -> None:
        """Replace each by its sum over the processes."""
        if self.count == 1:
            return
        parts = list(gradients)
        flat = torch.cat([part.reshape(-1) for part in parts])
        distributed.all_reduce(flat)
        for part, total in zip(parts, flat.split([part.numel() for part in parts]), strict=True):
            part.copy_(total.view_as(part))

    def agree(self, value: float, device: torch.device) -> float:
        """The first process's value."""
        if self.count == 1:
            return value
        told = torch.tensor([value], dtype=torch.float64, device=device)
        distributed.broadcast(told, 0)
        return float(told)


def local_device() -> torch.device:
    """The GPU of this process where there is one, else the CPU."""
    if not torch.cuda.is_available():
        return torch.device("cpu")
    return torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
