"""Teaching the ranker: softmax cross-entropy over the candidates of a visitor, one of which came next."""

import numpy as np
import torch
from torch import nn

from recommender.ranking.config import RankerConfig
from recommender.ranking.network import CLIP, RankerNetwork


def learn_network(
    features_BCF: np.ndarray, present_BC: np.ndarray, target_B: np.ndarray, config: RankerConfig
) -> RankerNetwork:
    """The network that puts candidate `target_B` (a column) of each visitor first; not calibrated yet."""
    mean_F, scale_F = _moments(features_BCF[present_BC])
    network = _Network(len(mean_F), config)
    inputs_BCF = torch.from_numpy(np.clip((features_BCF - mean_F) * scale_F, -CLIP, CLIP))
    _train(network, inputs_BCF, torch.from_numpy(present_BC), torch.from_numpy(target_B.astype(np.int64)), config)
    return RankerNetwork(
        mean_F=mean_F,
        scale_F=scale_F,
        hidden_FH=np.ascontiguousarray(network.hidden.weight.detach().numpy().T),
        bias_H=network.hidden.bias.detach().numpy(),
        output_H=network.output.weight.detach().numpy()[0],
        calibration=np.ones(2, np.float32),
    )


class _Network(nn.Module):
    def __init__(self, features: int, config: RankerConfig) -> None:
        super().__init__()
        torch.manual_seed(config.seed)
        self.hidden = nn.Linear(features, config.hidden)
        self.output = nn.Linear(config.hidden, 1, bias=False)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, inputs_BCF: torch.Tensor) -> torch.Tensor:
        hidden = nn.functional.gelu(self.hidden(inputs_BCF), approximate="tanh")
        return self.output(self.dropout(hidden)).squeeze(-1)


def _moments(rows_NF: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    mean_F, deviation_F = rows_NF.mean(axis=0, dtype=np.float64), rows_NF.std(axis=0, dtype=np.float64)
    varies_F = deviation_F > 1e-6
    scale_F = np.where(varies_F, 1.0 / np.where(varies_F, deviation_F, 1.0), 0.0)
    return mean_F.astype(np.float32), scale_F.astype(np.float32)


def _train(
    network: _Network,
    inputs_BCF: torch.Tensor,
    present_BC: torch.Tensor,
    target_B: torch.Tensor,
    config: RankerConfig,
) -> None:
    optimizer = torch.optim.AdamW(
        network.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay, fused=True
    )
    rng = np.random.default_rng([config.seed, 7])
    steps = config.epochs * -(-len(target_B) // config.batch_visitors)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: max(1 - step / max(steps, 1), 0.0))
    for _ in range(config.epochs):
        for rows in torch.from_numpy(rng.permutation(len(target_B))).split(config.batch_visitors):
            logits_BC = network(inputs_BCF[rows]).masked_fill(~present_BC[rows], -torch.inf)
            loss = nn.functional.cross_entropy(logits_BC, target_B[rows])
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            schedule.step()
