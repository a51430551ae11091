"""The ranker's network in plain numpy: one hidden layer, read-only, so that threads may share it.

logit(c) = w · gelu(standardised features(c) @ W + b)
p(c) = coverage · softmax over the candidates of (logit / temperature)
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

CLIP = 6.0  # standard deviations
GELU = np.float32(np.sqrt(2 / np.pi))
LARGEST = np.float32(80.0)  # exponent of float32


@dataclass(frozen=True)
class RankerNetwork:
    """Weights for F features and H hidden units."""

    mean_F: np.ndarray
    scale_F: np.ndarray  # 0 for a feature that never varied
    hidden_FH: np.ndarray
    bias_H: np.ndarray
    output_H: np.ndarray
    calibration: np.ndarray  # float32 (2,): temperature, and coverage: how often what comes next is a candidate

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> Self:
        """The network that `arrays` came from."""
        return cls(**arrays)

    def arrays(self) -> dict[str, np.ndarray]:
        """Everything learned."""
        return dict(vars(self))

    def calibrated(self, temperature: float, coverage: float) -> Self:
        """The same order with other probabilities."""
        return replace(self, calibration=np.array([temperature, coverage], np.float32))

    def standardised(self, features_BCF: np.ndarray) -> np.ndarray:
        """What the hidden layer reads."""
        return np.clip((features_BCF - self.mean_F) * self.scale_F, -CLIP, CLIP)

    def logits(self, features_BCF: np.ndarray) -> np.ndarray:
        """float32 (B, C)."""
        hidden = self.standardised(features_BCF) @ self.hidden_FH + self.bias_H
        logits_BC: np.ndarray = gelu(hidden) @ self.output_H
        return logits_BC

    def probabilities(self, logits_BC: np.ndarray, present_BC: np.ndarray) -> np.ndarray:
        """float32 (B, C): that this item comes next; 0 where there is no candidate."""
        temperature, coverage = self.calibration
        return coverage * masked_softmax(logits_BC / temperature, present_BC)


def gelu(values: np.ndarray) -> np.ndarray:
    """The tanh form of Hendrycks and Gimpel (2016), as v / (1 + exp(−2y)) for v · (1 + tanh(y)) / 2: in place, and an
    exponential costs less than a tangent."""
    gated = values * values
    gated *= np.float32(-2 * 0.044715) * GELU
    gated -= np.float32(2) * GELU
    gated *= values
    np.exp(np.minimum(gated, LARGEST, out=gated), out=gated)
    gated += 1.0
    return np.divide(values, gated, out=gated)


def masked_softmax(logits_BC: np.ndarray, present_BC: np.ndarray) -> np.ndarray:
    """Softmax over the present ones of each row; zero elsewhere."""
    if not logits_BC.shape[1]:
        return logits_BC
    masked_BC = np.where(present_BC, logits_BC, -np.inf)
    best_B1 = masked_BC.max(axis=1, keepdims=True)
    shares_BC = np.exp(masked_BC - np.where(np.isneginf(best_B1), 0.0, best_B1))
    return np.asarray(shares_BC / np.maximum(shares_BC.sum(axis=1, keepdims=True), 1e-30), np.float32)
