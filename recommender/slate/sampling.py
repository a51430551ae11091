"""The sampling step of serving: one draw makes the whole slate, and every propensity is exact."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

import numpy as np

from recommender.errors import InputError
from recommender.slate import terms
from recommender.slate.candidates import SlateCandidates, group_codes
from recommender.slate.knobs import Knobs
from recommender.slate.relevance import rarity, relevance
from recommender.slate.rules import Rule

# Temperature at exploration 1. Of a slate of 8, 7 in 10 slots then differ from the greedy choice; at 0.1 about 1 in 7.
MAX_TEMPERATURE = 0.4


@dataclass(frozen=True, eq=False)
class Slate:
    """K ≤ n chosen items in their order; arrays are by position, indices point into the candidates as given.

    propensities: probability of this item in this position, given the positions before it; pins and greedy choices 1.
    explored: the item is not the one that the policy would have shown here without exploration, that is without the
    temperature and without the bonus for uncertainty, after the same items before it. Pins are never explored.
    adjusted_scores: what the draw used, on the scale of relevance; not comparable between positions. NaN for pins.
    """

    indices: np.ndarray
    propensities: np.ndarray
    explored: np.ndarray
    temperature: float
    adjusted_scores: np.ndarray


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
    pinned ones, and the item is drawn from softmax(score / temperature) over them. At exploration 0 the best is taken.
    `profile`: the visitor's own mix, {category: share}; without it calibration does nothing.
    `rules` that are active at `now` hold: exclude and include_only before anything else, also for pins. Every
    include_only rule must be fulfilled. A pin takes the best-scored item that matches and that is a candidate.
    The result does not depend on the order of the candidates; equal scores are ordered by a hash of the item ids.
    """
    if n < 0:
        raise InputError("n: must not be negative")
    walk = _Walk(candidates, knobs, profile)
    moment = now or datetime.now(UTC)
    pins = walk.apply([rule for rule in rules if rule.is_active(moment)], n)
    generator = rng if rng is not None or knobs.exploration == 0.0 else np.random.default_rng()
    uniforms = generator.random(n) if generator is not None and knobs.exploration else np.zeros(n)
    return walk.run(pins, uniforms)


