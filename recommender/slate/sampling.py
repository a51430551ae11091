"""The sampling step of serving: one draw makes the whole slate, and every propensity is exact."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from scipy.special import ndtr

from recommender.errors import InputError
from recommender.slate import terms
from recommender.slate.candidates import SlateCandidates, canonical_order, variant_places
from recommender.slate.knobs import Knobs
from recommender.slate.relevance import rarity, relevance
from recommender.slate.rules import Rule

EQUAL = 1e-9  # scores this near, on the scale of relevance, differ by rounding alone


@dataclass(frozen=True, eq=False)
class Slate:
    """K ≤ n chosen items in their order; arrays are by position, indices point into the candidates as given.

    propensities: probability of this item in this position, given the positions before it; pins and greedy choices 1.
    explored: the policy holds another item for better here; without exploration that one would have been shown after
    the same items before. Of equals none is better. Pins are never explored.
    temperature: how many of its doubts an item may be off by in the draw; 0: none, the best is taken.
    adjusted_scores: what the draw used, on the scale of relevance; not comparable between positions. NaN for pins.
    """

    indices: np.ndarray
    propensities: np.ndarray
    explored: np.ndarray
    temperature: float
    adjusted_scores: np.ndarray
    trace: "Trace"


@dataclass(frozen=True, eq=False)
class Trace:
    """What a draw came by on its way, for the log; all of it speaks of places in the canonical order.

    order_C: index of the candidate at each place. nearness: {place of a chosen item: its likeness to every candidate
    (C,), in steps of 1 / NEARNESS_STEPS}, where diversity read it. matched: {number of a rule among those given: places
    of the items that it concerned}; of a pin the one that it put there.
    """

    order_C: np.ndarray
    nearness: Mapping[int, np.ndarray]
    matched: Mapping[int, Sequence[int]]


def make_slate(
    candidates: SlateCandidates,
    knobs: Knobs,
    n: int = 8,
    rules: Sequence[Rule] = (),
    profile: Mapping[str, float] | None = None,
    rng: np.random.Generator | None = None,
    now: datetime | None = None,
) -> Slate:
    """Choose up to n items.

    At each position the adjusted score of every remaining candidate is computed, given the items chosen so far and all
    pinned ones. At exploration 0 the best is taken. Above, an item is drawn in proportion to the chance that it is
    better than the best after all: Φ(−z), z = its distance to the best over temperature · its doubt. The best itself
    has ½; what is known has a doubt near 0 and takes no place from a better one (docs/adr/0013). All that may be shown
    share the knobs' `explore_floor` alike.
    `profile`: the visitor's own mix, {category: share}; without it calibration does nothing.
    `rules` that are active at `now` hold: exclude and include_only before anything else, also for pins. Every
    include_only rule must be fulfilled. A pin takes the best-scored item that matches and that is a candidate.
    The result does not depend on the order of the candidates; equal scores are ordered by a hash of the item ids.
    """
    if n < 0:
        raise InputError("n: must not be negative")
    walk = Walk(candidates, knobs, profile, n)
    moment = now or datetime.now(UTC)
    pins = walk.apply({place: rule for place, rule in enumerate(rules) if rule.is_active(moment)}, n)
    generator = rng if rng is not None or knobs.exploration == 0.0 else np.random.default_rng()
    uniforms = generator.random(n) if generator is not None and knobs.exploration else np.zeros(n)
    return walk.run(pins, uniforms)


def chances_of(
    candidates: SlateCandidates,
    knobs: Knobs,
    shown: Sequence[int],
    n: int,
    rules: Sequence[Rule] = (),
    profile: Mapping[str, float] | None = None,
    now: datetime | None = None,
) -> np.ndarray:
    """(K,) chance of each item of a slate in its position, given those before it, under a policy that need not have
    made it; `shown` points into the candidates as given. What a policy pins it shows for sure, and nothing else there.
    """
    walk = Walk(candidates, knobs, profile, n)
    moment = now or datetime.now(UTC)
    pins = walk.apply({place: rule for place, rule in enumerate(rules) if rule.is_active(moment)}, n)
    return walk.chances(pins, shown)


class Walk:
    """The state of one slate in the making. Candidates are held in canonical order (canonical_order)."""

    def __init__(
        self, candidates: SlateCandidates, knobs: Knobs, profile: Mapping[str, float] | None, positions: int
    ) -> None:
        self._candidates = candidates
        expected_C = candidates.expected(knobs.fatigue)
        self.order_C = canonical_order(candidates, expected_C)
        self.base_C, unit = relevance(expected_C[self.order_C])
        self.temperature, self.floor = terms.MAX_SCALE * math.sqrt(knobs.exploration), knobs.explore_floor
        self._set_surety(knobs, unit)
        self._add_novelty(knobs.novelty)
        self._set_diversity(knobs.diversity)
        self.pulls = [
            (pull, pull.codes_C[self.order_C]) for pull in terms.pulls_of(candidates, knobs, profile, positions)
        ]
        self.variants_of = variant_places(candidates.groups, self.order_C)
        self._chosen: list[int] = []
        self.matched: dict[int, list[int]] = {}
        self._scores_C = np.empty(len(self.order_C))  # overwritten at each position, and so are the others
        self._odds_C, self._cumulated_C = np.empty_like(self._scores_C), np.empty_like(self._scores_C)

    def _ordered(self, values_C: np.ndarray) -> np.ndarray:
        return values_C[self.order_C]

    def _set_surety(self, knobs: Knobs, unit: float) -> None:
        """One over how far an item may be off in the draw; what is known is held to be off by next to nothing."""
        if knobs.exploration:
            doubts_C = self._ordered(terms.doubts(self._candidates, knobs.explore_max_age_days, unit))
            self.surety_C = 1.0 / np.maximum(self.temperature * doubts_C, EQUAL)

    def _add_novelty(self, knob: float) -> None:
        known = self._candidates.popularity if self._candidates.popularity is not None else self._candidates.impressions
        if knob and known is not None and len(known):
            self.base_C += knob * terms.NOVELTY_WEIGHT * self._ordered(rarity(known))

    def _set_diversity(self, knob: float) -> None:
        vectors, recorded = self._candidates.vectors, self._candidates.nearness
        self._vectors_CV = self._ordered(np.asarray(vectors)) if knob and vectors is not None else None
        self.is_diverse = bool(knob) and (vectors is not None or bool(recorded))
        self.diversity = knob * terms.DIVERSITY_WEIGHT / terms.NEARNESS_STEPS
        self._nearness_C = np.zeros(len(self.order_C))
        self._rows: dict[int, np.ndarray] = {}  # {place in the order: steps of likeness to each candidate}

    def apply(self, rules: Mapping[int, Rule], n: int) -> dict[int, int]:
        """Rules without a position change the scores; the pins come back as {position: index}, already chosen."""
        for number, rule in rules.items():
            if rule.kind != "pin":
                self.matched[number] = self._weigh(rule)
        self._left = np.count_nonzero(self.base_C > -np.inf)
        pins: dict[int, int] = {}
        pinning = [number for number, rule in rules.items() if rule.kind == "pin"]
        for number in sorted(pinning, key=lambda number: rules[number].position or 0):
            rule = rules[number]
            index = next((index for index in self._matching(rule) if self.base_C[index] > -np.inf), None)
            position = next((place for place in range(rule.position or 1, n + 1) if place not in pins), None)
            if index is not None and position is not None:
                pins[position] = index
                self.matched[number] = [index]
                self._choose(index)
        return pins

    def _matching(self, rule: Rule) -> list[int]:
        """Places in the canonical order, the first ones first."""
        concerned = rule.places(self._candidates.values, self.order_C.tolist())
        return self.order_C.argsort()[concerned].tolist() if concerned else []

    def _weigh(self, rule: Rule) -> list[int]:
        """Let a rule change the scores; returns the places that it concerns."""
        matching = self._matching(rule)
        if rule.kind == "include_only":
            kept_C = np.full(len(self.base_C), -np.inf)
            kept_C[matching] = self.base_C[matching]
            self.base_C = kept_C
        elif rule.kind == "exclude":
            self.base_C[matching] = -np.inf
        else:
            sign = 1.0 if rule.kind == "boost" else -1.0
            self.base_C[matching] += sign * rule.strength * terms.RULE_WEIGHT
        return matching

    def _choose(self, index: int) -> None:
        """Take an item, and with it the other variants of its product, out of what remains."""
        self._chosen.append(index)
        for place in self.variants_of.get(index, (index,)):
            self._left -= self.base_C.item(place) > -np.inf
            self.base_C[place] = -np.inf
        if self.is_diverse:
            self._rows[index] = row_C = self.nearness_to(index)
            self._nearness_C += row_C
        for pull, codes_C in self.pulls:
            pull.add(codes_C.item(index))

    def nearness_to(self, index: int) -> np.ndarray:
        """Steps of likeness to a candidate (C,): whole numbers, so that sums of them are exact on every machine."""
        if self._vectors_CV is None:
            return self._ordered(self._candidates.recorded_nearness(self.order_C.item(index)))
        return terms.nearness_steps(self._vectors_CV, index)

    def _scores(self) -> np.ndarray:
        """Adjusted scores (C,); −∞ for what cannot be chosen."""
        count, scores_C = len(self._chosen), self._scores_C
        if self.is_diverse and count:
            np.multiply(self._nearness_C, -self.diversity / count, out=scores_C)
            scores_C += self.base_C
        else:
            scores_C[:] = self.base_C
        for pull, codes_C in self.pulls:
            scores_C += pull.gains(count).take(codes_C)
        return scores_C

    def _draw(self, uniform: float) -> tuple[int, float, bool, float] | None:
        """(index, propensity, explored, adjusted score) of the next item; None when nothing is left."""
        scores_C = self._scores()
        greedy = int(scores_C.argmax()) if len(scores_C) else -1
        if greedy < 0 or scores_C.item(greedy) == -np.inf:
            return None
        best = scores_C.item(greedy)
        if self.temperature == 0.0:
            return greedy, 1.0, False, best
        odds_C, cumulated_C = self._odds(scores_C, best), self._cumulated_C
        np.add.accumulate(odds_C, out=cumulated_C)
        total, left = cumulated_C.item(-1), self._left
        if uniform < self.floor:  # one uniform number decides both, so that the seed draws the same again
            index = int(np.flatnonzero(scores_C > -np.inf)[int(uniform / self.floor * left)])
        else:
            share = min((uniform - self.floor) / (1.0 - self.floor), 1.0 - EQUAL)  # rounding must not lead past the end
            index = int(cumulated_C.searchsorted(share * total, side="right"))
        propensity = (1.0 - self.floor) * odds_C.item(index) / total + self.floor / left
        return index, propensity, scores_C.item(index) < best - EQUAL, scores_C.item(index)

    def _odds(self, scores_C: np.ndarray, best: float) -> np.ndarray:
        """Chances (C,) that an item is better than the best after all; 0 for what cannot be chosen."""
        odds_C = self._odds_C
        np.subtract(scores_C, best, out=odds_C)
        np.multiply(odds_C, self.surety_C, out=odds_C)
        return ndtr(odds_C, out=odds_C)

    def chances(self, pins: dict[int, int], shown: Sequence[int]) -> np.ndarray:
        """Go the way of a slate; from the first position that cannot be, the rest is 0."""
        place_of = {int(index): place for place, index in enumerate(self.order_C)}
        waiting, chances_K = dict(sorted(pins.items())), np.zeros(len(shown))
        for number, index in enumerate(shown):
            place = place_of[index]
            chance = None if number + 1 in waiting else self._chance(place)
            if chance is None:  # a pin's own position, or nothing is left but pins
                chance = float(bool(waiting) and waiting.pop(next(iter(waiting))) == place)
            elif chance:
                self._choose(place)
            chances_K[number] = chance
            if not chance:
                break
        return chances_K

    def _chance(self, place: int) -> float | None:
        """Of one candidate for the next position; None when nothing is left."""
        scores_C = self._scores()
        best = scores_C.max(initial=-np.inf)
        if best == -np.inf:
            return None
        if self.temperature == 0.0 or scores_C[place] == -np.inf:
            return float(scores_C[place] > -np.inf and scores_C.argmax() == place)
        odds_C = self._odds(scores_C, best)
        return float((1.0 - self.floor) * odds_C[place] / odds_C.sum() + self.floor / self._left)

    def run(self, pins: dict[int, int], uniforms: np.ndarray) -> Slate:
        """Fill the positions from 1 to len(uniforms); pins move up where too few items are left to reach them."""
        taken: list[tuple[int, float, bool, float]] = []
        waiting = dict(sorted(pins.items()))
        for position, uniform in enumerate(uniforms, start=1):
            drawn = None if position in waiting else self._draw(float(uniform))
            if drawn is not None:
                self._choose(drawn[0])
            elif waiting:
                drawn = (waiting.pop(next(iter(waiting))), 1.0, False, float("nan"))
            else:
                break
            taken.append(drawn)
        return self._slate(taken)

    def _slate(self, taken: list[tuple[int, float, bool, float]]) -> Slate:
        indices, propensities, explored, scores = zip(*taken, strict=True) if taken else ((), (), (), ())
        return Slate(
            indices=self.order_C[np.array(indices, dtype=np.intp)],
            propensities=np.array(propensities, dtype=float),
            explored=np.array(explored, dtype=bool),
            temperature=self.temperature,
            adjusted_scores=np.array(scores, dtype=float),
            trace=Trace(self.order_C, self._rows, self.matched),
        )
