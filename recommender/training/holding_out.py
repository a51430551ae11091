"""Whose last interaction the models of the validation do not learn: by a hash of the visitor, so that whom a preset
asks about, a more thorough one asks about too, and so does tomorrow's run."""

from dataclasses import dataclass

import numpy as np

from recommender.data.dataset import Dataset
from recommender.data.hashing import hashes

HELD_OUT = 1 / 3  # of all steps from an interaction to the next, at most, are hidden from the models of the validation


@dataclass(frozen=True)
class HeldOut:
    """Of all visitors whose hash under the seed is at most `until` (hexadecimal digits; empty: of nobody).
    `newest_seconds`: what happened later was not there."""

    seed: int
    until: str
    newest_seconds: float


def whom_to_ask(
    dataset: Dataset, seed: int, *, visitors: int = 40_000, before: HeldOut | None = None
) -> tuple[np.ndarray, HeldOut]:
    """Rows of at most so many visitors with two interactions or more, in the order of their hashes. Where histories are
    short they are fewer, so that the models keep most of what follows what: of sessions of two they would keep nothing,
    and the ranker would learn what such models are worth.

    `before`: of a version whose weights are gone on from. What it learned is no question: only those are asked who were
    held out then too, or did something since.
    """
    histories = dataset.histories
    newest_seconds = float(histories.seconds_N.max(initial=-np.inf))
    askable = np.flatnonzero(histories.lengths_B >= 2)
    followed = int((histories.lengths_B[askable] - 1).sum())
    most = min(len(askable), visitors, max(int(HELD_OUT * followed), 1)) if len(askable) else 0
    hash_A = hashes(dataset.visitor_ids[askable], seed)
    order = np.argsort(hash_A, kind="stable")
    if before is not None:
        is_new_A = histories.seconds_N[histories.starts_B1[1:][askable] - 1] > before.newest_seconds
        order = order[((hash_A <= before.until) | is_new_A)[order]]
    chosen = order[:most]
    untils = [str(hash_A[chosen[-1]])] if len(chosen) else [""]
    if before is not None:
        untils = [before.until, *(untils if len(chosen) < len(order) else [])]
    return askable[chosen], HeldOut(seed, min(untils), newest_seconds)
