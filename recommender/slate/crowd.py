"""What knobs cost and bring over many visitors at once, each with candidates of their own.

`recommender.slate.metrics.measure` says the same of one visitor, ten times as slowly. Shapes as in `batch`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from recommender.slate.batch import SlateBatch
from recommender.slate.batch_walk import BatchRules, SlatesInTheMaking
from recommender.slate.candidates import SlateCandidates, canonical_order, group_codes
from recommender.slate.knobs import Knobs
from recommender.slate.metrics import SlateMetrics
from recommender.slate.relevance import self_information
from recommender.slate.rules import Rule
from recommender.slate.terms import NEARNESS_STEPS, RULE_WEIGHT, SMOOTHING

MOST_PAIRED = 400  # candidates whose likeness to each other is kept: 160 kB a visitor
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
        self._alike = [part for found in alike.values() for part in _parts(found)]
        self._n, self._attribute = n, fairness_attribute
        self._groups_of: dict[float, list[_Group]] = {}

    def __len__(self) -> int:
        return sum(map(len, self._alike))

    def _groups(self, fatigue: float) -> list["_Group"]:
        """By the knob of fatigue, which puts the candidates into another order."""
        if fatigue not in self._groups_of:
            while len(self._groups_of) >= KEPT_ORDERS:
                del self._groups_of[next(iter(self._groups_of))]
            self._groups_of[fatigue] = [_Group(part, self._n, self._attribute, fatigue) for part in self._alike]
        return self._groups_of[fatigue]

    def measure(self, knobs: Knobs, *, draws: int, seed: int) -> dict[str, np.ndarray]:
        """{field of `SlateMetrics`: of each visitor the mean over `draws` slates (N,)}; NaN where it is unknown."""
        rng, times = np.random.default_rng(seed), draws if knobs.exploration else 1
        groups = self._groups(knobs.fatigue)
        rows = [np.mean([group.once(knobs, rng) for _ in range(times)], axis=0) for group in groups]
        columns_MN = np.concatenate(rows, axis=1) if rows else np.zeros((len(_FIELDS), 0))
        return dict(zip(_FIELDS, columns_MN, strict=True))


def _parts(members: Sequence[Member]) -> list[Sequence[Member]]:
    """What is worked on then stays within a processor's own memory."""
    return [members[start : start + TOGETHER] for start in range(0, len(members), TOGETHER)]


_FIELDS = tuple(SlateMetrics.__dataclass_fields__)


