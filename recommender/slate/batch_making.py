"""Many slates in the making side by side, position by position, each under the same knobs and with its own candidates.

The sampling step of `recommender.slate.sampling`, without the draw. Shapes as in `batch`.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.special import ndtr

from recommender.slate import terms
from recommender.slate.batch import SlateBatch
from recommender.slate.batch_contenders import NEGLIGIBLE, Contenders
from recommender.slate.batch_pulls import pulls_of
from recommender.slate.knobs import Knobs
from recommender.slate.sampling import EQUAL


@dataclass(frozen=True, eq=False)
class BatchRules:
    """What rules do with the candidates of a batch. lift_NC: added to the scores; kept_NC: what may be shown;
    pins: (position, what may stand there) in the order of the positions. fairness_NC: the group of each item, 0 for
    none, and `targets` {group: share}, empty for equal shares of those that are there."""

    lift_NC: np.ndarray | None = None
    kept_NC: np.ndarray | None = None
    pins: Sequence[tuple[int, np.ndarray]] = ()
    fairness_NC: np.ndarray | None = None
    targets: dict[int, float] = field(default_factory=dict)


Gains = Sequence[tuple[np.ndarray, np.ndarray]]  # what each group adds, and where each candidate's stands among them


@dataclass(frozen=True, eq=False)
class _Contending:
    """Candidates that have a chance: their places among all of all slates, in which slate, and their odds, of which the
    best has ½; the best adjusted score of each slate (0 of one that has nothing left)."""

    places: np.ndarray
    row: np.ndarray
    odds: np.ndarray
    best_N: np.ndarray
    gains: Gains


class SlatesInTheMaking:
    """The state of N slates: what may stand in the next position of each, and what was chosen so far."""

    def __init__(self, batch: SlateBatch, knobs: Knobs, rules: BatchRules) -> None:
        self._batch, self._knobs = batch, knobs
        self.rows_N = np.arange(len(batch))
        self.told_N = np.ones(len(batch), bool)
        self._base_NC = batch.relevance[0].copy()
        self._temperature = terms.MAX_SCALE * math.sqrt(knobs.exploration)
        if knobs.exploration:
            doubts_NC = batch.doubts_under(knobs.explore_max_age_days)
            self._surety_NC = 1.0 / np.maximum(self._temperature * doubts_NC, EQUAL)
        if knobs.novelty:
            self._base_NC += knobs.novelty * terms.NOVELTY_WEIGHT * batch.rarity_NC
        # whole numbers, of which float32 holds every one
        self._near_NC = np.zeros(self._base_NC.shape, np.float32) if knobs.diversity else None
        self._pulls = pulls_of(batch, knobs, rules.fairness_NC, rules.targets)
        self._chosen_NC = np.zeros(self._base_NC.shape, bool)
        self._count_N = np.zeros(len(batch), int)
        self._scores_NC, self._odds_NC = np.empty_like(self._base_NC), np.empty_like(self._base_NC)
        self._contenders: Contenders | None = None
        self._obey(rules)

    def _obey(self, rules: BatchRules) -> None:
        if rules.lift_NC is not None:
            self._base_NC += rules.lift_NC
        if rules.kept_NC is not None:
            self._base_NC[~rules.kept_NC] = -np.inf
        is_left_NC = self._base_NC > -np.inf
        self._left_N = is_left_NC.sum(axis=1)
        self._scores_left_N = (self._batch.scores_NC * is_left_NC).sum(axis=1)
        most = int(self._batch.n_N.max(initial=0))
        self._pin_at_NP = np.full((len(self._batch), most + 1 if rules.pins else 0), -1)
        for position, may_stand_NC in rules.pins:
            self._pin(position, may_stand_NC & (self._base_NC > -np.inf))

    def _pin(self, position: int, may_stand_NC: np.ndarray) -> None:
        """Of every slate the first that may stand there, in the first free position from `position` on."""
        free_NP = self._pin_at_NP < 0
        free_NP[:, :position] = False
        free_NP &= np.arange(free_NP.shape[1]) <= self._batch.n_N[:, None]
        rows = np.flatnonzero(may_stand_NC.any(axis=1) & free_NP.any(axis=1))
        index_M = may_stand_NC[rows].argmax(axis=1)
        self._pin_at_NP[rows, free_NP[rows].argmax(axis=1)] = index_M
        self.choose(rows, index_M)

    def choose(self, rows: np.ndarray, index_M: np.ndarray) -> None:
        """Take an item of each of these slates, and its variants, out of what remains; one that is gone already stays
        counted once."""
        fresh = ~self._chosen_NC[rows, index_M]
        rows, index_M = rows[fresh], index_M[fresh]
        self._chosen_NC[rows, index_M] = True
        self._count_N[rows] += 1
        self._take(rows, index_M)
        if self._near_NC is not None:
            self._come_nearer(rows, self._likeness(rows, index_M))
        for pull in self._pulls:
            pull.add(rows, index_M)

    def _take(self, rows: np.ndarray, index_M: np.ndarray) -> None:
        """Out of what remains; with each item go the other variants of its product."""
        self._remove(rows, index_M)
        groups_NC = self._batch.groups_NC
        group_M = groups_NC[rows, index_M]
        if (group_M > 0).any():
            rows, group_M = rows[group_M > 0], group_M[group_M > 0]
            at, places = np.nonzero(groups_NC[rows] == group_M[:, None])
            self._remove(rows[at], places)

    def _remove(self, rows: np.ndarray, places: np.ndarray) -> None:
        was_left_M = self._base_NC[rows, places] > -np.inf
        scores_M = self._batch.scores_NC[rows, places] * was_left_M
        self._left_N -= np.bincount(rows, was_left_M, len(self._left_N)).astype(int)
        self._scores_left_N -= np.bincount(rows, scores_M, len(self._left_N))
        self._base_NC[rows, places] = -np.inf
        if self._contenders is not None:
            self._contenders.remove(rows, places)

    def _come_nearer(self, rows: np.ndarray, steps_MC: np.ndarray) -> None:
        if self._near_NC is not None and len(rows) == len(self._near_NC):
            self._near_NC += steps_MC
        elif self._near_NC is not None:
            self._near_NC[rows] += steps_MC

    def _likeness(self, rows: np.ndarray, index_M: np.ndarray) -> np.ndarray:
        if self._batch.likeness_NCC is not None:
            likeness_MC: np.ndarray = self._batch.likeness_NCC[rows, index_M]
            return likeness_MC
        if self._batch.vectors_NCV is not None:
            return terms.nearness_of_rows(self._batch.vectors_NCV[rows], index_M)
        is_it_MK = self._batch.shown_NK[rows] == index_M[:, None]
        was_shown_M = is_it_MK.any(axis=1)
        self.told_N[rows[~was_shown_M]] = False
        steps_MC: np.ndarray = self._batch.likeness_NKC[rows, is_it_MK.argmax(axis=1)] * was_shown_M[:, None]
        return steps_MC

    def odds(self, position: int) -> tuple[np.ndarray, np.ndarray]:
        """Chances of all candidates for a position (N, C), 0 where there is nothing to show; and how many are left."""
        scores_NC = self._adjusted()
        best_N = scores_NC.max(axis=1, initial=-np.inf)
        left_N = self._left_N.copy()
        is_alive_N = left_N > 0
        scores_NC -= np.where(is_alive_N, best_N, 0.0)[:, None]
        odds_NC = self._greedy(scores_NC) if self._temperature == 0.0 else self._explored(scores_NC, left_N)
        odds_NC[~is_alive_N] = 0.0
        if self._pin_at_NP.size:
            self._put_pins(odds_NC, position, is_alive_N)
        return odds_NC, left_N

    @property
    def is_drawn(self) -> bool:
        """Whether every position is drawn: neither greedy, nor are there pins."""
        return self._temperature > 0.0 and not self._pin_at_NP.size

    def chances_of(self, index_N: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Chance of these items in the next position, the score that is expected there, and how many are left: what
        `odds` says, worked out only of those candidates that have a chance, and only where `is_drawn`."""
        floor, left_N, found = self._knobs.explore_floor, self._left_N.copy(), self._contending()
        shown = self.rows_N * self._base_NC.shape[1] + index_N
        total_N = np.bincount(found.row, found.odds, len(left_N))
        scores = self._batch.scores_NC.ravel()[found.places]
        safe_N, left_N1 = np.where(left_N > 0, total_N, 1.0), np.maximum(left_N, 1)
        behind_N = self._adjusted_at(shown, self.rows_N, found.gains) - found.best_N
        chance_N = (1.0 - floor) * ndtr(behind_N * self._surety_NC.ravel()[shown]) / safe_N
        expected_N = (1.0 - floor) * np.bincount(found.row, found.odds * scores, len(left_N)) / safe_N
        if floor:
            chance_N += floor * (self._base_NC.ravel()[shown] > -np.inf) / left_N1
            expected_N += floor * self._scores_left_N / left_N1
        return chance_N, expected_N, left_N

    def draw(self, position: int, uniform_N: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """An item for a position of each slate, whether another one would have been better, and whether there is any.
        A uniform number decides, as in `make_slate`."""
        if self.is_drawn:
            return *self._drawn(uniform_N), self._left_N > 0
        if not self._pin_at_NP.size:
            return self._adjusted().argmax(axis=1), np.zeros(len(uniform_N), bool), self._left_N > 0
        odds_NC, _ = self.odds(position)
        sums_NC = odds_NC.cumsum(axis=1)
        index_N = np.minimum((sums_NC <= uniform_N[:, None] * sums_NC[:, -1:]).sum(axis=1), odds_NC.shape[1] - 1)
        is_best_N = self._scores_NC[self.rows_N, index_N] >= -EQUAL  # `odds` has left them behind the best
        return index_N, ~is_best_N & (odds_NC[self.rows_N, index_N] < 1.0), sums_NC[:, -1] > 0

    def _drawn(self, uniform_N: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        floor, found, columns = self._knobs.explore_floor, self._contending(), self._base_NC.shape[1]
        sums, ends_N = (
            np.append(0.0, np.cumsum(found.odds)),
            np.cumsum(np.bincount(found.row, minlength=len(uniform_N))),
        )
        starts_N = np.append(0, ends_N[:-1])
        share_N = np.clip((uniform_N - floor) / max(1.0 - floor, EQUAL), 0.0, 1.0 - EQUAL)
        wanted_N = sums[starts_N] + share_N * (sums[ends_N] - sums[starts_N])
        at_N = np.clip(np.searchsorted(sums[1:], wanted_N, side="right"), starts_N, np.maximum(ends_N - 1, starts_N))
        index_N = np.append(found.places, 0)[at_N] % columns  # 0 where nothing is left
        for row in np.flatnonzero((uniform_N < floor) & (self._left_N > 0)).tolist():
            open_C = np.flatnonzero(self._base_NC[row] > -np.inf)
            index_N[row] = open_C[int(uniform_N[row] / floor * len(open_C))]
        adjusted_N = self._adjusted_at(self.rows_N * columns + index_N, self.rows_N, found.gains)
        return index_N, adjusted_N < found.best_N - EQUAL

    def _contending(self) -> _Contending:
        if self._contenders is None:
            self._contenders = Contenders(self._base_NC, self._surety_NC)
        gains = [(pull.by_group(self._count_N), pull.flat_NC) for pull in self._pulls]
        weight_N, columns = self._likeness_weight_N, self._base_NC.shape[1]
        places = self._contenders.found(self._near_NC, weight_N, gains)
        row, best_N = places // columns, np.zeros(len(self._left_N))
        adjusted, first = self._adjusted_at(places, row, gains), np.flatnonzero(np.diff(row, prepend=-1))
        if len(first):
            best_N[row[first]] = np.maximum.reduceat(adjusted, first)
        odds = ndtr((adjusted - best_N[row]) * self._surety_NC.ravel()[places])
        return _Contending(places, row, odds, best_N, gains)

    def _adjusted_at(self, places: np.ndarray, row: np.ndarray, gains: Gains) -> np.ndarray:
        """Adjusted scores of some places among all of all slates, which stand in these rows."""
        adjusted: np.ndarray = self._base_NC.ravel()[places]
        if self._near_NC is not None:
            adjusted += self._near_NC.ravel()[places] * self._likeness_weight_N[row]
        for gains_NG, flat_NC in gains:
            adjusted += gains_NG.ravel()[flat_NC.ravel()[places]]
        return adjusted

    @property
    def _likeness_weight_N(self) -> np.ndarray:
        """What a step of likeness to what is chosen adds to a score."""
        weight = self._knobs.diversity * terms.DIVERSITY_WEIGHT / terms.NEARNESS_STEPS
        return -weight / np.maximum(self._count_N, 1)

    def _adjusted(self) -> np.ndarray:
        scores_NC = self._scores_NC
        if self._near_NC is None:
            scores_NC[:] = self._base_NC
        else:
            np.multiply(self._near_NC, self._likeness_weight_N[:, None], out=scores_NC)
            scores_NC += self._base_NC
        for pull in self._pulls:
            scores_NC += pull.by_group(self._count_N).ravel().take(pull.flat_NC)
        return scores_NC

    def _greedy(self, behind_NC: np.ndarray) -> np.ndarray:
        odds_NC = self._odds_NC
        odds_NC[:] = 0.0
        odds_NC[self.rows_N, behind_NC.argmax(axis=1)] = 1.0
        return odds_NC

    def _explored(self, behind_NC: np.ndarray, left_N: np.ndarray) -> np.ndarray:
        odds_NC, floor = self._odds_NC, self._knobs.explore_floor
        np.multiply(behind_NC, self._surety_NC, out=odds_NC)
        near = np.flatnonzero(odds_NC.ravel() > NEGLIGIBLE)
        chances = ndtr(odds_NC.ravel()[near])
        odds_NC[:] = 0.0
        odds_NC.ravel()[near] = chances
        total_N = odds_NC.sum(axis=1)
        odds_NC *= ((1.0 - floor) / np.where(total_N > 0, total_N, 1.0))[:, None]
        if floor:
            odds_NC += (behind_NC > -np.inf) * (floor / np.maximum(left_N, 1))[:, None]
        return odds_NC

    def _put_pins(self, odds_NC: np.ndarray, position: int, is_alive_N: np.ndarray) -> None:
        """At its own position, and where nothing else is left, a pin stands for sure."""
        pin_at_NP = self._pin_at_NP
        first_N = (pin_at_NP >= 0).argmax(axis=1)
        here_N = np.where(is_alive_N, position if position < pin_at_NP.shape[1] else 0, first_N)
        index_N = pin_at_NP[self.rows_N, here_N]
        rows = np.flatnonzero(index_N >= 0)
        odds_NC[rows] = 0.0
        odds_NC[rows, index_N[rows]] = 1.0
        pin_at_NP[rows, here_N[rows]] = -1
