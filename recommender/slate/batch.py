"""Records of logged slates as columns, and what other knobs would have made of them, a thousand slates at a time.

`recommender.slate.logged.chances_under` says the same of one slate, ten times as slowly. Shapes: N slates that have as
many candidates C and places K each, G groups.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any

import numpy as np

from recommender.slate.record import SlateRecord
from recommender.slate.relevance import rarity_rows, relevance_rows
from recommender.slate.terms import doubts_of

CHUNK = 512  # slates: what is worked on then stays within a processor's own memory


@dataclass(frozen=True, eq=False)
class SlateBatch:
    """N records side by side; fields as in `SlateRecord`, NaN where something is not known.

    scores_NC: with the fatigue of the policy that served; the knob of another is not read.
    rows_N: the caller's numbers of the slates. shares_NG, categories_NC: the visitor's own mix, and the place of each
    item's category in it (0: in none). matched_NC: {number of a rule: the items that it concerned} of rules that were
    active in one of them; active_N: in which. groups_NC: 0 or a number within the slate. likeness_NKC: of the places.
    fairness_NC: 0, or the place (from 1) of the item's group in `fairness_names`, where that knob was on.
    vectors_NCV: of candidates that come from no log, in place of likeness_NKC; likeness_NCC: of each to each, which is
    found sooner.
    """

    rows_N: np.ndarray
    n_N: np.ndarray
    codes_NC: np.ndarray
    shown_NK: np.ndarray
    scores_NC: np.ndarray
    doubts_NC: np.ndarray
    impressions_NC: np.ndarray
    ages_NC: np.ndarray
    popularity_NC: np.ndarray
    shares_NG: np.ndarray
    categories_NC: np.ndarray
    groups_NC: np.ndarray
    likeness_NKC: np.ndarray
    matched_NC: Mapping[int, np.ndarray]
    active_N: Mapping[int, np.ndarray]
    fairness_NC: np.ndarray | None = None
    fairness_names: tuple[str, ...] = ()
    vectors_NCV: np.ndarray | None = None
    likeness_NCC: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.rows_N)

    # What no knob changes is worked out once for all that are tried; nobody writes to it.

    @cached_property
    def relevance(self) -> tuple[np.ndarray, np.ndarray]:
        """Of the scores (N, C), and its unit (N,)."""
        return relevance_rows(self.scores_NC)

    @cached_property
    def rarity_NC(self) -> np.ndarray:
        """What novelty adds, on the scale of relevance."""
        return rarity_rows(np.where(np.isnan(self.popularity_NC), self.impressions_NC, self.popularity_NC))

    @cached_property
    def _doubts_of(self) -> dict[float | None, np.ndarray]:
        return {}

    def doubts_under(self, max_age_days: float | None) -> np.ndarray:
        """How little is known of each item (N, C), on the scale of relevance, under a bound of their ages."""
        if max_age_days not in self._doubts_of:
            known = (self.doubts_NC, self.impressions_NC, self.ages_NC, self.popularity_NC)
            fall_N1 = self.relevance[1][:, None]
            shape = self.scores_NC.shape
            self._doubts_of[max_age_days] = doubts_of(*known, max_age_days=max_age_days, fall=fall_N1, shape=shape)
        return self._doubts_of[max_age_days]

    def part(self, kept: np.ndarray) -> "SlateBatch":
        """Some of the slates."""
        arrays: dict[str, Any] = {
            name: getattr(self, name)[kept] for name in _BY_SLATE if isinstance(getattr(self, name), np.ndarray)
        }
        by_rule: dict[str, Any] = {
            name: {number: values[kept] for number, values in getattr(self, name).items()}
            for name in ("matched_NC", "active_N")
        }
        return replace(self, **arrays, **by_rule)


_BY_SLATE = [part.name for part in fields(SlateBatch) if part.name.rpartition("_")[2].startswith("N")]


def batches_of(records: Iterable[tuple[int, SlateRecord]]) -> list[SlateBatch]:
    """(number, record) pairs as batches of at most CHUNK slates; slates without a place are left out."""
    alike: dict[tuple[int, int], list[tuple[int, SlateRecord]]] = {}
    for row, record in records:
        if len(record.shown_K):
            alike.setdefault((len(record), len(record.shown_K)), []).append((row, record))
    return [
        _stacked(entries[start : start + CHUNK])
        for entries in alike.values()
        for start in range(0, len(entries), CHUNK)
    ]


def _stacked(entries: Sequence[tuple[int, SlateRecord]]) -> SlateBatch:
    records = [record for _, record in entries]
    count, places = len(records[0]), len(records[0].shown_K)
    names = tuple(sorted({name for record in records for name in record.fairness or () if name}))
    return SlateBatch(
        rows_N=np.array([row for row, _ in entries]),
        n_N=np.array([record.n for record in records]),
        codes_NC=np.stack([record.codes_C for record in records]),
        shown_NK=np.stack([record.shown_K for record in records]),
        scores_NC=np.stack([record.scores_C for record in records]),
        doubts_NC=_known([record.doubts_C for record in records], count),
        impressions_NC=_known([record.impressions_C for record in records], count),
        ages_NC=_known([record.ages_C for record in records], count),
        popularity_NC=_known([record.popularity_C for record in records], count),
        shares_NG=shares_of([record.profile for record in records]),
        categories_NC=np.stack([record.categories_C for record in records]),
        groups_NC=np.stack([record.groups_C for record in records]),
        likeness_NKC=np.stack([_likeness(record, places) for record in records]),
        matched_NC={number: _matched(records, number) for number in _numbers(records)},
        active_N={number: np.array([number in record.matched for record in records]) for number in _numbers(records)},
        fairness_NC=_fairness(records, names),
        fairness_names=names,
    )


def _fairness(records: Sequence[SlateRecord], names: Sequence[str]) -> np.ndarray | None:
    if any(record.fairness is None for record in records):
        return None
    code_of = {name: code for code, name in enumerate(names, start=1)}
    return np.array([[code_of.get(name or "", 0) for name in record.fairness or ()] for record in records])


def _known(columns: Sequence[np.ndarray | None], count: int) -> np.ndarray:
    return np.stack([np.full(count, np.nan) if column is None else column for column in columns])


def shares_of(profiles: Sequence[Sequence[tuple[str, float]]]) -> np.ndarray:
    """Visitors' own mixes as shares (N, G), behind a column for what is in none."""
    shares_NG = np.zeros((len(profiles), 1 + max(map(len, profiles))))
    for row, profile in enumerate(profiles):
        own = np.array([share for _, share in profile])
        total = own.sum()
        if total > 0:
            shares_NG[row, 1 : 1 + len(own)] = own / total
    return shares_NG


def _likeness(record: SlateRecord, places: int) -> np.ndarray:
    """What is like the last one is asked by nobody, and may be missing."""
    steps_KC = np.zeros((places, len(record)), np.int8)
    steps_KC[: len(record.nearness_NC)] = record.nearness_NC
    return steps_KC


def _numbers(records: Sequence[SlateRecord]) -> list[int]:
    return sorted(set().union(*(record.matched for record in records)))


def _matched(records: Sequence[SlateRecord], number: int) -> np.ndarray:
    concerned_NC = np.zeros((len(records), len(records[0])), bool)
    for row, record in enumerate(records):
        concerned_NC[row, record.matched.get(number, ())] = True
    return concerned_NC
