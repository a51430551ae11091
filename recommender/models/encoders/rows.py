"""Adam for a table of which a step touches few rows: a step costs as much as the rows it touches, not the table."""

import torch
from torch import Tensor

BETA_MEAN, BETA_SQUARE, EPSILON = 0.9, 0.999, 1e-8


class RowAdam:
    """AdamW on single rows, with one second moment a row, and bias corrections by how often a row was touched."""

    def __init__(self, table_ID: Tensor, weight_decay: float) -> None:
        self.table_ID, self.weight_decay = table_ID, weight_decay
        self.state = {
            "mean": torch.zeros_like(table_ID),
            "square": torch.zeros_like(table_ID[:, :1]),
            "times": torch.zeros_like(table_ID[:, :1]),
        }

    @torch.no_grad()
    def step(self, rows_U: Tensor, gradient_UD: Tensor, rate: float) -> None:
        """`rows_U` holds each row at most once."""
        state = self.state
        mean_UD = state["mean"][rows_U].lerp_(gradient_UD, 1 - BETA_MEAN)
        square_U1 = state["square"][rows_U].lerp_(gradient_UD.square().mean(dim=1, keepdim=True), 1 - BETA_SQUARE)
        times_U1 = state["times"][rows_U] + 1
        for name, values in (("mean", mean_UD), ("square", square_U1), ("times", times_U1)):
            state[name][rows_U] = values
        size_U1 = (square_U1 / (1 - BETA_SQUARE**times_U1)).sqrt_().add_(EPSILON)
        step_UD = mean_UD / (1 - BETA_MEAN**times_U1) / size_U1
        self.table_ID[rows_U] = self.table_ID[rows_U] * (1 - rate * self.weight_decay) - rate * step_UD
