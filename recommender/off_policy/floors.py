"""Which floor of exploration would let a log answer: the share of every slot that all candidates have alike."""

import numpy as np

from recommender.off_policy.slates import SlateLog

FLOORS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2)  # that a merchant could set


def floor_that_would_do(
    log: SlateLog, left_NK: np.ndarray, floor_N: np.ndarray, *, slates: float, min_effective: float
) -> float | None:
    """The lowest of FLOORS with which so many slates of the same kind would be worth `min_effective`, about; None if
    none would.

    left_NK: how many candidates each place was drawn from. floor_N: the floor that each slate was served with. With a
    floor f the effective sample is slates / E[w_f] over the slates of the judged policy, w_f = Π judged / logged_f;
    the log tells it where its policy went too, weighted, and of the rest that a place is reached by the floor alone.
    """
    weights_NK, here_NK = log.weights_NK, ~np.isnan(log.reward_NK)
    weight_N = np.take_along_axis(weights_NK, here_NK.sum(axis=1, keepdims=True) - 1, axis=1)[:, 0]
    left_NK = np.where(here_NK, np.maximum(left_NK, 1.0), 1.0)
    unseen, mean_left = max(1.0 - float(weight_N.mean()), 0.0), float(left_NK[here_NK].mean())
    by_choice_NK = np.maximum(log.logged_NK - floor_N[:, None] / left_NK, 0.0) / (1.0 - floor_N[:, None])
    for floor in FLOORS:
        if floor <= float(floor_N.max()):
            continue
        logged_NK = np.where(here_NK, (1.0 - floor) * by_choice_NK + floor / left_NK, 1.0)
        ratio_N = np.where(here_NK, log.judged_NK / logged_NK, 1.0).prod(axis=1)
        expected = float((weight_N * ratio_N).mean()) + unseen * mean_left / floor
        if expected > 0 and slates / expected >= min_effective:
            return floor
    return None
