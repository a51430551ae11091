"""What a slate was drawn from, as the log keeps it: enough to draw it again without the model and catalog of then.

Knobs, rules and seed are not in it: they stand beside it in the log, most slates sharing the former. What a rule said
of the items is kept as which of them it concerned, likeness as the steps that the draw read.
"""

import struct
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
import zstandard

from recommender.errors import InputError
from recommender.slate.packing import Column, pack, pack_descending, unpack

SCHEMA = 4  # raised whenever the same record would be drawn from otherwise, or holds what older readers do not know
# In what steps doubts and fatigue are best given, so that the log keeps them in few bytes: a power of 2, so that no
# digit is lost by it.
BELIEF_STEPS = 256.0
_HEAD = struct.Struct("<BI")  # schema, bytes of the columns; likeness follows them
_MOST_BYTES = 64 * 2**20  # of a damaged record that claims to be endless


class RecordError(InputError):
    """A record that cannot be read: damaged, or of another schema."""


@dataclass(frozen=True, eq=False)
class SlateRecord:
    """A slate and what it was drawn from: C candidates in the canonical order, K places of the slate.

    codes_C: the caller's numbers of the items. shown_K: places of the chosen candidates. pinned_K: put there by a rule.
    scores_C: with worth and fatigue in them. doubts_C: of beliefs, NaN where there were none. fatigue_C: the factor
    that went into the scores with the exponent `fatigue`, the knob; None where it was 1 for all.
    ages_C: days where they stood in for impressions; else inf for an item older than the policy's bound, 0 if not.
    categories_C: 0, or the place (from 1) of the item's category in `profile`, the visitor's own mix of categories.
    groups_C: 0, or a number that the variants of one product share. fairness: the group of each item, where that knob
    was on. matched: {number of a rule: places of the items that it concerned}, of rules that were active.
    nearness_NC: likeness of the first N places of the slate to every candidate, in steps; N 0 without vectors.
    """

    n: int
    codes_C: np.ndarray
    shown_K: np.ndarray
    pinned_K: np.ndarray
    scores_C: np.ndarray
    doubts_C: np.ndarray | None
    impressions_C: np.ndarray | None
    ages_C: np.ndarray | None
    popularity_C: np.ndarray | None
    profile: tuple[tuple[str, float], ...]
    categories_C: np.ndarray
    groups_C: np.ndarray
    fairness: tuple[str | None, ...] | None
    matched: Mapping[int, np.ndarray]
    nearness_NC: np.ndarray
    fatigue_C: np.ndarray | None = None
    fatigue: float = 0.0

    def __len__(self) -> int:
        return len(self.codes_C)

    def encode(self) -> bytes:
        """The bytes that `decode` reads back as an equal record; the first is the schema.

        Likeness is compressed by itself: with bytes that mean something else it would take a sixth more.
        """
        return _encoded(_packed(self), self.nearness_NC)

    @classmethod
    def decode(cls, raw: bytes) -> "SlateRecord":
        """Raises RecordError for bytes that are no record of this schema."""
        return unpacked(*opened(raw))


class Packed(msgspec.Struct, array_like=True):
    """A record as it is stored, without likeness; what comes later stands behind, with a default."""

    n: int
    count: int
    shown: list[int]
    pinned: list[int]
    codes: Column
    scores: Column
    impressions: Column | None
    ages: Column | None
    popularity: Column | None
    profile: tuple[tuple[str, float], ...]
    categories: Column
    groups: Column
    fairness: tuple[tuple[str | None, ...], Column] | None
    matched: dict[int, bytes]
    doubts: Column | None = None
    tired: Column | None = None
    fatigue: float = 0.0


_ENCODER, _DECODER = msgspec.msgpack.Encoder(), msgspec.msgpack.Decoder(Packed)


class _Codecs(threading.local):
    """Of each thread its own: they hold buffers, and may not be shared."""

    def __init__(self) -> None:
        self.compressor = zstandard.ZstdCompressor(level=1)
        self.decompressor = zstandard.ZstdDecompressor()


_CODECS = _Codecs()


def encode_alike(records: Sequence[SlateRecord]) -> list[bytes]:
    """`encode` of records that differ in what was shown alone: their columns are packed once."""
    packed = _packed(records[0])
    return [
        _encoded(
            msgspec.structs.replace(
                packed, shown=record.shown_K.tolist(), pinned=np.flatnonzero(record.pinned_K).tolist()
            ),
            record.nearness_NC,
        )
        for record in records
    ]


