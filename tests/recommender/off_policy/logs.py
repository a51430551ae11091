"""Logs whose truth is known."""

import numpy as np

from recommender.off_policy import PolicyLog

RATES_A = np.array([0.02, 0.05, 0.10, 0.30])


def log_of(seed, count, logging, judged, rates=RATES_A):
    """`count` decisions of the logging policy; the model knows the rates only roughly."""
    rng = np.random.default_rng(seed)
    logging_A, judged_A = np.asarray(logging, float), np.asarray(judged, float)
    action_N = rng.choice(len(rates), size=count, p=logging_A)
    return PolicyLog(
        action_N=action_N,
        reward_N=(rng.random(count) < rates[action_N]).astype(float),
        pscore_N=logging_A[action_N],
        pi_e_NA=np.tile(judged_A, (count, 1)),
        q_hat_NA=np.tile(rates * 1.5 + 0.02, (count, 1)),
    )
