"""Teaching the ranker: softmax cross-entropy over the candidates of a visitor, one of which came next."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

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
    with _one_thread():
        _train(network, inputs_BCF, torch.from_numpy(present_BC), torch.from_numpy(target_B.astype(np.int64)), config)
    return RankerNetwork(
        mean_F=mean_F,
        scale_F=scale_F,
        hidden_FH=np.ascontiguousarray(network.hidden_HF.detach().numpy().T),
        bias_H=network.bias_H.detach().numpy(),
        output_H=network.output_H.detach().numpy(),
        calibration=np.ones(2, np.float32),
    )


@contextmanager
def _one_thread() -> Iterator[None]:
    """Of torch, in this thread: on batches this small two wait for each other. What learns at the same time may have
    set one already; then it is the other that gives the threads back."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        if before > 1:
            torch.set_num_threads(before)


class _Network(nn.Module):
    """Draws from a generator of its own: torch's is shared by threads that learn at the same time."""

    def __init__(self, features: int, config: RankerConfig) -> None:
        super().__init__()
        self._rng = np.random.default_rng([config.seed, 8])
        self._dropout = config.dropout
        self.hidden_HF = self._drawn(config.hidden, features, within=features**-0.5)
        self.bias_H = self._drawn(config.hidden, within=features**-0.5)
        self.output_H = self._drawn(config.hidden, within=config.hidden**-0.5)

    def _drawn(self, *shape: int, within: float) -> nn.Parameter:
        return nn.Parameter(torch.from_numpy(self._rng.uniform(-within, within, shape).astype(np.float32)))

    def forward(self, inputs_BCF: torch.Tensor) -> torch.Tensor:
        """Logits (B, C). A unit is dropped for all candidates of a visitor: 100 times fewer draws, and they compete
        under equal conditions."""
        hidden_BCH = nn.functional.linear(inputs_BCF, self.hidden_HF, self.bias_H)
        hidden_BCH = nn.functional.gelu(hidden_BCH, approximate="tanh")
        kept_BH = self._rng.random((len(inputs_BCF), len(self.output_H))) >= self._dropout
        output_BH = self.output_H * torch.from_numpy((kept_BH / (1 - self._dropout)).astype(np.float32))
        return torch.bmm(hidden_BCH, output_BH[:, :, None])[:, :, 0]


class AdamW:
    """The steps of torch.optim.AdamW, which imports a compiler before its first: 3 s of processor time, a tenth of a
    fast training."""

    BETAS, TINY = (0.9, 0.999), 1e-8

    def __init__(self, parameters: Iterable[nn.Parameter], *, decay: float) -> None:
        self.decay, self.steps = decay, 0
        self._held = [(own, torch.zeros_like(own), torch.zeros_like(own)) for own in parameters]

    @torch.no_grad()
    def step(self, rate: float) -> None:
        """One step down the gradients of the parameters."""
        self.steps += 1
        first, second = (1 - beta**self.steps for beta in self.BETAS)
        for own, mean, square in self._held:
            if own.grad is None:
                continue
            own.mul_(1 - rate * self.decay)
            mean.lerp_(own.grad, 1 - self.BETAS[0])
            square.mul_(self.BETAS[1]).addcmul_(own.grad, own.grad, value=1 - self.BETAS[1])
            own.addcdiv_(mean, (square / second).sqrt_().add_(self.TINY), value=-rate / first)


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
    optimizer = AdamW(network.parameters(), decay=config.weight_decay)
    rng = np.random.default_rng([config.seed, 7])
    steps = config.epochs * -(-len(target_B) // config.batch_visitors)
    for _ in range(config.epochs):
        for rows in torch.from_numpy(rng.permutation(len(target_B))).split(config.batch_visitors):
            logits_BC = network(inputs_BCF[rows]).masked_fill(~present_BC[rows], -torch.inf)
            loss = nn.functional.cross_entropy(logits_BC, target_B[rows])
            network.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step(config.learning_rate * (1 - optimizer.steps / steps))
