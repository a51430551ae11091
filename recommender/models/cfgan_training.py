"""Trains the generator and the judge of recommender.models.cfgan, to the same weights whether it was stopped or not."""

import hashlib
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from scipy import sparse
from torch import Tensor, nn
from torch.nn import functional

from recommender.models.base import Report
from recommender.models.cfgan import NEVER, CfganConfig
from recommender.models.early_stopping import EarlyStopping, Progress
from recommender.models.encoders.checkpoint import Checkpoint
from recommender.tensors import below

SMOOTH = 0.9  # what the judge is asked to say of the real vector: a judge that is never sure still teaches
START = 0.02  # size of the first weights
SLOPE = 0.2


class Generator(nn.Module):
    """From a visitor's items to the log-odds of any items."""

    def __init__(self, items: int, hidden: int) -> None:
        super().__init__()
        self.A_IH = nn.Parameter(torch.randn(items, hidden) * START * 5)
        self.a_H = nn.Parameter(torch.zeros(hidden))
        self.B_IH = nn.Parameter(torch.randn(items, hidden) * START)
        self.b_I = nn.Parameter(torch.full((items,), -4.0))

    def forward(self, bags: "Bags", columns_C: Tensor) -> Tensor:
        hidden_BH = torch.tanh(bags.sum(self.A_IH) + self.a_H)
        return hidden_BH @ self.B_IH[columns_C].T + self.b_I[columns_C]


class Judge(nn.Module):
    """Log-odds that a masked vector is real, given the visitor's items."""

    def __init__(self, items: int, hidden: int) -> None:
        super().__init__()
        self.vector_IH = nn.Parameter(torch.randn(items, hidden) * START)
        self.visitor_IH = nn.Parameter(torch.randn(items, hidden) * START)
        self.bias_H = nn.Parameter(torch.zeros(hidden))
        self.out = nn.Linear(hidden, 1)

    def forward(self, vector_BC: Tensor, bags: "Bags", columns_C: Tensor) -> Tensor:
        hidden_BH = vector_BC @ self.vector_IH[columns_C] + bags.sum(self.visitor_IH) + self.bias_H
        out_B1: Tensor = self.out(functional.leaky_relu(hidden_BH, SLOPE))
        return out_B1


class Bags:
    """The items of each visitor of a batch, some of them dropped; rows of length one."""

    def __init__(self, rows_BI: sparse.csr_array, kept_N: np.ndarray) -> None:
        row_N = np.repeat(np.arange(rows_BI.shape[0]), np.diff(rows_BI.indptr))[kept_N]
        counts_B = np.bincount(row_N, minlength=rows_BI.shape[0])
        self.items_N = torch.from_numpy(rows_BI.indices[kept_N].astype(np.int64))
        self.starts_B = torch.from_numpy(np.concatenate([[0], np.cumsum(counts_B)[:-1]]))
        self.weights_N = torch.from_numpy((1 / np.sqrt(np.maximum(counts_B, 1)))[row_N].astype(np.float32))

    def sum(self, table_IH: Tensor) -> Tensor:
        """float32 (B, H)."""
        return functional.embedding_bag(
            self.items_N, table_IH, self.starts_B, mode="sum", per_sample_weights=self.weights_N
        )


