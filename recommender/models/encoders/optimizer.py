"""AdamW for a whole network; where a step touches few items, their table is updated row by row."""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from recommender.models.encoders.config import EncoderConfig
from recommender.models.encoders.network import EncoderNetwork
from recommender.models.encoders.rows import RowAdam

LONGEST_GRADIENT = 1.0
ROWS = "rows."  # before the names of the table's state


class Optimizer:
    def __init__(self, network: EncoderNetwork, config: EncoderConfig, *, by_rows: bool) -> None:
        self.network = network
        self.rows = RowAdam(network.embedding_ID.data, config.weight_decay) if by_rows else None
        self.parameters = [p for p in network.parameters() if not (by_rows and p is network.embedding_ID)]
        decayed = [parameter for parameter in self.parameters if parameter.dim() > 1]
        plain = [parameter for parameter in self.parameters if parameter.dim() == 1]
        groups = [{"params": decayed, "weight_decay": config.weight_decay}, {"params": plain, "weight_decay": 0.0}]
        self.adam = torch.optim.AdamW(groups, lr=config.learning_rate, fused=True)
        self.rate = config.learning_rate
        self.own_UD: Tensor | None = None  # a copy of the table's touched rows, which takes their gradient

    def set_rate(self, rate: float) -> None:
        self.rate = rate
        for group in self.adam.param_groups:
            group["lr"] = rate

    def clear(self) -> None:
        """Forget the gradients."""
        self.adam.zero_grad(set_to_none=True)
        self.own_UD = None

    def table(self, rows_U: Tensor | None) -> Tensor:
        """The embeddings of all items, or of these, with content; gradients reach this optimizer."""
        if rows_U is None:
            return self.network.item_embedding_ID
        self.own_UD = self.network.embedding_ID.detach()[rows_U].requires_grad_()
        has_content = self.network.attribute_AD is not None
        return self.own_UD + self.network.content_ID(rows_U) if has_content else self.own_UD

    def gradients(self) -> Iterator[Tensor]:
        """Of everything that is trained, in the same order always; zero where a share of a batch was empty."""
        for tensor in self._trained():
            if tensor.grad is None:
                tensor.grad = torch.zeros_like(tensor)
            yield tensor.grad

    def step(self, rows_U: Tensor | None) -> None:
        torch.nn.utils.clip_grad_norm_(self._trained(), LONGEST_GRADIENT)
        self.adam.step()
        if self.rows is not None and rows_U is not None and self.own_UD is not None and self.own_UD.grad is not None:
            self.rows.step(rows_U, self.own_UD.grad, self.rate)

    def _trained(self) -> list[Tensor]:
        return [*self.parameters] if self.own_UD is None else [*self.parameters, self.own_UD]

    def tensors(self) -> dict[str, Tensor]:
        """What a resumed training needs."""
        state = self.adam.state_dict()["state"]
        tensors = {f"{number}.{name}": value for number, held in state.items() for name, value in held.items()}
        rows = self.rows.state if self.rows else {}
        return tensors | {f"{ROWS}{name}": value for name, value in rows.items()}

    def load(self, tensors: dict[str, Tensor]) -> None:
        """Take up what `tensors` gave."""
        moments: dict[int, dict[str, Any]] = {}
        for name, tensor in tensors.items():
            if name.startswith(ROWS) and self.rows:
                self.rows.state[name.removeprefix(ROWS)].copy_(tensor)
            else:
                number, _, key = name.partition(".")
                moments.setdefault(int(number), {})[key] = tensor
        self.adam.load_state_dict({"state": moments, "param_groups": self.adam.state_dict()["param_groups"]})