def _encoded(packed: Packed, nearness_NC: np.ndarray) -> bytes:
    compress = _CODECS.compressor.compress
    columns, likeness = compress(_ENCODER.encode(packed)), compress(nearness_NC.tobytes())
    return _HEAD.pack(SCHEMA, len(columns)) + columns + likeness


def opened(raw: bytes) -> tuple[Packed, bytes]:
    """A record whose columns are still packed, and its likeness as bytes. Raises RecordError."""
    if raw[:1] != bytes([SCHEMA]):
        raise RecordError(f"record: is of schema {raw[0] if raw else 0}; this version reads {SCHEMA}")
    try:
        _, size = _HEAD.unpack_from(raw)
        columns, likeness = _plain(raw[_HEAD.size : _HEAD.size + size]), _plain(raw[_HEAD.size + size :])
        return _DECODER.decode(columns), likeness
    except (zstandard.ZstdError, msgspec.DecodeError, struct.error) as problem:
        raise RecordError(f"record: cannot be read ({problem})") from None


def unpacked(packed: Packed, likeness: bytes) -> SlateRecord:
    """What was packed. Raises RecordError."""
    try:
        return _unpacked(packed, likeness)
    except ValueError as problem:
        raise RecordError(f"record: cannot be read ({problem})") from None


def _plain(compressed: bytes) -> bytes:
    return _CODECS.decompressor.decompress(compressed, max_output_size=_MOST_BYTES)


def _packed(record: SlateRecord) -> Packed:
    count = len(record)
    return Packed(
        n=record.n,
        count=count,
        shown=record.shown_K.tolist(),
        pinned=np.flatnonzero(record.pinned_K).tolist(),
        codes=pack(record.codes_C),
        scores=pack_descending(record.scores_C),
        impressions=_packed_if_known(record.impressions_C),
        ages=_packed_if_known(record.ages_C),
        popularity=_packed_if_known(record.popularity_C),
        profile=record.profile,
        categories=pack(record.categories_C),
        groups=pack(record.groups_C),
        fairness=_packed_groups(record.fairness),
        matched={number: _bits(places, count) for number, places in record.matched.items()},
        doubts=_packed_steps(record.doubts_C),
        tired=_packed_steps(record.fatigue_C),
        fatigue=record.fatigue,
    )


def _unpacked(packed: Packed, likeness: bytes) -> SlateRecord:
    count, shown_K = packed.count, np.array(packed.shown, np.intp)
    fairness = packed.fairness
    return SlateRecord(
        n=packed.n,
        codes_C=unpack(packed.codes, count).astype(np.int64),
        shown_K=shown_K,
        pinned_K=np.isin(np.arange(len(shown_K)), packed.pinned),
        scores_C=unpack(packed.scores, count),
        doubts_C=_unpacked_steps(packed.doubts, count),
        impressions_C=_unpacked_if_known(packed.impressions, count),
        ages_C=_unpacked_if_known(packed.ages, count),
        popularity_C=_unpacked_if_known(packed.popularity, count),
        profile=packed.profile,
        categories_C=unpack(packed.categories, count).astype(np.intp),
        groups_C=unpack(packed.groups, count).astype(np.intp),
        fairness=fairness and tuple(fairness[0][code] for code in unpack(fairness[1], count).astype(int).tolist()),
        matched={
            number: np.flatnonzero(np.unpackbits(np.frombuffer(bits, np.uint8), count=count))
            for number, bits in packed.matched.items()
        },
        nearness_NC=np.frombuffer(likeness, np.int8).reshape(-1, count or 1),
        fatigue_C=_unpacked_steps(packed.tired, count),
        fatigue=packed.fatigue,
    )


def _packed_if_known(values_C: np.ndarray | None) -> Column | None:
    return None if values_C is None else pack(values_C)


def _unpacked_if_known(column: Column | None, count: int) -> np.ndarray | None:
    return None if column is None else unpack(column, count)


def _packed_steps(values_C: np.ndarray | None) -> Column | None:
    """Whole steps take a byte each; whatever else stands between them keeps its last digit too."""
    return None if values_C is None else pack(values_C * BELIEF_STEPS)


def _unpacked_steps(column: Column | None, count: int) -> np.ndarray | None:
    return None if column is None else unpack(column, count) / BELIEF_STEPS


def _packed_groups(groups: tuple[str | None, ...] | None) -> tuple[tuple[str | None, ...], Column] | None:
    if groups is None:
        return None
    code_of = {group: code for code, group in enumerate(dict.fromkeys(groups))}
    return tuple(code_of), pack(np.array([code_of[group] for group in groups]))


def _bits(places: np.ndarray, count: int) -> bytes:
    concerned_C = np.zeros(count, bool)
    concerned_C[places] = True
    return np.packbits(concerned_C).tobytes()