class _Walk:
    """The state of one slate in the making. Candidates are held in canonical order (_canonical_order)."""

    def __init__(self, candidates: SlateCandidates, knobs: Knobs, profile: Mapping[str, float] | None) -> None:
        self._candidates = candidates
        self._order_C = _canonical_order(candidates)
        self._temperature = knobs.exploration * MAX_TEMPERATURE
        self._base_C = relevance(np.asarray(candidates.scores, dtype=float)[self._order_C])
        self._add_novelty(knobs.novelty)
        self._set_bonus(knobs)
        self._set_diversity(knobs.diversity)
        self._pulls = _pulls(candidates, knobs, profile)
        self._pull_codes = [pull.codes_C[self._order_C] for pull in self._pulls]
        self._groups_C = self._ordered(_variant_codes(candidates.groups)) if _has_variants(candidates.groups) else None
        self._chosen: list[int] = []
        self._scores_C = np.empty(len(self._order_C))  # overwritten at each position, and so are the odds
        self._odds_C = np.empty(len(self._order_C))

    def _ordered(self, values_C: np.ndarray) -> np.ndarray:
        return values_C[self._order_C]

    def _set_bonus(self, knobs: Knobs) -> None:
        self._bonus_C = np.zeros(len(self._order_C))
        if knobs.exploration:
            uncertain_C = self._ordered(terms.uncertainty(self._candidates, knobs.explore_max_age_days))
            self._bonus_C = (knobs.exploration * terms.BONUS_WEIGHT) * uncertain_C

    def _add_novelty(self, knob: float) -> None:
        known = self._candidates.popularity if self._candidates.popularity is not None else self._candidates.impressions
        if knob and known is not None and len(known):
            self._base_C = self._base_C + knob * terms.NOVELTY_WEIGHT * self._ordered(rarity(known))

    def _set_diversity(self, knob: float) -> None:
        vectors = self._candidates.vectors
        self._vectors_CV = self._ordered(np.asarray(vectors)) if knob and vectors is not None else None
        self._diversity = knob * terms.DIVERSITY_WEIGHT
        self._nearness_C = np.zeros(len(self._order_C))

    def apply(self, rules: Sequence[Rule], n: int) -> dict[int, int]:
        """Rules without a position change the scores; the pins come back as {position: index}, already chosen."""
        for rule in rules:
            if rule.kind != "pin":
                self._weigh(rule)
        pins: dict[int, int] = {}
        for rule in sorted((rule for rule in rules if rule.kind == "pin"), key=lambda rule: rule.position or 0):
            index = next((index for index in self._matching(rule) if self._base_C[index] > -np.inf), None)
            position = next((place for place in range(rule.position or 1, n + 1) if place not in pins), None)
            if index is not None and position is not None:
                pins[position] = index
                self._choose(index)
        return pins

    def _matching(self, rule: Rule) -> Iterable[int]:
        for index, original in enumerate(self._order_C):
            if rule.matches(partial(self._candidates.value, int(original))):
                yield index

    def _weigh(self, rule: Rule) -> None:
        matching = list(self._matching(rule))
        if rule.kind == "include_only":
            kept_C = np.full(len(self._base_C), -np.inf)
            kept_C[matching] = self._base_C[matching]
            self._base_C = kept_C
        elif rule.kind == "exclude":
            self._base_C[matching] = -np.inf
        else:
            sign = 1.0 if rule.kind == "boost" else -1.0
            self._base_C[matching] += sign * rule.strength * terms.RULE_WEIGHT

    def _choose(self, index: int) -> None:
        """Take an item, and with it the other variants of its product, out of what remains."""
        self._chosen.append(index)
        self._base_C[index] = -np.inf
        if self._groups_C is not None:
            self._base_C[self._groups_C == self._groups_C[index]] = -np.inf
        if self._vectors_CV is not None:
            self._nearness_C += self._vectors_CV @ self._vectors_CV[index]
        for pull in self._pulls:
            pull.add(int(self._order_C[index]))

    def _scores(self) -> np.ndarray:
        """Adjusted scores (C,) without the bonus for uncertainty; −∞ for what cannot be chosen."""
        count, scores_C = len(self._chosen), self._scores_C
        if self._vectors_CV is not None and count:
            np.multiply(self._nearness_C, -self._diversity / count, out=scores_C)
            scores_C += self._base_C
        else:
            scores_C[:] = self._base_C
        for pull, codes_C in zip(self._pulls, self._pull_codes, strict=True):
            scores_C += pull.gains(count)[codes_C]
        return scores_C

    def _draw(self, uniform: float) -> tuple[int, float, bool, float] | None:
        """(index, propensity, explored, adjusted score) of the next item; None when nothing is left."""
        scores_C = self._scores()
        greedy = int(scores_C.argmax()) if len(scores_C) else -1
        if greedy < 0 or scores_C[greedy] == -np.inf:
            return None
        if self._temperature == 0.0:
            return greedy, 1.0, False, float(scores_C[greedy])
        adjusted_C, odds_C = np.add(scores_C, self._bonus_C, out=scores_C), self._odds_C
        np.subtract(adjusted_C, adjusted_C.max(), out=odds_C)
        odds_C *= 1.0 / self._temperature
        cumulated_C = np.exp(odds_C, out=odds_C).cumsum()
        index = int(cumulated_C.searchsorted(uniform * cumulated_C[-1], side="right"))
        return index, float(odds_C[index] / cumulated_C[-1]), index != greedy, float(adjusted_C[index])

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
            indices=self._order_C[np.array(indices, dtype=np.intp)],
            propensities=np.array(propensities, dtype=float),
            explored=np.array(explored, dtype=bool),
            temperature=self._temperature,
            adjusted_scores=np.array(scores, dtype=float),
        )


def _pulls(
    candidates: SlateCandidates, knobs: Knobs, profile: Mapping[str, float] | None
) -> list[terms.CategoryPull | terms.GroupPull]:
    pulls: list[terms.CategoryPull | terms.GroupPull] = []
    if knobs.calibration and candidates.categories is not None and profile and sum(profile.values()) > 0:
        pulls.append(terms.CategoryPull(candidates, profile, knobs.calibration))
    if knobs.fairness and candidates.values(knobs.fairness_attribute) is not None:
        pulls.append(terms.GroupPull(candidates, knobs))
    return pulls


def _has_variants(groups: Sequence[str | None] | None) -> bool:
    named = list(filter(None, groups or ()))
    return len(set(named)) < len(named)


def _variant_codes(groups: Sequence[str | None] | None) -> np.ndarray:
    """Code of each item's product; an item without one is its own."""
    groups = groups or ()
    codes_C, names = group_codes(groups)
    alone_C = np.array([not group for group in groups], dtype=bool)
    return np.where(alone_C, len(names) + np.arange(len(groups)), codes_C)


def _canonical_order(candidates: SlateCandidates) -> np.ndarray:
    """Descending score; ties by a hash of the id: the same everywhere, yet unrelated to the order of the ids."""
    scores_C = np.asarray(candidates.scores, dtype=float)
    order_C = np.argsort(-scores_C, kind="stable")
    same_C = np.diff(scores_C[order_C]) == 0.0
    if same_C.any():
        keys_C = np.zeros(len(scores_C), np.uint64)
        for index in order_C[np.append(same_C, False) | np.append(False, same_C)].tolist():
            digest = hashlib.blake2b(candidates.item_ids[index].encode(), digest_size=8).digest()
            keys_C[index] = int.from_bytes(digest)
        order_C = np.lexsort((keys_C, -scores_C))
    return order_C