class _Group:
    """Visitors whose slates have as many places. Who has fewer candidates than another has empty ones at the end."""

    def __init__(self, members: Sequence[Member], n: int, attribute: str, fatigue: float) -> None:
        scores = [member.candidates.expected(fatigue) for member in members]
        orders = [canonical_order(member.candidates, own) for member, own in zip(members, scores, strict=True)]
        pairs = list(zip(members, orders, strict=True))
        self._places = min(n, len(orders[0]))
        scores_NC = _padded([own[order_C] for own, order_C in zip(scores, orders, strict=True)], 0.0)
        self._batch, self._rules = _batch_of(pairs, scores_NC, n, attribute)
        self._tired_NC = _column(pairs, "fatigue")
        self._information_NC = _padded([_information(member.candidates)[order_C] for member, order_C in pairs], 0.0)
        best_NK, _, _ = self._drawn(Knobs(), np.random.default_rng(0))
        self._most_N = self._scores(best_NK).sum(axis=1)

    def __len__(self) -> int:
        return len(self._batch)

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
            odds_NC, _ = making.odds(place + 1)
            sums_NC = odds_NC.cumsum(axis=1)
            uniform_N1 = rng.random((len(self._batch), 1)) * sums_NC[:, -1:]
            index_N = np.minimum((sums_NC <= uniform_N1).sum(axis=1), odds_NC.shape[1] - 1)
            shown_NK[:, place], is_there_NK[:, place] = index_N, sums_NC[:, -1] > 0
            explored_NK[:, place] = ~making.is_best(index_N) & (odds_NC[making.rows_N, index_N] < 1.0)
            rows = np.flatnonzero(is_there_NK[:, place])
            making.choose(rows, index_N[rows])
        return shown_NK, explored_NK, is_there_NK

    def _scores(self, shown_NK: np.ndarray) -> np.ndarray:
        return np.take_along_axis(self._batch.scores_NC, shown_NK, axis=1)

    def _distance(self, shown_NK: np.ndarray) -> np.ndarray:
        vectors_NCV, places = self._batch.vectors_NCV, shown_NK.shape[1]
        if vectors_NCV is None or places < 2:
            return np.full(len(shown_NK), np.nan)
        vectors_NKV = np.take_along_axis(vectors_NCV, shown_NK[:, :, None], axis=1)
        alike_N = np.einsum("nkv,njv->n", vectors_NKV, vectors_NKV) - np.einsum("nkv,nkv->n", vectors_NKV, vectors_NKV)
        distance_N: np.ndarray = 1.0 - alike_N / (places * (places - 1))
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
        codes = np.arange(len(names) + 1)
        there_NG = (groups_NC[:, :, None] == codes).any(axis=1)
        held_NG = (np.take_along_axis(groups_NC, shown_NK, axis=1)[:, :, None] == codes).mean(axis=1)
        if knobs.fairness_target:
            wanted = dict(knobs.fairness_target)
            target_NG = there_NG * np.array([0.0, *(wanted.get(name, 0.0) for name in names)])
        else:
            there_NG[:, 0] = False
            target_NG = there_NG / np.maximum(there_NG.sum(axis=1, keepdims=True), 1)
        return np.abs(held_NG - target_NG).sum(axis=1) / 2.0


def _information(candidates: SlateCandidates) -> np.ndarray:
    known = candidates.popularity if candidates.popularity is not None else candidates.impressions
    return np.full(len(candidates), np.nan) if known is None else self_information(known)


Ordered = Sequence[tuple[Member, np.ndarray]]


def _batch_of(pairs: Ordered, scores_NC: np.ndarray, n: int, attribute: str) -> tuple[SlateBatch, BatchRules]:
    count, size = scores_NC.shape
    names, fairness_NC = _fairness(pairs, attribute)
    nothing_NC = np.zeros((count, size), int)
    vectors_NCV = _vectors(pairs) if all(member.candidates.vectors is not None for member, _ in pairs) else None
    batch = SlateBatch(
        rows_N=np.arange(count),
        n_N=np.full(count, n),
        codes_NC=nothing_NC,
        shown_NK=nothing_NC[:, :0],
        scores_NC=scores_NC,
        doubts_NC=_column(pairs, "doubts"),
        impressions_NC=_column(pairs, "impressions"),
        ages_NC=_column(pairs, "age_days"),
        popularity_NC=_column(pairs, "popularity", NO_CANDIDATE),
        shares_NG=_shares([member.profile or {} for member, _ in pairs]),
        categories_NC=_padded([_categories(member)[order_C] for member, order_C in pairs], 0),
        groups_NC=_padded([_variants(member.candidates)[order_C] for member, order_C in pairs], 0),
        likeness_NKC=nothing_NC[:, None, :],
        matched_NC={},
        active_N={},
        fairness_NC=fairness_NC,
        fairness_names=names,
        vectors_NCV=vectors_NCV,
        likeness_NCC=_likeness(vectors_NCV) if vectors_NCV is not None and size <= MOST_PAIRED else None,
    )
    return batch, _rules(pairs, fairness_NC, names)


def _padded(rows: Sequence[np.ndarray], empty: float) -> np.ndarray:
    """Rows of different lengths (N, C, …), `empty` where there is no candidate."""
    padded = np.full((len(rows), max(map(len, rows)), *rows[0].shape[1:]), empty, dtype=rows[0].dtype)
    for row, values in zip(padded, rows, strict=True):
        row[: len(values)] = values
    return padded


