"""What an item of a slate is expected to bring, for the doubly robust estimate: a straight line over its score.

Simple on purpose: a wrong model costs width, no truth. Each half of the units is predicted by what the other half
brought, so that no slate mends a model that has learnt of it (cross-fitting, Chernozhukov et al. 2018).
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class RewardModel:
    """Intercepts and slopes (2, K): of each half of the units and each place. half_N: which half a slate is of."""

    intercept_HK: np.ndarray
    slope_HK: np.ndarray
    half_N: np.ndarray

    def of(self, score_NK: np.ndarray) -> np.ndarray:
        """Expected reward of items of these scores in each place of each slate (N, K); NaN stays NaN."""
        reward_NK: np.ndarray = self.intercept_HK[self.half_N] + self.slope_HK[self.half_N] * score_NK
        return reward_NK


def fit_rewards(reward_NK: np.ndarray, score_NK: np.ndarray, unit_N: np.ndarray) -> RewardModel:
    """Least squares place by place; `unit_N` are whole numbers. NaN beyond the end of a slate."""
    half_N = unit_N % 2
    lines = [_lines(reward_NK[half_N != half], score_NK[half_N != half]) for half in (0, 1)]
    lines_HK2 = np.array(lines)
    return RewardModel(lines_HK2[..., 0], lines_HK2[..., 1], half_N)


def _lines(reward_NK: np.ndarray, score_NK: np.ndarray) -> list[tuple[float, float]]:
    return [_line(reward_NK[:, place], score_NK[:, place]) for place in range(reward_NK.shape[1])]


def _line(reward_N: np.ndarray, score_N: np.ndarray) -> tuple[float, float]:
    here_N = ~np.isnan(reward_N)
    if not here_N.any():
        return 0.0, 0.0
    reward_N, score_N = reward_N[here_N], score_N[here_N]
    spread = float(score_N.var())
    slope = float(((score_N - score_N.mean()) * reward_N).mean()) / spread if spread > 0 else 0.0
    return float(reward_N.mean()) - slope * float(score_N.mean()), slope