class CfganTrainer:
    """`rows_VI` holds a one for each item of a visitor."""

    def __init__(self, config: CfganConfig, rows_VI: sparse.csr_array, checkpoint: Path | None) -> None:
        self.config, self.rows_VI = config, rows_VI[np.flatnonzero(np.diff(rows_VI.indptr))]
        torch.manual_seed(config.seed)
        items = rows_VI.shape[1]
        self.known_I = np.bincount(rows_VI.indices, minlength=items) > 0
        self.generator, self.judge = Generator(items, config.hidden), Judge(items, config.judge_hidden)
        self._networks: dict[str, nn.Module] = {"generator": self.generator, "judge": self.judge}
        self.optimizers = {
            name: torch.optim.AdamW(network.parameters(), config.learning_rate, weight_decay=config.weight_decay)
            for name, network in self._networks.items()
        }
        self.stopping = EarlyStopping(self.generator, config.patience)
        self.checkpoint = None if checkpoint is None else Checkpoint(checkpoint, self._fingerprint())

    def train(self, epochs: int, report: Report, validate: Callable[[], float] | None) -> int:
        """`epochs` passes, or fewer where `validate` stops improving; the number of the pass that is kept."""
        self._resume()
        while self.progress.epoch < epochs and not self.stopping.stale:
            self._epoch()
            self.progress.epoch += 1
            report(self.progress.epoch / epochs, f"pass {self.progress.epoch} of {epochs}")
            if validate is not None:
                self.stopping.judge(validate())
            self._save()
        self.stopping.restore_best()
        return self.progress.best_epoch or self.progress.epoch

    @property
    def progress(self) -> Progress:
        return self.stopping.progress

    def generator_arrays(self) -> dict[str, np.ndarray]:
        """The generator as plain arrays; nothing is claimed of items that nobody chose."""
        arrays = {name: tensor.detach().numpy().copy() for name, tensor in self.generator.state_dict().items()}
        for name in ("A_IH", "B_IH"):
            arrays[name][~self.known_I] = 0.0
        arrays["b_I"][~self.known_I] = NEVER
        return arrays

    def _epoch(self) -> None:
        config, visitors = self.config, self.rows_VI.shape[0]
        rng = np.random.default_rng([config.seed, self.progress.epoch])
        losses = [
            self._step(self.rows_VI[rows], rng)
            for rows in np.array_split(rng.permutation(visitors), max(visitors // config.batch_visitors, 1))
        ]
        self.progress.losses.append(float(np.mean(losses)))

    def _step(self, rows_BI: sparse.csr_array, rng: np.random.Generator) -> float:
        """One update of the judge, then one of the generator; the generator's loss."""
        others = rng.choice(
            np.flatnonzero(self.known_I), min(self.config.others, int(self.known_I.sum())), replace=False
        )
        columns = np.union1d(rows_BI.indices, others)
        real_BC = torch.from_numpy(rows_BI[:, columns].toarray())
        mask_BC = torch.maximum(real_BC, torch.from_numpy(np.isin(columns, others).astype(np.float32)))
        bags = Bags(rows_BI, rng.random(rows_BI.nnz) >= self.config.dropout)
        columns_C = torch.from_numpy(columns.astype(np.int64))
        made_BC = torch.sigmoid(self.generator(bags, columns_C))
        if self.config.adversarial_weight:
            self._teach_judge(real_BC, (made_BC * mask_BC).detach(), bags, columns_C)
        loss = self._loss(made_BC, real_BC, mask_BC, bags, columns_C)
        self._update("generator", loss)
        return float(loss.detach())

    def _loss(self, made_BC: Tensor, real_BC: Tensor, mask_BC: Tensor, bags: Bags, columns_C: Tensor) -> Tensor:
        """The generator's: others near zero, the visitor's near one, and the judge convinced."""
        loss = (made_BC**2 * (mask_BC - real_BC)).sum() / len(real_BC)
        loss = loss + self.config.reconstruction_weight * ((1 - made_BC) ** 2 * real_BC).sum() / len(real_BC)
        if not self.config.adversarial_weight:
            return loss
        self.judge.requires_grad_(False)
        passed_B1 = self.judge(made_BC * mask_BC, bags, columns_C)
        self.judge.requires_grad_(True)
        return loss + self.config.adversarial_weight * functional.softplus(-passed_B1).mean()

    def _teach_judge(self, real_BC: Tensor, made_BC: Tensor, bags: Bags, columns_C: Tensor) -> None:
        real_B1, made_B1 = self.judge(real_BC, bags, columns_C), self.judge(made_BC, bags, columns_C)
        told = functional.binary_cross_entropy_with_logits
        self._update("judge", told(real_B1, torch.full_like(real_B1, SMOOTH)) + functional.softplus(made_B1).mean())

    def _update(self, name: str, loss: Tensor) -> None:
        network, optimizer = self._networks[name], self.optimizers[name]
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), self.config.clip)
        optimizer.step()

    def _save(self) -> None:
        if self.checkpoint is None:
            return
        tensors = {**_named("best", self.stopping.state)}
        for name, network in self._networks.items():
            tensors |= _named(name, network.state_dict())
            for place, state in self.optimizers[name].state_dict()["state"].items():
                tensors |= _named(f"{name}-optimizer.{place}", state)
        self.checkpoint.save(tensors, vars(self.progress))

    def _resume(self) -> None:
        saved = self.checkpoint.load() if self.checkpoint else None
        if saved is None:
            return
        tensors, state = saved
        self.stopping.resume(state, below(tensors, "best."))
        for name, network in self._networks.items():
            network.load_state_dict(below(tensors, f"{name}."))
            optimizer = self.optimizers[name].state_dict()
            places = range(len(optimizer["param_groups"][0]["params"]))
            optimizer["state"] = {place: below(tensors, f"{name}-optimizer.{place}.") for place in places}
            self.optimizers[name].load_state_dict(optimizer)

    def _fingerprint(self) -> str:
        digest = hashlib.sha256(repr((asdict(self.config), self.rows_VI.shape)).encode())
        digest.update(self.rows_VI.indices.tobytes())
        digest.update(self.rows_VI.indptr.tobytes())
        return digest.hexdigest()


def _named(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {f"{prefix}.{name}": tensor for name, tensor in tensors.items()}