def _column(pairs: Ordered, name: str, empty: float = np.nan) -> np.ndarray:
    columns = [(getattr(member.candidates, name), order_C) for member, order_C in pairs]
    known = [np.full(len(o), np.nan) if column is None else np.asarray(column, dtype=float)[o] for column, o in columns]
    return _padded(known, empty)


def _vectors(pairs: Ordered) -> np.ndarray:
    return _padded([np.asarray(member.candidates.vectors)[order_C] for member, order_C in pairs], 0.0)


def _likeness(vectors_NCV: np.ndarray) -> np.ndarray:
    """A visitor at a time: of all at once the products alone would take 100 MB."""
    count, size, _ = vectors_NCV.shape
    likeness_NCC = np.empty((count, size, size), np.int8)
    for vectors_CV, likeness_CC in zip(vectors_NCV, likeness_NCC, strict=True):
        np.rint(vectors_CV @ vectors_CV.T * NEARNESS_STEPS, out=likeness_CC, casting="unsafe")
    return likeness_NCC


def _shares(profiles: Sequence[Mapping[str, float]]) -> np.ndarray:
    shares_NG = np.zeros((len(profiles), 1 + max(map(len, profiles))))
    for row, profile in enumerate(profiles):
        total = sum(profile.values())
        if total > 0:
            shares_NG[row, 1 : 1 + len(profile)] = np.array(list(profile.values())) / total
    return shares_NG


def _categories(member: Member) -> np.ndarray:
    code_of = {name: code for code, name in enumerate(member.profile or {}, start=1)}
    named = member.candidates.categories or [None] * len(member.candidates)
    return np.array([code_of.get(name or "", 0) for name in named], int)


def _variants(candidates: SlateCandidates) -> np.ndarray:
    codes_C, names = group_codes(candidates.groups or [None] * len(candidates))
    several_G = (np.bincount(codes_C, minlength=len(names)) > 1) & np.array([name != "" for name in names])
    return np.where(several_G, np.arange(1, len(names) + 1), 0)[codes_C]


def _fairness(pairs: Ordered, attribute: str) -> tuple[tuple[str, ...], np.ndarray | None]:
    columns = [member.candidates.values(attribute) for member, _ in pairs]
    known = [column for column in columns if column is not None]
    if len(known) < len(columns):
        return (), None
    names = tuple(sorted({str(value) for column in known for value in column if value is not None}))
    code_of = {name: code for code, name in enumerate(names, start=1)}
    coded = [np.array([0 if value is None else code_of[str(value)] for value in column]) for column in known]
    return names, _padded([codes_C[order_C] for codes_C, (_, order_C) in zip(coded, pairs, strict=True)], -1)


def _rules(pairs: Ordered, fairness_NC: np.ndarray | None, names: Sequence[str]) -> BatchRules:
    """All visitors have the same rules, or none. What is no candidate may not be shown."""
    kept_NC = _padded([np.ones(len(order_C), bool) for _, order_C in pairs], False)
    lift_NC, pins = np.zeros(kept_NC.shape), []
    for place, rule in enumerate(pairs[0][0].rules):
        concerned_NC = _padded([_concerned(member, member.rules[place])[order_C] for member, order_C in pairs], False)
        if rule.kind == "pin":
            pins.append((rule.position or 1, concerned_NC))
        elif rule.kind in ("include_only", "exclude"):
            kept_NC &= concerned_NC == (rule.kind == "include_only")
        else:
            lift_NC += concerned_NC * (rule.strength * RULE_WEIGHT * (1.0 if rule.kind == "boost" else -1.0))
    return BatchRules(lift_NC, kept_NC, sorted(pins, key=lambda pin: pin[0]), fairness_NC)


def _concerned(member: Member, rule: Rule) -> np.ndarray:
    concerned_C = np.zeros(len(member.candidates), dtype=bool)
    concerned_C[rule.places(member.candidates.values, range(len(concerned_C)))] = True
    return concerned_C
