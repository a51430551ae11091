"""The one trainer of all encoders: AdamW, warm-up then cosine, early stopping, checkpoints, several processes."""

import math
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from recommender.data.histories import Histories
from recommender.errors import LibraryError
from recommender.models.base import Report, silent
from recommender.models.early_stopping import EarlyStopping, Progress
from recommender.models.encoders.batches import Batch, TrainingData
from recommender.models.encoders.checkpoint import Checkpoint
from recommender.models.encoders.config import EncoderConfig
from recommender.models.encoders.loss import full_softmax, sampled_softmax
from recommender.models.encoders.network import EncoderNetwork
from recommender.models.encoders.optimizer import Optimizer
from recommender.models.encoders.precision import product_dtype
from recommender.models.encoders.processes import Processes
from recommender.tensors import below

WARM_UP_SHARE, FINAL_SHARE = 0.05, 0.02
Validate = Callable[[], float]  # higher is better


class Trainer:
    """Trains a network in place. The random order of an epoch follows from (seed, epoch), so a resumed training ends
    with the same weights as an undisturbed one."""

    def __init__(
        self, network: EncoderNetwork, config: EncoderConfig, device: torch.device, checkpoint: Checkpoint | None
    ) -> None:
        self.network, self.config, self.device, self.checkpoint = network, config, device, checkpoint
        self.dtype = product_dtype(config.precision, device)
        self.processes = Processes()
        self.stopping = EarlyStopping(network, config.patience)

    @property
    def progress(self) -> Progress:
        return self.stopping.progress

    def train(self, histories: Histories, report: Report, validate: Validate | None = None) -> Progress:
        """The config's passes, or fewer where `validate` stops improving; then the network is the best one seen."""
        self.data = TrainingData(histories, len(self.network.bias_I), self.config, self.network.input_names)
        if not len(self.data):
            return self.progress
        self.optimizer = Optimizer(self.network, self.config, by_rows=self.data.is_sampled)
        self.log_q_I = torch.from_numpy(np.log(self.data.chances_I).astype(np.float32)).to(self.device)
        self._resume()
        report = report if self.processes.is_first else silent
        while self.progress.epoch < self.config.epochs and not self.stopping.stale:
            self._epoch(report)
            self.progress.epoch += 1
            self._judge(validate, report)
            self._save()
        self.stopping.restore_best()
        return self.progress

    def _epoch(self, report: Report) -> None:
        self.network.train()
        epoch, epochs = self.progress.epoch, self.config.epochs
        torch.manual_seed(self.config.seed * 1_000_003 + epoch + self.processes.number * 7919)
        draws = self.data.epoch(epoch)
        losses = []
        for step, draw in enumerate(draws):
            self.optimizer.set_rate(self._rate((epoch + step / len(draws)) / epochs))
            losses.append(self._step(self.data.batch(draw)))
            report((epoch + (step + 1) / len(draws)) / epochs, f"epoch {epoch + 1} of {epochs}")
        self.progress.losses.append(float(torch.stack(losses).mean()))
        if not math.isfinite(self.progress.losses[-1]):
            raise LibraryError("encoder: the training diverged, its loss is no number; lower encoder.learning_rate")

    def _step(self, batch: Batch) -> Tensor:
        """One update; the mean loss per target before it (of this process's share)."""
        items_U = batch.items() if self.data.is_sampled else None
        own = batch.take(self.processes.share(np.arange(len(batch.targets_BL))))
        self.optimizer.clear()
        rows_U = None if items_U is None else self._tensor(items_U)
        table_UD = self.optimizer.table(rows_U)
        loss = self._loss(own if items_U is None else own.within(items_U), rows_U, table_UD) / batch.targets
        loss.backward()
        self.processes.add_up(self.optimizer.gradients())
        self.optimizer.step(rows_U)
        return loss.detach()

    def _loss(self, batch: Batch, rows_U: Tensor | None, table_UD: Tensor) -> Tensor:
        """Summed over the targets."""
        targets_BL = self._tensor(batch.targets_BL)
        inside_BL = targets_BL > 0
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self._mixes()):
            states_BLD = self.network.states_BLD(table_UD, *(self._tensor(values) for values in batch.inputs))
        states_ND, targets_N = states_BLD[inside_BL].float(), targets_BL[inside_BL] - 1
        if rows_U is None:
            return full_softmax(states_ND, table_UD, self.network.bias_I, targets_N, self.dtype)
        offset_U = self.network.bias_I[rows_U] - self.log_q_I[rows_U]
        negatives_K = self._tensor(batch.negatives_K)
        return sampled_softmax(states_ND, table_UD, offset_U, targets_N, negatives_K, self.dtype)

    def _mixes(self) -> bool:
        """On a CPU only the softmax is worth it: the body is a tenth of the work."""
        return self.dtype != torch.float32 and self.device.type == "cuda"

    def _tensor(self, values: np.ndarray) -> Tensor:
        return torch.from_numpy(values).to(self.device)

    def _rate(self, share: float) -> float:
        warm = min(share / WARM_UP_SHARE, 1.0)
        cosine = FINAL_SHARE + (1 - FINAL_SHARE) * 0.5 * (1 + math.cos(math.pi * min(share, 1.0)))
        return self.config.learning_rate * max(warm, 0.01) * cosine

    def _judge(self, validate: Validate | None, report: Report) -> None:
        progress = self.progress
        if validate is None:
            return
        value = self.processes.agree(validate(), self.device)
        report(progress.epoch / self.config.epochs, f"epoch {progress.epoch}: validation NDCG@10 {value:.4f}")
        self.stopping.judge(value)

    def _save(self) -> None:
        if self.checkpoint is None or not self.processes.is_first:
            return
        parts = {
            "network": self.network.state_dict(),
            "best": self.stopping.state,
            "optimizer": self.optimizer.tensors(),
        }
        tensors = {f"{part}.{name}": tensor for part, held in parts.items() for name, tensor in held.items()}
        self.checkpoint.save(tensors, vars(self.progress))

    def _resume(self) -> None:
        saved = self.checkpoint.load() if self.checkpoint else None
        if saved is None:
            return
        tensors, state = saved
        self.stopping.resume(state, below(tensors, "best."))
        self.network.load_state_dict(below(tensors, "network."))
        self.optimizer.load(below(tensors, "optimizer."))
