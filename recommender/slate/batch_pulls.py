"""Pulls toward a mix of groups, as in `terms`, for many slates at once. Shapes as in `batch`.

by_group(count_N): what each group adds (N, G) to slates that hold so many; flat_NC: where each candidate's group stands
among all groups of all slates.
"""

import numpy as np

from recommender.slate import terms
from recommender.slate.batch import SlateBatch
from recommender.slate.knobs import Knobs


class _CategoryRows:
    """terms.CategoryPull of N slates."""

    def __init__(self, batch: SlateBatch, knob: float) -> None:
        self._codes_NC = batch.categories_NC
        ratio = (1.0 - terms.SMOOTHING) / terms.SMOOTHING
        self._ratio_NG = ratio / np.where(batch.shares_NG > 0, batch.shares_NG, 1.0)
        self._weight_NG = knob * terms.CALIBRATION_WEIGHT * batch.shares_NG
        self._held_NG = np.zeros_like(self._ratio_NG)
        self.flat_NC = _flat(self._codes_NC, self._held_NG)

    def add(self, rows: np.ndarray, index_M: np.ndarray) -> None:
        codes_M = self._codes_NC[rows, index_M]
        self._held_NG[rows, codes_M] += self._ratio_NG[rows, codes_M]

    def by_group(self, count_N: np.ndarray) -> np.ndarray:
        count_N1 = count_N[:, None] + 1.0
        gains_NG: np.ndarray = count_N1 * self._weight_NG * np.log1p(self._ratio_NG / (self._held_NG + count_N1))
        return gains_NG


class _GroupRows:
    """terms.GroupPull of N slates."""

    def __init__(self, groups_NC: np.ndarray, targets: dict[int, float], knob: float) -> None:
        named, codes = np.unique(groups_NC, return_inverse=True)
        self._codes_NC = codes.reshape(groups_NC.shape)
        self._counts_NG = np.zeros((len(groups_NC), len(named)))
        self._share_NG = np.zeros_like(self._counts_NG)
        if targets:
            self._share_NG[:] = [targets.get(int(group), 0.0) for group in named]
        else:
            np.put_along_axis(self._share_NG, self._codes_NC, 1.0, axis=1)
            self._share_NG[:, named <= 0] = 0.0
            self._share_NG /= np.maximum(self._share_NG.sum(axis=1, keepdims=True), 1.0)
        self._weight = knob * terms.FAIRNESS_WEIGHT
        self.flat_NC = _flat(self._codes_NC, self._counts_NG)

    def add(self, rows: np.ndarray, index_M: np.ndarray) -> None:
        self._counts_NG[rows, self._codes_NC[rows, index_M]] += 1.0

    def by_group(self, count_N: np.ndarray) -> np.ndarray:
        lacking_NG = (count_N[:, None] + 1.0) * self._share_NG - self._counts_NG
        gains_NG: np.ndarray = self._weight * np.clip(lacking_NG, -1.0, 1.0)
        return gains_NG


def _flat(codes_NC: np.ndarray, of_NG: np.ndarray) -> np.ndarray:
    flat_NC: np.ndarray = codes_NC + np.arange(len(of_NG))[:, None] * of_NG.shape[1]
    return flat_NC


def pulls_of(
    batch: SlateBatch, knobs: Knobs, fairness_NC: np.ndarray | None, targets: dict[int, float]
) -> list[_CategoryRows | _GroupRows]:
    """What calibration and fairness add to the scores. `fairness_NC`, `targets`: as in `BatchRules`."""
    pulls: list[_CategoryRows | _GroupRows] = []
    if knobs.calibration and batch.shares_NG.any():
        pulls.append(_CategoryRows(batch, knobs.calibration))
    if knobs.fairness and fairness_NC is not None:
        pulls.append(_GroupRows(fairness_NC, targets, knobs.fairness))
    return pulls
