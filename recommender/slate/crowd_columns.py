"""What a crowd is asked of its members, as columns: worked out once, and put into whatever order knobs ask for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from recommender.slate.candidates import SlateCandidates, group_codes
from recommender.slate.relevance import self_information
from recommender.slate.rules import Rule
from recommender.slate.terms import NEARNESS_STEPS

MOST_PAIRED = 400  # candidates whose likeness to each other is kept: 160 kB a visitor
NUMBERS = ("doubts", "impressions", "age_days", "popularity", "fatigue")

Asked = tuple[SlateCandidates, Mapping[str, float] | None, Sequence[Rule]]  # a member, with own mix and active rules


@dataclass(frozen=True, eq=False)
class Columns:
    """Of N members, each with candidates of its own. `columns`: {name: of each member a column, in the order in which
    its candidates were given}; shares_NG: own mixes, of what is in none first; fairness_names: of the groups from 1."""

    columns: Mapping[str, Sequence[np.ndarray]]
    shares_NG: np.ndarray
    fairness_names: tuple[str, ...]

    @classmethod
    def of(cls, members: Sequence[Asked], attribute: str) -> "Columns":
        """`attribute`: by which fairness tells items apart. All members have the same rules."""
        people = [candidates for candidates, _, _ in members]
        names, fairness = _fairness(people, attribute)
        columns = {name: [_known(candidates, name) for candidates in people] for name in NUMBERS}
        columns |= {
            "information": [_information(candidates) for candidates in people],
            "categories": [_categories(candidates, profile or {}) for candidates, profile, _ in members],
            "groups": [_variants(candidates) for candidates in people],
        }
        columns |= {
            f"rule {place}": [_concerned(candidates, rules[place]) for candidates, _, rules in members]
            for place in _rules_of(members)
        }
        if fairness:
            columns["fairness"] = fairness
        if all(candidates.vectors is not None for candidates in people):
            columns["vectors"] = [np.asarray(candidates.vectors) for candidates in people]
            if max(map(len, people)) <= MOST_PAIRED:
                columns["likeness"] = [_likeness(vectors_CV) for vectors_CV in columns["vectors"]]
        return cls(columns, _shares([profile or {} for _, profile, _ in members]), names)

    def has(self, name: str) -> bool:
        """Whether every member's candidates tell it."""
        return name in self.columns

    def ordered(self, name: str, orders: Sequence[np.ndarray], empty: float = np.nan) -> np.ndarray:
        """A column (N, C, …) with the candidates of each member in an order; `empty` where there is no candidate."""
        return padded([column[order_C] for column, order_C in zip(self.columns[name], orders, strict=True)], empty)

    def likeness(self, orders: Sequence[np.ndarray]) -> np.ndarray | None:
        """Steps of each candidate to each (N, C, C); None where they are too many, or have no vectors."""
        if "likeness" not in self.columns:
            return None
        size = max(map(len, orders))
        likeness_NCC = np.zeros((len(orders), size, size), np.int8)
        for filled, own_CC, order_C in zip(likeness_NCC, self.columns["likeness"], orders, strict=True):
            filled[: len(order_C), : len(order_C)] = own_CC[order_C[:, None], order_C]
        return likeness_NCC


def padded(rows: Sequence[np.ndarray], empty: float) -> np.ndarray:
    """Rows of different lengths (N, C, …), `empty` where there is no candidate."""
    filled = np.full((len(rows), max(map(len, rows)), *rows[0].shape[1:]), empty, dtype=rows[0].dtype)
    for row, values in zip(filled, rows, strict=True):
        row[: len(values)] = values
    return filled


def _known(candidates: SlateCandidates, name: str) -> np.ndarray:
    column = getattr(candidates, name)
    return np.full(len(candidates), np.nan) if column is None else np.asarray(column, dtype=float)


def _information(candidates: SlateCandidates) -> np.ndarray:
    known = candidates.popularity if candidates.popularity is not None else candidates.impressions
    return np.full(len(candidates), np.nan) if known is None else self_information(known)


def _categories(candidates: SlateCandidates, profile: Mapping[str, float]) -> np.ndarray:
    code_of = {name: code for code, name in enumerate(profile, start=1)}
    named = candidates.categories or [None] * len(candidates)
    return np.array([code_of.get(name or "", 0) for name in named], int)


def _variants(candidates: SlateCandidates) -> np.ndarray:
    codes_C, names = group_codes(candidates.groups or [None] * len(candidates))
    several_G = (np.bincount(codes_C, minlength=len(names)) > 1) & np.array([name != "" for name in names])
    return np.where(several_G, np.arange(1, len(names) + 1), 0)[codes_C]


def _fairness(people: Sequence[SlateCandidates], attribute: str) -> tuple[tuple[str, ...], list[np.ndarray]]:
    """Names of the groups, and of each member's candidates the place among them from 1, 0 for none; empty where
    somebody's do not tell."""
    columns = [candidates.values(attribute) for candidates in people]
    known = [column for column in columns if column is not None]
    if len(known) < len(columns):
        return (), []
    names = tuple(sorted({str(value) for column in known for value in column if value is not None}))
    code_of = {name: code for code, name in enumerate(names, start=1)}
    coded = [np.array([0 if value is None else code_of[str(value)] for value in column]) for column in known]
    return names, coded


def _rules_of(members: Sequence[Asked]) -> range:
    return range(len(members[0][2]))


def _concerned(candidates: SlateCandidates, rule: Rule) -> np.ndarray:
    concerned_C = np.zeros(len(candidates), dtype=bool)
    concerned_C[rule.places(candidates.values, range(len(concerned_C)))] = True
    return concerned_C


def _likeness(vectors_CV: np.ndarray) -> np.ndarray:
    likeness_CC = np.empty((len(vectors_CV), len(vectors_CV)), np.int8)
    np.rint(vectors_CV @ vectors_CV.T * NEARNESS_STEPS, out=likeness_CC, casting="unsafe")
    return likeness_CC


def _shares(profiles: Sequence[Mapping[str, float]]) -> np.ndarray:
    shares_NG = np.zeros((len(profiles), 1 + max(map(len, profiles))))
    for row, profile in enumerate(profiles):
        total = sum(profile.values())
        if total > 0:
            shares_NG[row, 1 : 1 + len(profile)] = np.array(list(profile.values())) / total
    return shares_NG
