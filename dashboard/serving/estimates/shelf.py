"""Prepared slates in files on this machine: to take a record apart costs ten times what judging it does.

The log is the truth: what it does not name any more, of an erased visitor say, is not read from here, and a file that
holds such a slate goes. Files may be deleted at any time; they are made again.
"""

import logging
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import msgspec
import numpy as np
from django.conf import settings

from dashboard.accounts.models import Shop
from dashboard.core import clock, ids
from dashboard.events.selectors import SlateHead, slates_by_ids
from dashboard.events.selectors.exposures import Terms
from dashboard.serving.estimates.prepared import PreparedSlates, prepare
from recommender.errors import InputError
from recommender.slate.batch_file import packed_batch, unpacked_batch

logger = logging.getLogger(__name__)
FOLDER = "estimates"
SLATES_A_FILE = 2_000  # 5 MB; fewer are not worth a file
KEPT_DAYS = 60
ASKED_DAYS = 7  # since somebody asked about a placement: so long new slates are made ready beforehand
_ENDING, _ASKED = ".slates", "asked"


class _Entry(msgspec.Struct, array_like=True):
    policy_hash: str
    audience_id: int | None
    ids: list[UUID]
    batch: bytes
    logged: bytes
    same: bytes
    left: bytes


class _File(msgspec.Struct, array_like=True):
    oldest_at: datetime
    entries: list[_Entry]
    refused: dict[str, str]


_ENCODER, _DECODER = msgspec.msgpack.Encoder(), msgspec.msgpack.Decoder(_File)


class Shelf:
    """The prepared slates of a placement. `refused`: why a slate cannot be judged, of those that were asked for.
    `at_once`: of what is not there only so many, the newest, are made; the others are in `unread`."""

    def __init__(self, shop: Shop, placement: str, at_once: int | None = None) -> None:
        self._shop = shop
        self._folder = _folder_of(shop) / placement
        self._at_once = at_once
        self.refused: dict[UUID, str] = {}
        self.unread: frozenset[UUID] = frozenset()

    def prepared(self, heads: Sequence[SlateHead], terms: Mapping[str, Terms]) -> Iterator[PreparedSlates]:
        """Of `heads`, which are newest first, in any order; what is not there is made, and put there."""
        wanted = {head.recommendation_id for head in heads}
        self._remember_asking()
        for file in self._files(heads, wanted):
            self.refused |= {UUID(slate): why for slate, why in file.refused.items() if UUID(slate) in wanted}
            yield from _living(map(_unpacked, file.entries), wanted)
            wanted -= _slates_of(file)
        missing = [head for head in heads if head.recommendation_id in wanted]
        if self._at_once is not None:
            self.unread = frozenset(head.recommendation_id for head in missing[self._at_once :])
            missing = missing[: self._at_once]
        for start in range(0, len(missing), SLATES_A_FILE):
            yield from self._made(missing[start : start + SLATES_A_FILE], terms)

    def make_ready(self, heads: Sequence[SlateHead], terms: Mapping[str, Terms]) -> int:
        """Prepare what is not there yet of `heads`, as far as it fills files; of how many slates."""
        wanted = {head.recommendation_id for head in heads}
        for file in self._files(heads, wanted):
            wanted -= _slates_of(file)
        missing = [head for head in heads if head.recommendation_id in wanted]
        count = len(missing) - len(missing) % SLATES_A_FILE
        for start in range(0, count, SLATES_A_FILE):
            self._made(missing[start : start + SLATES_A_FILE], terms)
        return count

    def _files(self, heads: Sequence[SlateHead], wanted: set[UUID]) -> Iterator[_File]:
        """Those of use; the others go. `wanted` may shrink meanwhile, by what was in them."""
        for path in sorted(self._folder.glob(f"*{_ENDING}")):
            file = _read(path)
            if file is not None and _is_of_use(file, heads, wanted):
                yield file
            else:
                path.unlink(missing_ok=True)

    def _remember_asking(self) -> None:
        with suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
            (self._folder / _ASKED).touch()

    def _made(self, heads: Sequence[SlateHead], terms: Mapping[str, Terms]) -> list[PreparedSlates]:
        newest, oldest = heads[0].served_at, heads[-1].served_at
        asked = [head.recommendation_id for head in heads]
        made, refused = prepare(slates_by_ids(self._shop.pk, asked, since=oldest, until=newest), terms)
        self.refused |= refused
        if len(heads) == SLATES_A_FILE:
            file = _File(oldest, list(map(_packed, made)), {str(slate): why for slate, why in refused.items()})
            self._put(_ENCODER.encode(file))
        return made

    def _put(self, raw: bytes) -> None:
        """A full disk or a folder that is not ours costs time, and nothing else."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            incoming = self._folder / f"{ids.time_ordered_hex()}.incoming"
            incoming.write_bytes(raw)
            incoming.rename(incoming.with_suffix(_ENDING))
        except OSError as problem:
            logger.warning("Prepared slates cannot be kept: %s", problem.strerror)


def asked_placements(shop: Shop) -> list[str]:
    """Of which somebody asked lately on this machine."""
    since = (clock.now() - timedelta(days=ASKED_DAYS)).timestamp()
    marks = [path / _ASKED for path in _folder_of(shop).glob("*")]
    return sorted(mark.parent.name for mark in marks if mark.is_file() and mark.stat().st_mtime > since)


def forget_prepared(shop: Shop) -> None:
    """Drop what this machine keeps of a shop; it is made again of what is in the log."""
    shutil.rmtree(_folder_of(shop), ignore_errors=True)


def _folder_of(shop: Shop) -> Path:
    return Path(settings.DATA_DIR) / FOLDER / f"shop-{shop.pk}"


def _read(path: Path) -> _File | None:
    try:
        return _DECODER.decode(path.read_bytes())
    except (OSError, msgspec.DecodeError):
        return None


def _is_of_use(file: _File, heads: Sequence[SlateHead], wanted: set[UUID]) -> bool:
    """Whether all its slates are in the log, as far as is looked back; a file of long ago is of none."""
    if _slates_of(file) <= wanted:
        return True
    is_older = not heads or file.oldest_at < heads[-1].served_at
    return is_older and file.oldest_at > clock.now() - timedelta(days=KEPT_DAYS)


def _slates_of(file: _File) -> set[UUID]:
    return {slate for entry in file.entries for slate in entry.ids} | set(map(UUID, file.refused))


def _living(found: Iterable[PreparedSlates | None], wanted: set[UUID]) -> Iterator[PreparedSlates]:
    for entry in found:
        if entry is not None:
            kept = np.array([row for row, slate in enumerate(entry.ids) if slate in wanted], int)
            if len(kept):
                yield entry if len(kept) == len(entry.ids) else entry.part(kept)


def _packed(made: PreparedSlates) -> _Entry:
    columns = (made.logged_NK.astype(float), made.same_N.astype(bool), made.left_NK.astype(float))
    logged, same, left = (column.tobytes() for column in columns)
    return _Entry(made.policy_hash, made.audience_id, made.ids, packed_batch(made.batch), logged, same, left)


def _unpacked(entry: _Entry) -> PreparedSlates | None:
    try:
        batch = unpacked_batch(entry.batch)
    except InputError:
        return None
    shape = batch.shown_NK.shape
    return PreparedSlates(
        entry.policy_hash,
        entry.audience_id,
        entry.ids,
        batch,
        np.frombuffer(entry.logged).reshape(shape),
        np.frombuffer(entry.same, bool),
        np.frombuffer(entry.left).reshape(shape),
    )
