"""Temperature and coverage: so that the ranker's probabilities come true (Guo et al. 2017)."""

import numpy as np

from recommender.ranking.network import masked_softmax

TEMPERATURES = np.exp(np.linspace(np.log(0.4), np.log(4.0), 47))
BINS = 15


def fit_calibration(logits_BC: np.ndarray, target_B: np.ndarray) -> tuple[float, float, float]:
    """Temperature by likelihood, coverage, and the expected calibration error that is left. `logits_BC` of networks
    that did not learn from these visitors, −inf where there is no candidate; `target_B`: columns, −1 for a miss."""
    hits = np.flatnonzero(target_B >= 0)
    coverage = len(hits) / max(len(target_B), 1)
    logits_HC, target_H = logits_BC[hits], target_B[hits]
    present_HC = np.isfinite(logits_HC)
    losses = [_loss(masked_softmax(logits_HC / heat, present_HC), target_H) for heat in TEMPERATURES]
    temperature = float(TEMPERATURES[int(np.argmin(losses))])
    shares_HC = masked_softmax(logits_HC / temperature, present_HC)
    return temperature, coverage, calibration_error(shares_HC, target_H)


def calibration_error(shares_BC: np.ndarray, target_B: np.ndarray) -> float:
    """Expected calibration error of the first place: |share − how often it is right|, over bins of equally many."""
    first_B = shares_BC.argmax(axis=1)
    sure_B, right_B = shares_BC.max(axis=1), first_B == target_B
    order = np.argsort(sure_B, kind="stable")
    bins = np.array_split(order, min(BINS, max(len(order), 1)))
    return float(sum(abs(sure_B[b].sum() - right_B[b].sum()) for b in bins) / max(len(order), 1))


def _loss(shares_BC: np.ndarray, target_B: np.ndarray) -> float:
    own_B = shares_BC[np.arange(len(target_B)), target_B]
    return float(-np.log(np.maximum(own_B, 1e-30)).mean())
