"""Softmax over items, shared by training and serving."""

import numpy as np

from recommender.data.histories import Histories
from recommender.models.base import mask_seen


def softmax_probabilities(scores_BI: np.ndarray, histories: Histories, *, exclude_seen: bool) -> np.ndarray:
    """float32 (B, I). A row without history is all zero: an encoder that has read nothing knows nothing. So is a row in
    which everything was seen."""
    if exclude_seen:
        mask_seen(scores_BI, histories, -np.inf)
    best_B1 = scores_BI.max(axis=1, keepdims=True)
    best_B1[np.isneginf(best_B1)] = 0.0
    scores_BI -= best_B1
    np.exp(scores_BI, out=scores_BI)
    scores_BI /= np.maximum(scores_BI.sum(axis=1, keepdims=True), np.finfo(np.float32).tiny)
    if not histories.lengths_B.all():
        scores_BI[histories.lengths_B == 0] = 0.0
    return scores_BI
