"""The chances of logged slates under other knobs and rules, many slates at once: the sampling step without the draw."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from scipy.special import ndtr

from recommender.slate import terms
from recommender.slate.batch import SlateBatch
from recommender.slate.batch_pulls import pulls_of
from recommender.slate.knobs import Knobs
from recommender.slate.relevance import rarity_rows, relevance_rows
from recommender.slate.sampling import EQUAL

NEGLIGIBLE = -8.5  # Φ of it is 1e-17; the best has ½


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


@dataclass(frozen=True, eq=False)
class Walked:
    """Of each place (N, K), given those before it: chance of what was shown, expected score of what would be, and how
    many candidates were left. told_N: False where the log does not say what it takes, as of an item that a rule would
    pin and that was not shown. odds_NKC: chances of all candidates, where they were asked for."""

    chances_NK: np.ndarray
    expected_NK: np.ndarray
    left_NK: np.ndarray
    told_N: np.ndarray
    odds_NKC: np.ndarray | None = None


def walk(batch: SlateBatch, knobs: Knobs, rules: BatchRules | None = None, *, with_odds: bool = False) -> Walked:
    """Go the way of each logged slate under `knobs` and `rules`; see `recommender.slate.sampling.chances_of`."""
    going = SlatesInTheMaking(batch, knobs, rules or BatchRules())
    count, places = batch.shown_NK.shape
    chances_NK, expected_NK, left_NK = (np.zeros((count, places)) for _ in range(3))
    odds_NKC = np.zeros((count, places, batch.scores_NC.shape[1])) if with_odds else None
    for place in range(places):
        if odds_NKC is not None or not going.is_drawn:
            odds_NC, left_NK[:, place] = going.odds(place + 1)
            chances_NK[:, place] = odds_NC[going.rows_N, batch.shown_NK[:, place]]
            expected_NK[:, place] = np.einsum("nc,nc->n", odds_NC, batch.scores_NC)
        else:
            told = going.chances_of(batch.shown_NK[:, place])
            chances_NK[:, place], expected_NK[:, place], left_NK[:, place] = told
        if odds_NKC is not None:
            odds_NKC[:, place] = odds_NC
        if place + 1 < places:
            going.choose(going.rows_N, batch.shown_NK[:, place])
    return Walked(chances_NK, expected_NK, left_NK, going.told_N, odds_NKC)


def without_exploration(knobs: Knobs) -> Knobs:
    """The same policy, always taking the best."""
    return replace(knobs, exploration=0.0)


def greedy_slates(batch: SlateBatch, knobs: Knobs, rules: BatchRules | None = None) -> np.ndarray:
    """(N, K): the slate that the policy makes of the same candidates without exploration; −1 where nothing is left.

    A log tells how like the others an item is only of items that were shown; another one counts as like none of them.
    """
    going = SlatesInTheMaking(batch, without_exploration(knobs), rules or BatchRules())
    count, places = batch.shown_NK.shape
    greedy_NK = np.full((count, places), -1)
    for place in range(places):
        odds_NC, _ = going.odds(place + 1)
        rows = np.flatnonzero(odds_NC.any(axis=1))
        greedy_NK[rows, place] = odds_NC[rows].argmax(axis=1)
        going.choose(rows, greedy_NK[rows, place])
    return greedy_NK


class SlatesInTheMaking:
    """The state of N slates: what may stand in the next position of each, and what was chosen so far."""

    def __init__(self, batch: SlateBatch, knobs: Knobs, rules: BatchRules) -> None:
        self._batch, self._knobs = batch, knobs
        self.rows_N = np.arange(len(batch))
        self.told_N = np.ones(len(batch), bool)
        self._base_NC, unit_N = relevance_rows(batch.scores_NC)
        self._temperature = terms.MAX_SCALE * math.sqrt(knobs.exploration)
        if knobs.exploration:
            self._surety_NC = 1.0 / np.maximum(self._temperature * _doubts(batch, knobs, unit_N), EQUAL)
        if knobs.novelty:
            known_NC = np.where(np.isnan(batch.popularity_NC), batch.impressions_NC, batch.popularity_NC)
            self._base_NC += knobs.novelty * terms.NOVELTY_WEIGHT * rarity_rows(known_NC)
        self._near_NC = np.zeros_like(self._base_NC) if knobs.diversity else None
        self._pulls = pulls_of(batch, knobs, rules.fairness_NC, rules.targets)
        self._chosen_NC = np.zeros(self._base_NC.shape, bool)
        self._count_N = np.zeros(len(batch), int)
        self._scores_NC, self._odds_NC = np.empty_like(self._base_NC), np.empty_like(self._base_NC)
        self._obey(rules)

    def _obey(self, rules: BatchRules) -> None:
        if rules.lift_NC is not None:
            self._base_NC += rules.lift_NC
        if rules.kept_NC is not None:
            self._base_NC[~rules.kept_NC] = -np.inf
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
        self._base_NC[rows, index_M] = -np.inf
        groups_NC = self._batch.groups_NC
        group_M = groups_NC[rows, index_M]
        for row, group in zip(rows[group_M > 0].tolist(), group_M[group_M > 0].tolist(), strict=True):
            self._base_NC[row, groups_NC[row] == group] = -np.inf
        if self._near_NC is not None:
            self._near_NC[rows] += self._likeness(rows, index_M)
        for pull in self._pulls:
            pull.add(rows, index_M)

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

    def is_best(self, index_N: np.ndarray) -> np.ndarray:
        """Whether none was better than these when `odds` was asked last."""
        is_best_N: np.ndarray = self._scores_NC[self.rows_N, index_N] >= -EQUAL
        return is_best_N

    def odds(self, position: int) -> tuple[np.ndarray, np.ndarray]:
        """Chances of all candidates for a position (N, C), 0 where there is nothing to show; and how many are left."""
        scores_NC = self._adjusted()
        best_N = scores_NC.max(axis=1, initial=-np.inf)
        left_N = np.count_nonzero(self._base_NC > -np.inf, axis=1)
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
        """Chance of these items in the next position, the score that is expected there, and how many are left; half of
        the cost of `odds`, and only where `is_drawn`."""
        behind_NC, floor = self._adjusted(), self._knobs.explore_floor
        best_N = behind_NC.max(axis=1, initial=-np.inf)
        is_left_NC = self._base_NC > -np.inf
        left_N = np.count_nonzero(is_left_NC, axis=1)
        behind_NC -= np.where(left_N > 0, best_N, 0.0)[:, None]
        behind_NC *= self._surety_NC
        near = np.flatnonzero(behind_NC.ravel() > NEGLIGIBLE)
        odds, row, scores_NC = ndtr(behind_NC.ravel()[near]), near // behind_NC.shape[1], self._batch.scores_NC
        total_N = np.bincount(row, odds, len(left_N))
        drawn_N = np.bincount(row, odds * scores_NC.ravel()[near], len(left_N))
        safe_N, left_N1 = np.where(left_N > 0, total_N, 1.0), np.maximum(left_N, 1)
        chance_N = (1.0 - floor) * ndtr(behind_NC[self.rows_N, index_N]) / safe_N
        expected_N = (1.0 - floor) * drawn_N / safe_N
        if floor:
            chance_N += floor * is_left_NC[self.rows_N, index_N] / left_N1
            expected_N += floor * np.einsum("nc,nc->n", is_left_NC, scores_NC) / left_N1
        return chance_N, expected_N, left_N

    def _adjusted(self) -> np.ndarray:
        scores_NC, count_N1 = self._scores_NC, np.maximum(self._count_N, 1)[:, None]
        if self._near_NC is None:
            scores_NC[:] = self._base_NC
        else:
            weight = self._knobs.diversity * terms.DIVERSITY_WEIGHT / terms.NEARNESS_STEPS
            np.multiply(self._near_NC, -weight / count_N1, out=scores_NC)
            scores_NC += self._base_NC
        for pull in self._pulls:
            scores_NC += pull.gains(self._count_N)
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


def _doubts(batch: SlateBatch, knobs: Knobs, unit_N: np.ndarray) -> np.ndarray:
    known = (batch.doubts_NC, batch.impressions_NC, batch.ages_NC, batch.popularity_NC)
    return terms.doubts_of(
        *known, max_age_days=knobs.explore_max_age_days, fall=unit_N[:, None], shape=batch.scores_NC.shape
    )
