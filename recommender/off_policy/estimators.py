"""What another policy would have earned, from the log of the one that ran.

Definitions: Dudík et al. 2014 (DM, IPS, DR), Swaminathan & Joachims 2015 (self-normalised), Wang et al. 2017
(Switch-DR), Su et al. 2020 (DRos: optimistic shrinkage; SLOPE). The figures are those of the Open Bandit Pipeline.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from recommender.off_policy.log import PolicyLog

CLIP = 5.0
SWITCH_TAU = 2.0
SHRINK_LAMBDA = 10.0
SLOPE_LAMBDAS = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 1000.0)
_SLOPE_DELTA = 0.05


@dataclass(frozen=True)
class Estimates:
    """Mean reward of the judged policy by several estimators, and how much the log can say.

    They trade bias for variance: ips and dr are unbiased, the others steadier; dm is only as good as its model.
    ess: so many decisions of its own the log is worth. mean_w is 1 where the logging policy could do all that the
    judged one would.
    """

    ips: float
    clipped_ips_lambda5: float
    snips: float
    dm: float
    dr: float
    sndr: float
    switch_dr_tau2: float
    dros_lambda10: float
    dr_slope: float
    dr_slope_lambda: float
    ess: float
    mean_w: float
    max_w: float


def estimate(log: PolicyLog) -> Estimates:
    """All estimates of one log."""
    w_N, reward_N = log.weights_N, log.reward_N
    baseline_N, residual_N = log.baseline_N, log.reward_N - log.predicted_N

    def doubly_robust(weights_N: np.ndarray) -> float:
        return float((baseline_N + weights_N * residual_N).mean())

    slope_lambda = select_by_slope(baseline_N, w_N, residual_N)
    return Estimates(
        ips=float((w_N * reward_N).mean()),
        clipped_ips_lambda5=float((np.minimum(w_N, CLIP) * reward_N).mean()),
        snips=_ratio(w_N @ reward_N, w_N.sum()),
        dm=float(baseline_N.mean()),
        dr=doubly_robust(w_N),
        sndr=float(baseline_N.mean()) + _ratio(w_N @ residual_N, w_N.sum()),
        switch_dr_tau2=doubly_robust(np.where(w_N <= SWITCH_TAU, w_N, 0.0)),
        dros_lambda10=doubly_robust(SHRINK_LAMBDA * w_N / (w_N**2 + SHRINK_LAMBDA)),
        dr_slope=doubly_robust(np.minimum(w_N, slope_lambda)),
        dr_slope_lambda=slope_lambda,
        ess=effective_sample(w_N),
        mean_w=float(w_N.mean()),
        max_w=float(w_N.max()),
    )


def effective_sample(weights_N: np.ndarray) -> float:
    """(Σw)² / Σw²: as many equally weighted decisions would be as informative. 0 where every weight is 0."""
    return _ratio(float(weights_N.sum()) ** 2, float(weights_N @ weights_N))


def select_by_slope(baseline_N: np.ndarray, w_N: np.ndarray, residual_N: np.ndarray) -> float:
    """The clip of DR that SLOPE chooses: the steadiest whose interval still meets those of all less clipped ones."""
    candidates = []
    for clip in SLOPE_LAMBDAS:
        rewards_N = baseline_N + np.minimum(w_N, clip) * residual_N
        deviation = math.sqrt(float(rewards_N.var()) / (len(rewards_N) - 1))
        width = deviation * float(stdtrit(len(rewards_N) - 1, 1.0 - _SLOPE_DELTA))
        candidates.append((width, clip, float(rewards_N.mean())))
    candidates.sort(reverse=True)
    chosen = candidates[0]
    for index, (width, _, value) in enumerate(candidates[1:], start=1):
        wider = candidates[:index]
        if any(abs(value - other) > width + (math.sqrt(6.0) - 1.0) * other_width for other_width, _, other in wider):
            break
        chosen = candidates[index]
    return chosen[1]


def _ratio(above: float, below: float) -> float:
    return float(above / below) if below else 0.0
