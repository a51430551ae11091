"""Early stopping, shared by everything that is trained in passes."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor, nn


@dataclass
class Progress:
    """Where a training stands after a whole pass."""

    epoch: int = 0
    best_epoch: int = 0
    best: float = -math.inf
    losses: list[float] = field(default_factory=list)


class EarlyStopping:
    """Keeps a network as it was after its best pass, and tells when `patience` passes brought nothing better. Without
    values it keeps nothing and never tells."""

    def __init__(self, network: nn.Module, patience: int) -> None:
        self.network, self.patience = network, patience
        self.progress = Progress()
        self.state: dict[str, Tensor] = {}

    @property
    def stale(self) -> bool:
        """Whether it is time to stop."""
        return bool(self.state) and self.progress.epoch - self.progress.best_epoch >= self.patience

    def judge(self, value: float) -> None:
        """What validation says of the pass that is over; higher is better."""
        if value > self.progress.best:
            self.progress.best, self.progress.best_epoch = value, self.progress.epoch
            self.state = {name: tensor.clone() for name, tensor in self.network.state_dict().items()}

    def restore_best(self) -> None:
        """Give the network the weights of its best pass, where any was judged."""
        if self.state:
            self.network.load_state_dict(self.state)

    def resume(self, progress: Mapping[str, Any], state: dict[str, Tensor]) -> None:
        """Go on from a checkpoint that kept `vars(progress)` and `state`."""
        self.progress, self.state = Progress(**progress), state
