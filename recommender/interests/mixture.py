"""Soft membership in the components of a Gaussian mixture. Numpy alone: web processes run this."""

import numpy as np


def memberships(
    x_NP: np.ndarray, weights_K: np.ndarray, means_KP: np.ndarray, precisions_cholesky_KPP: np.ndarray
) -> np.ndarray:
    """float64 (N, K): the probability of each component for each point; rows add up to one.

    `precisions_cholesky_KPP[k]` is upper triangular with U @ U.T the inverse of the covariance, as scikit-learn has it.
    """
    logs_NK = log_densities(x_NP, means_KP, precisions_cholesky_KPP) + np.log(weights_K)
    odds_NK = np.exp(logs_NK - logs_NK.max(axis=1, keepdims=True))
    return odds_NK / odds_NK.sum(axis=1, keepdims=True)


def log_densities(x_NP: np.ndarray, means_KP: np.ndarray, precisions_cholesky_KPP: np.ndarray) -> np.ndarray:
    """float64 (N, K): the log of each component's Gaussian density at each point."""
    x_NP = np.asarray(x_NP, np.float64)
    logs_NK = np.empty((len(x_NP), len(means_KP)))
    for k, (mean_P, cholesky_PP) in enumerate(zip(means_KP, precisions_cholesky_KPP, strict=True)):
        distance_N = (((x_NP - mean_P) @ cholesky_PP) ** 2).sum(axis=1)
        logs_NK[:, k] = np.log(np.diagonal(cholesky_PP)).sum() - 0.5 * distance_N
    return logs_NK - 0.5 * x_NP.shape[1] * np.log(2 * np.pi)
