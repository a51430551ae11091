"""Judged slates as the tables that the estimators read, with what each place brought."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from uuid import UUID

import numpy as np

from dashboard.events.selectors import Outcome
from dashboard.serving.estimates.walked import JudgedSlates
from recommender.off_policy import SlateLog, fit_rewards

METRICS = ("clicks", "purchases", "revenue")


@dataclass(frozen=True, eq=False)
class Tables:
    """N slates of up to K places, NaN beyond the end; columns as in `JudgedSlates`. unit_N: whole numbers."""

    ids: list[UUID]
    unit_N: np.ndarray
    floor_N: np.ndarray
    is_published_N: np.ndarray
    logged_NK: np.ndarray
    judged_NK: np.ndarray
    published_NK: np.ndarray
    score_NK: np.ndarray
    expected_NK: np.ndarray
    left_NK: np.ndarray
    rewards: Mapping[str, np.ndarray]

    def __len__(self) -> int:
        return len(self.ids)

    def of(self, rows: np.ndarray) -> "Tables":
        """Some of the slates."""
        columns = {
            part.name: getattr(self, part.name)[rows] for part in fields(self) if part.name.endswith(("_N", "_NK"))
        }
        rewards = {name: reward_NK[rows] for name, reward_NK in self.rewards.items()}
        return replace(self, ids=[self.ids[row] for row in rows], rewards=rewards, **columns)

    def log(self, metric: str) -> SlateLog:
        """Of the judged policy."""
        if metric not in self._log_of:
            reward_NK = self.rewards[metric]
            model = fit_rewards(reward_NK, self.score_NK, self.unit_N)
            self._log_of[metric] = SlateLog(
                reward_NK,
                self.logged_NK,
                self.judged_NK,
                model.of(self.score_NK),
                model.of(self.expected_NK),
                self.unit_N,
            )
        return self._log_of[metric]

    @cached_property
    def _log_of(self) -> dict[str, SlateLog]:
        return {}

    def today(self, metric: str) -> SlateLog:
        """Of the published policy; its weights are 1 where it served."""
        return replace(self.log(metric), judged_NK=self.published_NK)


def tables_of(parts: Sequence[JudgedSlates], outcomes: Iterable[Outcome]) -> Tables:
    """All parts together, in their order."""
    ids = [slate for part in parts for slate in part.ids]
    places = max((part.logged_NK.shape[1] for part in parts), default=0)
    logged_NK = _padded([part.logged_NK for part in parts], places)
    units = [unit for part in parts for unit in part.units]
    code_of = {unit: code for code, unit in enumerate(sorted(set(units)))}
    return Tables(
        ids=ids,
        unit_N=np.array([code_of[unit] for unit in units], int),
        floor_N=_joined([part.floor_N for part in parts]),
        is_published_N=_joined([part.is_published_N for part in parts]).astype(bool),
        logged_NK=logged_NK,
        judged_NK=np.minimum(_padded([part.judged_NK for part in parts], places), 1.0),
        published_NK=np.minimum(_padded([part.published_NK for part in parts], places), 1.0),
        score_NK=_padded([part.score_NK for part in parts], places),
        expected_NK=_padded([part.expected_NK for part in parts], places),
        left_NK=_padded([part.left_NK for part in parts], places),
        rewards=_rewards(ids, outcomes, ~np.isnan(logged_NK)),
    )


def _rewards(ids: Sequence[UUID], outcomes: Iterable[Outcome], here_NK: np.ndarray) -> dict[str, np.ndarray]:
    row_of = {slate: row for row, slate in enumerate(ids)}
    rewards = {metric: np.where(here_NK, 0.0, np.nan) for metric in METRICS}
    for outcome in outcomes:
        row, place = row_of.get(outcome.recommendation_id), outcome.position - 1
        if row is not None and place < here_NK.shape[1] and here_NK[row, place]:
            rewards["clicks"][row, place] = 1.0
            rewards["purchases"][row, place] = outcome.purchases
            rewards["revenue"][row, place] = outcome.revenue
    return rewards


def _padded(parts: Sequence[np.ndarray], places: int) -> np.ndarray:
    if not parts:
        return np.zeros((0, places))
    wide = [np.pad(part, ((0, 0), (0, places - part.shape[1])), constant_values=np.nan) for part in parts]
    return np.concatenate(wide)


def _joined(parts: Sequence[np.ndarray]) -> np.ndarray:
    return np.concatenate(parts) if parts else np.zeros(0)
