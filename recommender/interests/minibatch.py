"""EM of a Gaussian mixture with diagonal covariances for millions of visitors, in torch, a batch at a time.

Two phases from a given start. Stepwise EM (Cappé and Moulines 2009) goes over the visitors in random batches and
moves the sufficient statistics by a falling step after each, so that it has come near after one pass. Then whole passes
of EM, summed over batches, until the mean log likelihood stands still: these are scikit-learn's own steps, so both end
at the same mixture. Memory is one batch of responsibilities, whatever the number of visitors.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

BATCH = 16_384  # visitors: 12 segments × 16 axes of them are 25 MB
STEP_DELAY, STEP_POWER = 2.0, 0.7  # of stepwise EM: (t + delay)^−power
STEPWISE_PASSES = 1
MOST_PASSES = 50
TINY = 10 * np.finfo(np.float64).eps  # as scikit-learn: an empty component divides by it


@dataclass(frozen=True)
class DiagonalMixture:
    """float64 (K,), (K, P), (K, P)."""

    weights_K: np.ndarray
    means_KP: np.ndarray
    variances_KP: np.ndarray


@dataclass(frozen=True)
class _Sums:
    """Responsibilities, and x and x² weighted by them, as means over visitors; and the mean log likelihood."""

    share_K: Tensor
    first_KP: Tensor
    second_KP: Tensor
    log_likelihood: float

    def moved(self, other: "_Sums", step: float) -> "_Sums":
        """A step towards the other."""
        return _Sums(
            torch.lerp(self.share_K, other.share_K, step),
            torch.lerp(self.first_KP, other.first_KP, step),
            torch.lerp(self.second_KP, other.second_KP, step),
            other.log_likelihood,
        )

    def mixture(self, floor: float) -> "_Tensors":
        """The M step."""
        share_K1 = self.share_K[:, None] + TINY
        means_KP = self.first_KP / share_K1
        variances_KP = self.second_KP / share_K1 - means_KP**2 + floor
        return _Tensors(self.share_K / self.share_K.sum(), means_KP, variances_KP.clamp(min=floor))


@dataclass(frozen=True)
class _Tensors:
    weights_K: Tensor
    means_KP: Tensor
    variances_KP: Tensor

    def sums(self, x_NP: Tensor) -> _Sums:
        """The E step of a batch."""
        precisions_KP = 1 / self.variances_KP
        distance_NK = x_NP**2 @ precisions_KP.T - 2 * x_NP @ (self.means_KP * precisions_KP).T
        distance_NK += (self.means_KP**2 * precisions_KP).sum(dim=1)
        constant_K = x_NP.shape[1] * np.log(2 * np.pi) + self.variances_KP.log().sum(dim=1)
        logs_NK = self.weights_K.clamp(min=1e-300).log() - 0.5 * (constant_K + distance_NK)
        total_N = logs_NK.logsumexp(dim=1)
        held_NK = (logs_NK - total_N[:, None]).exp() / len(x_NP)
        return _Sums(held_NK.sum(dim=0), held_NK.T @ x_NP, held_NK.T @ x_NP**2, float(total_N.mean()))


def refine_mixture(
    x_VP: np.ndarray,
    start: DiagonalMixture,
    *,
    floor: float,
    seed: int,
    tolerance: float = 1e-4,
    batch: int = BATCH,
    device: str = "cpu",
) -> DiagonalMixture:
    """The mixture that EM reaches from `start` on all visitors. `floor` is added to each variance (scikit-learn's
    `reg_covar`), `tolerance` is of the mean log likelihood a pass. Deterministic for a seed on a CPU."""
    parts = (start.weights_K, start.means_KP, start.variances_KP)
    mixture = _Tensors(*(torch.as_tensor(np.array(part, np.float64), device=device) for part in parts))
    mixture = _stepwise(x_VP, mixture, floor, np.random.default_rng(seed), batch)
    before = -np.inf
    for _ in range(MOST_PASSES):
        sums = _whole_pass(x_VP, mixture, batch)
        mixture = sums.mixture(floor)
        if abs(sums.log_likelihood - before) < tolerance:
            break
        before = sums.log_likelihood
    return DiagonalMixture(
        *(part.cpu().numpy() for part in (mixture.weights_K, mixture.means_KP, mixture.variances_KP))
    )


def _stepwise(x_VP: np.ndarray, mixture: _Tensors, floor: float, rng: np.random.Generator, batch: int) -> _Tensors:
    sums: _Sums | None = None
    taken = 0
    for _ in range(STEPWISE_PASSES if len(x_VP) > batch else 0):
        for x_NP in _batches(x_VP, rng.permutation(len(x_VP)), batch, mixture.means_KP.device):
            found = mixture.sums(x_NP)
            sums = found if sums is None else sums.moved(found, (taken + STEP_DELAY) ** -STEP_POWER)
            mixture, taken = sums.mixture(floor), taken + 1
    return mixture


def _whole_pass(x_VP: np.ndarray, mixture: _Tensors, batch: int) -> _Sums:
    share_K, first_KP = torch.zeros_like(mixture.weights_K), torch.zeros_like(mixture.means_KP)
    second_KP, log_likelihood = torch.zeros_like(first_KP), 0.0
    for x_NP in _batches(x_VP, np.arange(len(x_VP)), batch, first_KP.device):
        found, part = mixture.sums(x_NP), len(x_NP) / len(x_VP)
        share_K += found.share_K * part
        first_KP += found.first_KP * part
        second_KP += found.second_KP * part
        log_likelihood += found.log_likelihood * part
    return _Sums(share_K, first_KP, second_KP, log_likelihood)


def _batches(x_VP: np.ndarray, order_V: np.ndarray, batch: int, device: torch.device) -> Iterator[Tensor]:
    for begin in range(0, len(order_V), batch):
        rows = order_V[begin : begin + batch]
        yield torch.as_tensor(np.asarray(x_VP[rows], np.float64), device=device)
