"""What knobs cost and bring over many visitors at once, each with candidates of their own.

`recommender.slate.metrics.measure` says the same of one visitor, ten times as slowly. Shapes as in `batch`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from recommender.slate.batch import SlateBatch
from recommender.slate.batch_making import BatchRules, SlatesInTheMaking
from recommender.slate.candidates import SlateCandidates, canonical_order
from recommender.slate.crowd_columns import Columns, padded
from recommender.slate.knobs import Knobs
from recommender.slate.metrics import SlateMetrics
from recommender.slate.rules import Rule
from recommender.slate.terms import RULE_WEIGHT, SMOOTHING

TOGETHER = 48  # visitors
KEPT_ORDERS = 2  # of the candidates, each with its likeness
#: In the place of a candidate that a visitor with fewer of them does not have; its popularity.
NO_CANDIDATE = -1.0


@dataclass(frozen=True, eq=False)
class Member:
    """A visitor of the crowd: candidates, own mix of categories, and the rules that are active."""

    candidates: SlateCandidates
    profile: Mapping[str, float] | None = None
    rules: Sequence[Rule] = ()


class Crowd:
    """Visitors side by side, measured under any knobs. `fairness_attribute`: by which `fairness` tells items apart."""

    def __init__(self, members: Sequence[Member], n: int, *, fairness_attribute: str = "brand") -> None:
        alike: dict[int, list[Member]] = {}
        for member in members:
            if len(member.candidates):
                alike.setdefault(min(len(member.candidates), n), []).append(member)
        self._parts = [_Part(some, n, fairness_attribute) for found in alike.values() for some in _parts(found)]

    def __len__(self) -> int:
        return sum(map(len, self._parts))

    def measure(self, knobs: Knobs, *, draws: int, seed: int) -> dict[str, np.ndarray]:
        """{field of `SlateMetrics`: of each visitor the mean over `draws` slates (N,)}; NaN where it is unknown."""
        rng, times = np.random.default_rng(seed), draws if knobs.exploration else 1
        groups = [part.group(knobs.fatigue) for part in self._parts]
        rows = [np.mean([group.once(knobs, rng) for _ in range(times)], axis=0) for group in groups]
        columns_MN = np.concatenate(rows, axis=1) if rows else np.zeros((len(_FIELDS), 0))
        return dict(zip(_FIELDS, columns_MN, strict=True))


def _parts(members: Sequence[Member]) -> list[Sequence[Member]]:
    """What is worked on then stays within a processor's own memory."""
    return [members[start : start + TOGETHER] for start in range(0, len(members), TOGETHER)]


_FIELDS = tuple(SlateMetrics.__dataclass_fields__)


class _Part:
    """Visitors whose slates have as many places. The knob of fatigue puts the candidates of those whom something tired
    into another order; what no knob changes is worked out once."""

    def __init__(self, members: Sequence[Member], n: int, attribute: str) -> None:
        self._members, self._n = members, n
        self._columns = Columns.of([(member.candidates, member.profile, member.rules) for member in members], attribute)
        self._is_tired = any(member.candidates.fatigue is not None for member in members)
        self._groups: dict[float, _Group] = {}

    def __len__(self) -> int:
        return len(self._members)

    def group(self, fatigue: float) -> "_Group":
        """In the order that they have with this knob of fatigue."""
        order = fatigue if self._is_tired else 0.0
        if order not in self._groups:
            while len(self._groups) >= KEPT_ORDERS:
                del self._groups[next(iter(self._groups))]
            self._groups[order] = self._ordered(order)
        return self._groups[order]

    def _ordered(self, fatigue: float) -> "_Group":
        scores = [member.candidates.expected(fatigue) for member in self._members]
        pairs = list(zip(self._members, scores, strict=True))
        orders = [canonical_order(member.candidates, own_C) for member, own_C in pairs]
        scores_NC = padded([own_C[order_C] for own_C, order_C in zip(scores, orders, strict=True)], 0.0)
        batch, columns = _batch_of(self._columns, orders, scores_NC, self._n), self._columns
        return _Group(
            batch,
            _rules(columns, orders, self._members[0].rules, batch.fairness_NC),
            tired_NC=columns.ordered("fatigue", orders),
            information_NC=columns.ordered("information", orders, 0.0),
            places=min(self._n, len(orders[0])),
        )


