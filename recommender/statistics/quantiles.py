"""What scipy.special knows of distributions. It takes 26 MB, so it is imported when it is asked: every web process
imports this package for its pages, and those that answer shops never ask."""

import numpy as np


def normal_quantile(share: float) -> float:
    """The point below which this share of a standard normal lies."""
    from scipy.special import ndtri

    return float(ndtri(share))


def chi_squared_above(degrees: int, value: float) -> float:
    """The share of a chi-squared distribution that lies above the value."""
    from scipy.special import chdtrc

    return float(chdtrc(degrees, value))


def binomial_up_to(successes: int, count: int) -> float:
    """The chance of at most so many successes, where each of `count` is as likely as not."""
    from scipy.special import bdtr

    return float(bdtr(successes, count, 0.5))


def beta_quantile(share: float, ones: np.ndarray, zeros: np.ndarray) -> np.ndarray:
    """The points below which this share of beta distributions lies."""
    from scipy.special import betaincinv

    return np.asarray(betaincinv(ones, zeros, share))


def beta_below(value: np.ndarray, ones: np.ndarray, zeros: np.ndarray) -> np.ndarray:
    """The share of beta distributions that lies below the values."""
    from scipy.special import betainc

    return np.asarray(betainc(ones, zeros, value))


def log_beta(ones: np.ndarray, zeros: np.ndarray) -> np.ndarray:
    """The logarithm of the beta function."""
    from scipy.special import betaln

    return np.asarray(betaln(ones, zeros))
