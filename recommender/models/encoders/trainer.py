"""The one trainer of all encoders: AdamW, warm-up then cosine, early stopping, checkpoints."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from recommender.data.histories import Histories
from recommender.models.base import Report
from recommender.models.encoders.checkpoint import Checkpoint
from recommender.models.encoders.config import EncoderConfig
from recommender.models.encoders.loss import full_softmax, sampled_softmax
from recommender.models.encoders.network import GruNetwork
from recommender.models.encoders.windows import batches_of_windows, training_windows, window_codes

WARM_UP_SHARE, FINAL_SHARE = 0.05, 0.02
NEGATIVES_POWER = 0.5  # of popularity: between uniform negatives and popular ones
Validate = Callable[[], float]  # higher is better


@dataclass
class Progress:
    """Where a training stands after a whole epoch."""

    epoch: int = 0
    best_epoch: int = 0
    best: float = -math.inf
    losses: list[float] = field(default_factory=list)


class Trainer:
    """Trains a network in place. The random order of an epoch follows from (seed, epoch), so a resumed training ends
    with the same weights as an undisturbed one."""

    def __init__(
        self, network: GruNetwork, config: EncoderConfig, device: torch.device, checkpoint: Checkpoint | None
    ) -> None:
        self.network, self.config, self.device, self.checkpoint = network, config, device, checkpoint
        decay = [parameter for parameter in network.parameters() if parameter.dim() > 1]
        plain = [parameter for parameter in network.parameters() if parameter.dim() == 1]
        groups = [{"params": decay, "weight_decay": config.weight_decay}, {"params": plain, "weight_decay": 0.0}]
        self.optimizer = torch.optim.AdamW(groups, lr=config.learning_rate, fused=True)
        self.progress = Progress()
        self.best_state: dict[str, torch.Tensor] = {}

    def train(self, histories: Histories, epochs: int, report: Report, validate: Validate | None = None) -> Progress:
        """`epochs` passes, or fewer where `validate` stops improving; then the network is the best one seen."""
        starts, ends = training_windows(histories, self.config.history_length, self.config.windows)
        if not len(starts):
            return self.progress
        counts_I = np.bincount(histories.items_N, minlength=len(self.network.bias_I)) + 1.0
        q_I = counts_I**NEGATIVES_POWER
        self.q_I = torch.from_numpy((q_I / q_I.sum()).astype(np.float32)).to(self.device)
        self._resume()
        while self.progress.epoch < epochs and not self._stale():
            self._epoch(histories.items_N, starts, ends, report)
            self.progress.epoch += 1
            self._judge(validate, report)
            self._save()
        if self.best_state:
            self.network.load_state_dict(self.best_state)
        return self.progress

    def _epoch(self, items_N: np.ndarray, starts: np.ndarray, ends: np.ndarray, report: Report) -> None:
        self.network.train()
        config, epoch = self.config, self.progress.epoch
        torch.manual_seed(config.seed * 1_000_003 + epoch)
        rng = np.random.default_rng([config.seed, epoch])
        lengths = ends - starts - 1
        order = list(
            batches_of_windows(lengths, rng, batch_windows=config.batch_windows, batch_tokens=config.batch_tokens)
        )
        losses = []
        for step, windows in enumerate(order):
            self._set_rate((epoch + step / len(order)) / config.epochs)
            losses.append(self._step(*window_codes(items_N, starts[windows], ends[windows])))
            report((epoch + (step + 1) / len(order)) / config.epochs, f"epoch {epoch + 1} of {config.epochs}")
        self.progress.losses.append(float(np.mean(losses)))

    def _step(self, inputs_BL: np.ndarray, targets_BL: np.ndarray) -> float:
        inputs = torch.from_numpy(inputs_BL).to(self.device)
        targets = torch.from_numpy(targets_BL).to(self.device)
        inside = targets > 0
        states_ND = self.network.states_BLD(inputs)[inside]
        loss = self._loss(states_ND, targets[inside] - 1)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimizer.step()
        return float(loss.detach())

    def _loss(self, states_ND: torch.Tensor, targets_N: torch.Tensor) -> torch.Tensor:
        network, negatives = self.network, self.config.negatives
        if not 0 < negatives < len(network.bias_I):
            return full_softmax(states_ND, network.item_embedding_ID, network.bias_I, targets_N)
        negatives_K = torch.multinomial(self.q_I.cpu(), negatives, replacement=True).to(self.device)
        return sampled_softmax(
            states_ND, network.item_embedding_ID, network.bias_I, targets_N, negatives_K, self.q_I.log()
        )

    def _set_rate(self, share: float) -> None:
        warm = min(share / WARM_UP_SHARE, 1.0)
        cosine = FINAL_SHARE + (1 - FINAL_SHARE) * 0.5 * (1 + math.cos(math.pi * min(share, 1.0)))
        for group in self.optimizer.param_groups:
            group["lr"] = self.config.learning_rate * max(warm, 0.01) * cosine

    def _judge(self, validate: Validate | None, report: Report) -> None:
        progress = self.progress
        if validate is None:
            return
        value = validate()
        report(progress.epoch / self.config.epochs, f"epoch {progress.epoch}: validation NDCG@10 {value:.4f}")
        if value > progress.best:
            progress.best, progress.best_epoch = value, progress.epoch
            self.best_state = {name: tensor.clone() for name, tensor in self.network.state_dict().items()}

    def _stale(self) -> bool:
        return bool(self.best_state) and self.progress.epoch - self.progress.best_epoch >= self.config.patience

    def _save(self) -> None:
        if self.checkpoint is None:
            return
        tensors = {f"network.{name}": tensor for name, tensor in self.network.state_dict().items()}
        tensors |= {f"best.{name}": tensor for name, tensor in self.best_state.items()}
        for number, state in self.optimizer.state_dict()["state"].items():
            tensors |= {f"optimizer.{number}.{name}": value for name, value in state.items()}
        self.checkpoint.save(tensors, vars(self.progress))

    def _resume(self) -> None:
        saved = self.checkpoint.load() if self.checkpoint else None
        if saved is None:
            return
        tensors, state = saved
        self.progress = Progress(**state)
        self.network.load_state_dict(_below(tensors, "network."))
        self.best_state = _below(tensors, "best.")
        optimizer = self.optimizer.state_dict()
        moments: dict[int, dict[str, Any]] = {}
        for name, tensor in _below(tensors, "optimizer.").items():
            number, _, key = name.partition(".")
            moments.setdefault(int(number), {})[key] = tensor
        self.optimizer.load_state_dict({"state": moments, "param_groups": optimizer["param_groups"]})


def _below(tensors: dict[str, torch.Tensor], prefix: str) -> dict[str, torch.Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}
