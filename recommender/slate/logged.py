"""Slates and their records: what is kept of a draw, the draw made again, and what other knobs would have made of it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from recommender.slate.candidates import SlateCandidates, group_codes
from recommender.slate.knobs import Knobs, is_read
from recommender.slate.record import RecordError, SlateRecord
from recommender.slate.rules import Rule
from recommender.slate.sampling import Slate, chances_of, make_slate
from recommender.slate.terms import nearness_steps

_GROUP = "group"  # the field by which fairness tells the items of a record apart


def record_of(
    candidates: SlateCandidates,
    codes: Sequence[int],
    knobs: Knobs,
    profile: Mapping[str, float] | None,
    n: int,
    slate: Slate,
) -> SlateRecord:
    """The record of a slate that `make_slate` drew with these arguments. `codes`: a number for each candidate."""
    order_C = slate.trace.order_C
    place_of = np.empty(len(order_C), np.intp)
    place_of[order_C] = np.arange(len(order_C))
    shown_K, pinned_K = place_of[slate.indices], np.isnan(slate.adjusted_scores)
    return SlateRecord(
        n=n,
        codes_C=np.asarray(codes)[order_C],
        shown_K=shown_K,
        pinned_K=pinned_K,
        scores_C=candidates.expected(knobs.fatigue)[order_C],
        doubts_C=_ordered(candidates.doubts, order_C),
        impressions_C=_impressions(candidates, knobs, order_C),
        ages_C=_ages(candidates, knobs, order_C),
        popularity_C=_ordered(candidates.popularity, order_C) if _reads_popularity(candidates, knobs) else None,
        profile=tuple(profile.items()) if profile else (),
        categories_C=_categories(candidates, profile, order_C),
        groups_C=_variants(candidates.groups, order_C),
        fairness=_fairness(candidates, knobs, order_C),
        matched={number: np.asarray(places, np.intp) for number, places in slate.trace.matched.items()},
        nearness_NC=nearness_of(candidates, slate, shown_K, pinned_K),
        fatigue_C=_fatigue(candidates, order_C),
        fatigue=knobs.fatigue,
    )


def draw_again(record: SlateRecord, knobs: Knobs, rules: Sequence[Rule], seed: int) -> Slate:
    """The slate of a record, drawn anew; its indices are places. Raises RecordError for the rules of another policy.

    Raises InputError where the draw goes another way than it did, and asks for what nobody asked then.
    """
    candidates, knobs, then = _as_logged(record, knobs, rules)
    return make_slate(candidates, knobs, record.n, then, dict(record.profile), np.random.default_rng(seed))


def chances_under(record: SlateRecord, knobs: Knobs, rules: Sequence[Rule]) -> np.ndarray:
    """(K,) chance that other knobs would have shown each item of a logged slate after the same items before it.

    `rules` are those of then, in their order. Raises RecordError for the rules of another policy.
    """
    candidates, knobs, then = _as_logged(record, knobs, rules)
    return chances_of(candidates, knobs, record.shown_K.tolist(), record.n, then, dict(record.profile))


def _as_logged(record: SlateRecord, knobs: Knobs, rules: Sequence[Rule]) -> tuple[SlateCandidates, Knobs, list[Rule]]:
    """Candidates, knobs and rules that ask of the items what the record says of them."""
    if any(number >= len(rules) for number in record.matched):
        raise RecordError("record: speaks of rules that the policy does not have")
    fields: list[dict[str, Any]] = [{} for _ in range(len(record))]
    for number, places in record.matched.items():
        for place in places.tolist():
            fields[place][f"rule {number}"] = True
    for place, group in enumerate(record.fairness or ()):
        fields[place][_GROUP] = group
    then = [
        replace(rules[number], match=((f"rule {number}", True),), starts_at=None, ends_at=None)
        for number in sorted(record.matched)
    ]
    asked = replace(knobs, fairness_attribute=_GROUP, fairness=knobs.fairness if record.fairness else 0.0)
    # the scores have the fatigue of the policy that served in them, as much as it asked for
    then_C = record.scores_C
    if record.fatigue_C is not None and knobs.fatigue != record.fatigue:
        then_C = then_C * record.fatigue_C ** (knobs.fatigue - record.fatigue)
    return replace(logged_candidates(record), scores=then_C, attributes=fields), asked, then


def logged_candidates(record: SlateRecord) -> SlateCandidates:
    """The candidates of a record without what rules and fairness would ask of them; ids are their places."""
    categories = [None, *(name for name, _ in record.profile)]
    nothing_C = np.zeros(len(record))  # what is like the last one is asked, and used by nobody
    rows = {int(record.shown_K[number]): row_C for number, row_C in enumerate(record.nearness_NC)}
    return SlateCandidates(
        item_ids=[str(place) for place in range(len(record))],
        scores=record.scores_C,
        categories=[categories[code] for code in record.categories_C.tolist()],
        doubts=record.doubts_C,
        impressions=record.impressions_C,
        age_days=record.ages_C,
        groups=[str(code) if code else None for code in record.groups_C.tolist()],
        popularity=record.popularity_C,
        nearness=dict.fromkeys(record.shown_K[-1:].tolist(), nothing_C) | rows if rows else {},
    )


def _ordered(values: Any, order_C: np.ndarray) -> np.ndarray | None:
    return None if values is None else np.asarray(values, dtype=float)[order_C]


def _ages(candidates: SlateCandidates, knobs: Knobs, order_C: np.ndarray) -> np.ndarray | None:
    """Only what exploration reads of them, unless another knob asks for all: with as many digits as they have they
    would take as much as the scores."""
    ages_C, most = _ordered(candidates.age_days, order_C), knobs.explore_max_age_days
    if is_read("age_days", knobs):
        return ages_C
    if ages_C is None or most is None or not knobs.exploration:
        return None
    shown_C = _ordered(candidates.impressions, order_C)
    older_C = np.where(ages_C > most, np.inf, 0.0)
    if not most or _are_all_believed(candidates):
        return older_C
    return np.where(np.isnan(shown_C), ages_C, older_C) if shown_C is not None else ages_C


def _impressions(candidates: SlateCandidates, knobs: Knobs, order_C: np.ndarray) -> np.ndarray | None:
    """Only where they are read: by exploration where there are no doubts, and by novelty in place of popularity."""
    stand_in = knobs.novelty > 0 and candidates.popularity is None
    return None if _are_all_believed(candidates) and not stand_in else _ordered(candidates.impressions, order_C)


def _are_all_believed(candidates: SlateCandidates) -> bool:
    return candidates.doubts is not None and not np.isnan(candidates.doubts).any()


def _fatigue(candidates: SlateCandidates, order_C: np.ndarray) -> np.ndarray | None:
    tired_C = _ordered(candidates.fatigue, order_C)
    return None if tired_C is None or (tired_C == 1.0).all() else tired_C


def _reads_popularity(candidates: SlateCandidates, knobs: Knobs) -> bool:
    """Whether a knob asks for it, or exploration where nothing else says how well an item is known."""
    if is_read("popularity", knobs) or not knobs.exploration:
        return is_read("popularity", knobs)
    if _are_all_believed(candidates):
        return False
    return candidates.impressions is None or bool(np.isnan(candidates.impressions).any())


def _categories(candidates: SlateCandidates, profile: Mapping[str, float] | None, order_C: np.ndarray) -> np.ndarray:
    if not profile or candidates.categories is None:
        return np.zeros(len(order_C), np.intp)
    number_of = {name: number for number, name in enumerate(profile, start=1)}
    coded = [number_of.get(category or "", 0) for category in candidates.categories]
    return np.array(coded, np.intp)[order_C]


def _variants(groups: Sequence[str | None] | None, order_C: np.ndarray) -> np.ndarray:
    named = list(filter(None, groups or ()))
    if groups is None or len(set(named)) == len(named):
        return np.zeros(len(order_C), np.intp)
    codes_C, names = group_codes(groups)
    several_G = (np.bincount(codes_C, minlength=len(names)) > 1) & np.array([name != "" for name in names])
    numbers_G = np.where(several_G, np.cumsum(several_G), 0)
    numbers_C: np.ndarray = numbers_G[codes_C][order_C]
    return numbers_C


def _fairness(candidates: SlateCandidates, knobs: Knobs, order_C: np.ndarray) -> tuple[str | None, ...] | None:
    values = candidates.values(knobs.fairness_attribute) if knobs.fairness else None
    return None if values is None else tuple(_text(values[index]) for index in order_C.tolist())


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def nearness_of(candidates: SlateCandidates, slate: Slate, shown_K: np.ndarray, pinned_K: np.ndarray) -> np.ndarray:
    """int8 (N, C): what the draw read of the items shown; of the last one nobody reads it, unless it is pinned."""
    order_C, read = slate.trace.order_C, slate.trace.nearness
    places_N = shown_K[: len(shown_K) - (not pinned_K[-1:].any())]
    if candidates.vectors is None or not len(places_N):
        return np.zeros((0, len(order_C)), np.int8)
    if read:
        return np.array([read[place] for place in places_N.tolist()], np.int8)
    return nearness_steps(np.asarray(candidates.vectors)[order_C], places_N).astype(np.int8)