class _Group:
    """The visitors of a part in one order. Who has fewer candidates than another has empty ones at the end."""

    def __init__(
        self, batch: SlateBatch, rules: BatchRules, *, tired_NC: np.ndarray, information_NC: np.ndarray, places: int
    ) -> None:
        self._batch, self._rules, self._places = batch, rules, places
        self._tired_NC, self._information_NC = tired_NC, information_NC
        best_NK, _, _ = self._drawn(Knobs(), np.random.default_rng(0))
        self._most_N = self._scores(best_NK).sum(axis=1)

    def once(self, knobs: Knobs, rng: np.random.Generator) -> np.ndarray:
        """The metrics (M, N) of one slate of each visitor, in the order of `SlateMetrics`."""
        shown_NK, explored_NK, is_there_NK = self._drawn(knobs, rng)
        counts_N = np.maximum(is_there_NK.sum(axis=1), 1)
        lost_N = 1.0 - (self._scores(shown_NK) * is_there_NK).sum(axis=1) / np.where(self._most_N > 0, self._most_N, 1)
        information_NK = np.take_along_axis(self._information_NC, shown_NK, axis=1)
        return np.array(
            [
                np.where(self._most_N > 0, np.maximum(lost_N, 0.0), 0.0),
                (explored_NK & is_there_NK).sum(axis=1) / counts_N,
                self._distance(shown_NK),
                self._divergence(shown_NK),
                (information_NK * is_there_NK).sum(axis=1) / counts_N,
                self._gap(shown_NK, knobs),
                1.0 - (np.take_along_axis(self._tired_NC, shown_NK, axis=1) * is_there_NK).sum(axis=1) / counts_N,
            ]
        )

    def _drawn(self, knobs: Knobs, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Items in their places (N, K), whether each was explored, and whether there was one."""
        wanted = dict(knobs.fairness_target)
        targets = {code: wanted.get(name, 0.0) for code, name in enumerate(self._batch.fairness_names, 1) if wanted}
        making = SlatesInTheMaking(self._batch, knobs, replace(self._rules, targets=targets))
        shape = len(self._batch), self._places
        shown_NK, explored_NK, is_there_NK = np.zeros(shape, int), np.zeros(shape, bool), np.zeros(shape, bool)
        for place in range(self._places):
            index_N, explored_NK[:, place], is_there_N = making.draw(place + 1, rng.random(len(self._batch)))
            shown_NK[:, place], is_there_NK[:, place] = index_N, is_there_N
            rows = np.flatnonzero(is_there_N)
            making.choose(rows, index_N[rows])
        return shown_NK, explored_NK, is_there_NK

    def _scores(self, shown_NK: np.ndarray) -> np.ndarray:
        return np.take_along_axis(self._batch.scores_NC, shown_NK, axis=1)

    def _distance(self, shown_NK: np.ndarray) -> np.ndarray:
        vectors_NCV, places = self._batch.vectors_NCV, shown_NK.shape[1]
        if vectors_NCV is None or places < 2:
            return np.full(len(shown_NK), np.nan)
        vectors_NKV = vectors_NCV[np.arange(len(shown_NK))[:, None], shown_NK]
        # the likeness of each to each is that of their sum to itself
        sum_NV, own_N = vectors_NKV.sum(axis=1), np.einsum("nkv,nkv->n", vectors_NKV, vectors_NKV)
        distance_N: np.ndarray = 1.0 - (np.einsum("nv,nv->n", sum_NV, sum_NV) - own_N) / (places * (places - 1))
        return distance_N

    def _divergence(self, shown_NK: np.ndarray) -> np.ndarray:
        share_NG = self._batch.shares_NG
        codes_NK = np.take_along_axis(self._batch.categories_NC, shown_NK, axis=1)
        held_NG = (codes_NK[:, :, None] == np.arange(share_NG.shape[1])).mean(axis=1)
        held_NG = (1.0 - SMOOTHING) * held_NG + SMOOTHING * share_NG
        safe_NG = np.where(share_NG > 0, share_NG / np.where(held_NG > 0, held_NG, 1.0), 1.0)
        return np.where(share_NG.any(axis=1), (share_NG * np.log(safe_NG)).sum(axis=1), np.nan)

    def _gap(self, shown_NK: np.ndarray, knobs: Knobs) -> np.ndarray:
        groups_NC, names = self._batch.fairness_NC, self._batch.fairness_names
        if groups_NC is None:
            return np.full(len(shown_NK), np.nan)
        groups = len(names) + 1
        held_NG = _counts(np.take_along_axis(groups_NC, shown_NK, axis=1), groups) / shown_NK.shape[1]
        there_NG = (_counts(groups_NC, groups) > 0).astype(float)
        if knobs.fairness_target:
            wanted = dict(knobs.fairness_target)
            target_NG = there_NG * np.array([0.0, *(wanted.get(name, 0.0) for name in names)])
        else:
            there_NG[:, 0] = 0.0
            target_NG = there_NG / np.maximum(there_NG.sum(axis=1, keepdims=True), 1.0)
        return np.abs(held_NG - target_NG).sum(axis=1) / 2.0


def _counts(codes_NM: np.ndarray, groups: int) -> np.ndarray:
    """How often each code stands in each row (N, G); those below 0 in none."""
    rows, places = np.nonzero(codes_NM >= 0)
    flat = rows * groups + codes_NM[rows, places]
    return np.bincount(flat, minlength=len(codes_NM) * groups).reshape(len(codes_NM), groups)


def _batch_of(columns: Columns, orders: Sequence[np.ndarray], scores_NC: np.ndarray, n: int) -> SlateBatch:
    count, size = scores_NC.shape
    nothing_NC = np.zeros((count, size), int)
    return SlateBatch(
        rows_N=np.arange(count),
        n_N=np.full(count, n),
        codes_NC=nothing_NC,
        shown_NK=nothing_NC[:, :0],
        scores_NC=scores_NC,
        doubts_NC=columns.ordered("doubts", orders),
        impressions_NC=columns.ordered("impressions", orders),
        ages_NC=columns.ordered("age_days", orders),
        popularity_NC=columns.ordered("popularity", orders, NO_CANDIDATE),
        shares_NG=columns.shares_NG,
        categories_NC=columns.ordered("categories", orders, 0),
        groups_NC=columns.ordered("groups", orders, 0),
        likeness_NKC=nothing_NC[:, None, :],
        matched_NC={},
        active_N={},
        fairness_NC=columns.ordered("fairness", orders, -1) if columns.has("fairness") else None,
        fairness_names=columns.fairness_names,
        vectors_NCV=columns.ordered("vectors", orders, 0.0) if columns.has("vectors") else None,
        likeness_NCC=columns.likeness(orders),
    )


def _rules(
    columns: Columns, orders: Sequence[np.ndarray], rules: Sequence[Rule], fairness_NC: np.ndarray | None
) -> BatchRules:
    """All visitors have the same rules, or none. What is no candidate may not be shown."""
    kept_NC = padded([np.ones(len(order_C), bool) for order_C in orders], False)
    lift_NC, pins = np.zeros(kept_NC.shape), []
    for place, rule in enumerate(rules):
        concerned_NC = columns.ordered(f"rule {place}", orders, False)
        if rule.kind == "pin":
            pins.append((rule.position or 1, concerned_NC))
        elif rule.kind in ("include_only", "exclude"):
            kept_NC &= concerned_NC == (rule.kind == "include_only")
        else:
            lift_NC += concerned_NC * (rule.strength * RULE_WEIGHT * (1.0 if rule.kind == "boost" else -1.0))
    return BatchRules(lift_NC, kept_NC, sorted(pins, key=lambda pin: pin[0]), fairness_NC)
