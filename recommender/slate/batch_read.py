"""Batches of logged slates straight from their bytes: the columns of many records are unpacked at once.

What `batches_of` makes of the decoded records, at half of their cost together.
"""

from collections.abc import Iterable, Sequence

import numpy as np

from recommender.slate.batch import CHUNK, SlateBatch, batches_of, shares_of
from recommender.slate.packing import Column, unpack_many
from recommender.slate.record import BELIEF_STEPS, Packed, RecordError, SlateRecord, opened, unpacked

Entry = tuple[int, Packed, bytes]  # the caller's number, a record whose columns are packed, its likeness


def batches_of_bytes(raws: Iterable[tuple[int, bytes]]) -> tuple[list[SlateBatch], dict[int, RecordError]]:
    """Batches of (number, record as the log keeps it) pairs, and {number: why it cannot be read}."""
    alike: dict[tuple[int, int], list[Entry]] = {}
    refused: dict[int, RecordError] = {}
    for number, raw in raws:
        try:
            packed, likeness = opened(raw)
        except RecordError as problem:
            refused[number] = problem
            continue
        if packed.shown:
            alike.setdefault((packed.count, len(packed.shown)), []).append((number, packed, likeness))
    batches: list[SlateBatch] = []
    for entries in alike.values():
        for start in range(0, len(entries), CHUNK):
            batches += _batches(entries[start : start + CHUNK], refused)
    return batches, refused


def _batches(entries: Sequence[Entry], refused: dict[int, RecordError]) -> list[SlateBatch]:
    """Where one of them is damaged it is looked for."""
    try:
        return [_stacked(entries)]
    except ValueError:
        records: list[tuple[int, SlateRecord]] = []
        for number, packed, likeness in entries:
            try:
                records.append((number, unpacked(packed, likeness)))
            except RecordError as problem:
                refused[number] = problem
        return batches_of(records)


def _stacked(entries: Sequence[Entry]) -> SlateBatch:
    records = [packed for _, packed, _ in entries]
    names = tuple(sorted({name for each in records if each.fairness for name in each.fairness[0] if name}))
    numbers = sorted(set().union(*(each.matched for each in records)))
    return SlateBatch(
        rows_N=np.array([number for number, _, _ in entries]),
        n_N=np.array([each.n for each in records]),
        codes_NC=_whole(records, "codes"),
        shown_NK=np.array([each.shown for each in records], np.intp),
        scores_NC=_column(records, "scores"),
        doubts_NC=_column(records, "doubts") / BELIEF_STEPS,
        impressions_NC=_column(records, "impressions"),
        ages_NC=_column(records, "ages"),
        popularity_NC=_column(records, "popularity"),
        shares_NG=shares_of([each.profile for each in records]),
        categories_NC=_whole(records, "categories"),
        groups_NC=_whole(records, "groups"),
        likeness_NKC=_likeness(entries),
        matched_NC={number: _matched(records, number) for number in numbers},
        active_N={number: np.array([number in each.matched for each in records]) for number in numbers},
        fairness_NC=_fairness(records, names),
        fairness_names=names,
    )


def _column(records: Sequence[Packed], name: str) -> np.ndarray:
    """NaN where a record has none."""
    found: list[Column | None] = [getattr(each, name) for each in records]
    values_NC = np.full((len(found), records[0].count), np.nan)
    known = [row for row, column in enumerate(found) if column is not None]
    if known:
        values_NC[known] = unpack_many([column for column in found if column is not None], records[0].count)
    return values_NC


def _whole(records: Sequence[Packed], name: str) -> np.ndarray:
    return _column(records, name).astype(np.int64)


def _likeness(entries: Sequence[Entry]) -> np.ndarray:
    """What is like the last one is asked by nobody, and may be missing."""
    count, places = entries[0][1].count, len(entries[0][1].shown)
    steps_NKC = np.zeros((len(entries), places, count), np.int8)
    for steps_KC, (_, _, likeness) in zip(steps_NKC, entries, strict=True):
        read_KC = np.frombuffer(likeness, np.int8).reshape(-1, count)
        steps_KC[: len(read_KC)] = read_KC
    return steps_NKC


def _matched(records: Sequence[Packed], number: int) -> np.ndarray:
    count = records[0].count
    concerned_NC = np.zeros((len(records), count), bool)
    for row, each in enumerate(records):
        if bits := each.matched.get(number):
            concerned_NC[row] = np.unpackbits(np.frombuffer(bits, np.uint8), count=count)
    return concerned_NC


def _fairness(records: Sequence[Packed], names: Sequence[str]) -> np.ndarray | None:
    """The place of each item's group among the names, from 1; 0 for none. None unless every record tells it."""
    if any(each.fairness is None for each in records):
        return None
    code_of = {name: code for code, name in enumerate(names, start=1)}
    told = [each.fairness for each in records if each.fairness is not None]
    own_NC = unpack_many([column for _, column in told], records[0].count).astype(int)
    rows = zip(own_NC, told, strict=True)
    return np.array([np.array([code_of.get(name or "", 0) for name in own])[codes_C] for codes_C, (own, _) in rows])
