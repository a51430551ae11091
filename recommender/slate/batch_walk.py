"""The chances of logged slates under other knobs and rules, many slates at once: the sampling step without the draw."""

from dataclasses import dataclass, replace

import numpy as np

from recommender.slate.batch import SlateBatch
from recommender.slate.batch_making import BatchRules, SlatesInTheMaking
from recommender.slate.knobs import Knobs


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
