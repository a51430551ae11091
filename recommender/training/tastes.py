"""What visitors do how much and when, and of which categories: what segments must not, and what they should, tell."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from sklearn.metrics import adjusted_mutual_info_score

from recommender.data.dataset import Dataset
from recommender.interests.attention import attention, occurrences, touched
from recommender.interests.describe import categories_of

MOST_CATEGORIES = 50  # the commonest; a regression on more takes longer than it tells
FEWEST_CATEGORIES = 3
BINS = 5  # quantiles of interactions and of recency
MOST_MEASURED = 50_000  # visitors
SECONDS_PER_MONTH = 365.25 / 12 * 86_400


@dataclass(frozen=True)
class Activity:
    """A visitor's number of interactions, and when, in seconds: their mean and the last."""

    interactions_V: np.ndarray
    mean_V: np.ndarray
    last_V: np.ndarray

    @property
    def volume(self) -> np.ndarray:
        """float64 (V, 2): log of the number of interactions, and its square."""
        logs_V = np.log(np.maximum(self.interactions_V, 1))
        return np.stack([logs_V, (logs_V - logs_V.mean()) ** 2], axis=1)

    @property
    def volume_and_time(self) -> np.ndarray:
        """float64 (V, 4). Only beside tastes: without them a season's interest looks like its time."""
        return np.column_stack([self.volume, self.mean_V - self.mean_V.mean(), self.last_V - self.last_V.mean()])


def activity_of(dataset: Dataset) -> Activity:
    histories = dataset.histories
    counts_V = histories.lengths_B
    sums_V = np.bincount(histories.rows_N, histories.seconds_N, minlength=len(histories))
    return Activity(counts_V, sums_V / np.maximum(counts_V, 1), histories.seconds_N[histories.starts_B1[1:] - 1])


def tastes_of(dataset: Dataset) -> sparse.csr_array | None:
    """float64 (V, C): each visitor's items by category, as shares; None where too few categories are known."""
    if dataset.catalog is None:
        return None
    labels, has_IC = occurrences(categories_of(dataset.catalog))
    if len(labels) < FEWEST_CATEGORIES:
        return None
    commonest = np.argsort(-np.asarray(has_IC.sum(axis=0)).ravel(), kind="stable")[:MOST_CATEGORIES]
    counts_VI = dataset.histories.matrix_BI(dataset.items, np.ones(len(dataset.histories.items_N)))
    return sparse.csr_array(attention(touched(counts_VI)) @ has_IC[:, np.sort(commonest)])


def told_by(segment_V: np.ndarray, activity: Activity, tastes_VC: sparse.csr_array | None) -> dict[str, float]:
    """How much a visitor's segment tells of activity and of taste: adjusted mutual information (Vinh, Epps and Bailey
    2010; 0: nothing, 1: all) with the number of interactions and the recency in fifths, the month, and the strongest
    category."""
    step = max(len(segment_V) // MOST_MEASURED, 1)
    facts = {
        "interactions": _fifths(activity.interactions_V),
        "recency": _fifths(activity.last_V),
        "month": (activity.mean_V // SECONDS_PER_MONTH).astype(np.int64) % 12,
    }
    if tastes_VC is not None:
        facts["category"] = np.asarray(tastes_VC.argmax(axis=1)).ravel()
    return {
        name: round(float(adjusted_mutual_info_score(segment_V[::step], values_V[::step])), 4)
        for name, values_V in facts.items()
    }


def _fifths(values_V: np.ndarray) -> np.ndarray:
    edges = np.quantile(values_V, np.arange(1, BINS) / BINS)
    return np.searchsorted(edges, values_V, side="right")
