"""Many slates of the same candidates under the same policy: they differ by the draw alone, so all are drawn at once.

Number by number what `make_slate` gives each, at a tenth of its cost; logged by records that share their columns.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
from scipy.special import ndtr

from recommender.slate.candidates import SlateCandidates
from recommender.slate.knobs import Knobs
from recommender.slate.logged import nearness_of, record_of
from recommender.slate.record import SlateRecord, encode_alike
from recommender.slate.rules import Rule
from recommender.slate.sampling import EQUAL, Slate, Trace, Walk, make_slate


def make_slates(
    candidates: SlateCandidates,
    knobs: Knobs,
    n: int,
    seeds: Sequence[int],
    *,
    rules: Sequence[Rule] = (),
    now: datetime | None = None,
) -> list[Slate]:
    """`make_slate` with each seed, for visitors without a mix of their own."""
    moment = now or datetime.now(UTC)
    walk = Walk(candidates, knobs, None, n)
    pins = walk.apply({place: rule for place, rule in enumerate(rules) if rule.is_active(moment)}, n)
    generators = [np.random.default_rng(seed) for seed in seeds]
    if pins or walk.pulls:  # positions and mixes of their own
        return [make_slate(candidates, knobs, n, rules, None, rng, moment) for rng in generators]
    uniforms_BN = np.array([rng.random(n) for rng in generators]) if knobs.exploration else np.zeros((len(seeds), n))
    return _Draws(walk, len(seeds)).run(uniforms_BN)


def encoded_records(
    candidates: SlateCandidates, codes: Sequence[int], knobs: Knobs, n: int, slates: Sequence[Slate]
) -> list[bytes]:
    """The record of each of these slates as the log keeps it: `record_of(…).encode()`."""
    if not slates:
        return []
    first = record_of(candidates, codes, knobs, None, n, slates[0])
    place_of = np.empty(len(candidates), np.intp)
    place_of[slates[0].trace.order_C] = np.arange(len(candidates))
    return encode_alike([first, *(_another(first, candidates, place_of, slate) for slate in slates[1:])])


def _another(first: SlateRecord, candidates: SlateCandidates, place_of: np.ndarray, slate: Slate) -> SlateRecord:
    shown_K, pinned_K = place_of[slate.indices], np.isnan(slate.adjusted_scores)
    nearness_NC = nearness_of(candidates, slate, shown_K, pinned_K)
    return replace(first, shown_K=shown_K, pinned_K=pinned_K, nearness_NC=nearness_NC)


class _Draws:
    """B slates in the making, position by position. Letters as in `Walk`."""

    def __init__(self, walk: Walk, count: int) -> None:
        self._walk = walk
        self._rows_B = np.arange(count)
        self._base_BC = np.repeat(walk.base_C[None], count, axis=0)
        self._nearness_BC = np.zeros_like(self._base_BC) if walk.is_diverse else None
        self._near_of: dict[int, np.ndarray] = {}  # {place: its likeness to each candidate}
        self._left_B = np.full(count, np.count_nonzero(walk.base_C > -np.inf))

    def run(self, uniforms_BN: np.ndarray) -> list[Slate]:
        """Fill the positions; a slate ends where nothing is left for it."""
        taken = [step for chosen, uniforms_B in enumerate(uniforms_BN.T) if (step := self._step(chosen, uniforms_B))]
        nothing = [np.zeros((0, len(self._rows_B)))] * 4
        columns = [np.array(column) for column in zip(*taken, strict=True)] if taken else nothing
        lengths_B = (columns[0] >= 0).sum(axis=0)
        return [self._slate(row, [column[:length, row] for column in columns]) for row, length in enumerate(lengths_B)]

    def _step(self, chosen: int, uniforms_B: np.ndarray) -> tuple[np.ndarray, ...] | None:
        """(place or −1, propensity, explored, adjusted score) of the next item of each slate."""
        scores_BC = self._scores(chosen)
        if not scores_BC.shape[1]:
            return None
        places_B = scores_BC.argmax(axis=1)
        best_B = scores_BC[self._rows_B, places_B]
        chances_B = np.ones(len(best_B))
        if self._walk.temperature:
            places_B, chances_B = self._drawn(scores_BC, best_B, uniforms_B)
        scores_B = scores_BC[self._rows_B, places_B]
        explored_B = (scores_B < best_B - EQUAL) & bool(self._walk.temperature)
        self._choose(places_B)
        return np.where(best_B > -np.inf, places_B, -1), chances_B, explored_B, scores_B

    def _scores(self, chosen: int) -> np.ndarray:
        if self._nearness_BC is None or not chosen:
            return self._base_BC
        scores_BC: np.ndarray = self._nearness_BC * (-self._walk.diversity / chosen)
        scores_BC += self._base_BC
        return scores_BC

    def _drawn(
        self, scores_BC: np.ndarray, best_B: np.ndarray, uniforms_B: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Places, and the chance that each had. As `Walk` draws one: a share of the chances goes to all alike."""
        floor, left_B = self._walk.floor, np.maximum(self._left_B, 1)
        odds_BC = scores_BC - np.where(best_B > -np.inf, best_B, 0.0)[:, None]
        odds_BC *= self._walk.surety_C
        ndtr(odds_BC, out=odds_BC)
        cumulated_BC = np.add.accumulate(odds_BC, axis=1)
        total_B = cumulated_BC[:, -1]
        share_B = np.minimum((uniforms_B - floor) / (1.0 - floor), 1.0 - EQUAL)
        places_B = (cumulated_BC <= (share_B * total_B)[:, None]).sum(axis=1)
        for row in np.flatnonzero((uniforms_B < floor) & (self._left_B > 0)).tolist():
            open_C = np.flatnonzero(scores_BC[row] > -np.inf)
            places_B[row] = open_C[int(uniforms_B[row] / floor * self._left_B[row])]
        places_B = np.minimum(places_B, scores_BC.shape[1] - 1)  # of a slate for which nothing is left
        odds_B = odds_BC[self._rows_B, places_B]
        return places_B, (1.0 - floor) * odds_B / np.where(total_B > 0, total_B, 1.0) + floor / left_B

    def _choose(self, places_B: np.ndarray) -> None:
        """Take each item, and with it the other variants of its product, out of what remains."""
        for row, place in enumerate(places_B.tolist()):
            for variant in self._walk.variants_of.get(place, (place,)):
                self._left_B[row] -= self._base_BC[row, variant] > -np.inf
                self._base_BC[row, variant] = -np.inf
        if self._nearness_BC is not None:
            self._nearness_BC += np.stack([self._near(place) for place in places_B.tolist()])

    def _near(self, place: int) -> np.ndarray:
        row_C = self._near_of.get(place)
        if row_C is None:
            row_C = self._near_of[place] = self._walk.nearness_to(place)
        return row_C

    def _slate(self, row: int, columns: Sequence[np.ndarray]) -> Slate:
        places_K, propensities_K, explored_K, scores_K = columns
        places = places_K.astype(np.intp)
        order_C = self._walk.order_C
        near = {place: self._near_of[place] for place in places.tolist()} if self._nearness_BC is not None else {}
        return Slate(
            indices=order_C[places],
            propensities=propensities_K.astype(float),
            explored=explored_K.astype(bool),
            temperature=self._walk.temperature,
            adjusted_scores=scores_K.astype(float),
            trace=Trace(order_C, near, self._walk.matched),
        )
