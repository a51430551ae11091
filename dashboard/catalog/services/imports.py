"""Imports that a worker does: of files from the page, and of feeds from an address.

The row `FeedImport` is the truth; the message only carries its id. A worker that dies leaves a row that no longer
beats, which the sweeper hands to another: items are written again, never doubled.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext as _

from dashboard.accounts.models import Shop, User
from dashboard.accounts.services import record_audit
from dashboard.catalog.feeds import detected_format, format_by_content
from dashboard.catalog.models import FeedImport, FeedPart, FeedProblem, FeedSource
from dashboard.catalog.services.feeds import import_items
from dashboard.catalog.services.removal import RemovalWish
from dashboard.catalog.services.turns import pass_turn, take_turn
from dashboard.core import clock, errors
from dashboard.core.fetching import Limits, fetch
from dashboard.core.imports import ImportReport
from dashboard.core.jobs import enqueue
from dashboard.core.tenancy import shop_scope
from dashboard.core.verdicts import MAX_VALUE_SHOWN

logger = logging.getLogger(__name__)
PART_BYTES = 1024 * 1024
MAX_FETCHED_BYTES = 1024 * 1024 * 1024
FETCH_SECONDS = 900.0
MAX_KEPT_PROBLEMS = 100_000  # about 15 MB of rows
MAX_WAITING = 50  # uploads and feeds of one shop; at 20 MiB each a gigabyte of rows
MAX_ATTEMPTS = 3
BEAT_SECONDS = 2.0
LOST_AFTER = timedelta(minutes=20)  # a fetch alone may take a quarter of an hour
SENT_AGAIN_AFTER = timedelta(minutes=1)
PREVIEW_KEPT = timedelta(days=1)
IMPORT_KEPT = timedelta(days=90)
State = FeedImport.State
Removal = FeedImport.Removal


@transaction.atomic
def receive_upload(
    *, shop: Shop, upload: UploadedFile, dry_run: bool, requested_by: User, removes_missing: bool = False
) -> FeedImport:
    """Keep an uploaded feed and hand it to a worker. `removes_missing`: what it does not name is taken out."""
    if FeedImport.objects.filter(shop=shop, state=State.WAITING).count() >= MAX_WAITING:
        raise errors.TooMany(_("%(most)s files of this shop wait already. Try again later.") % {"most": MAX_WAITING})
    feed_import = FeedImport.objects.create(
        shop=shop,
        name=Path(upload.name or "feed").name[-200:],
        dry_run=dry_run,
        removal=Removal.ASKED if removes_missing else Removal.NOT_ASKED,
        requested_by=requested_by,
        received_at=clock.now(),
        beat_at=clock.now(),
    )
    for number, block in enumerate(upload.chunks(PART_BYTES)):
        FeedPart.objects.create(feed_import=feed_import, number=number, content=block)
    if not dry_run:
        record_audit(shop=shop, actor=requested_by, action="import.requested", subject=feed_import.name)
    enqueue("catalog.import_feed", import_id=feed_import.pk)
    return feed_import


@transaction.atomic
def import_previewed(*, feed_import: FeedImport, requested_by: User, agreed_to: int = 0) -> FeedImport:
    """Import the file of a dry run for real, or once more one that would have taken out too many items.

    `agreed_to`: as many may go. Raises `Conflict` where the file is no longer kept.
    """
    real = FeedImport.objects.create(
        shop=feed_import.shop,
        name=feed_import.name,
        removal=Removal.ASKED if feed_import.removal else Removal.NOT_ASKED,
        agreed_to=agreed_to,
        requested_by=requested_by,
        received_at=feed_import.received_at,
        beat_at=clock.now(),
    )
    moved = FeedPart.objects.filter(feed_import=feed_import, feed_import__state=State.DONE).update(feed_import=real)
    if not moved:
        raise errors.Conflict(_("This file is no longer kept. Send it again."))
    record_audit(shop=real.shop, actor=requested_by, action="import.requested", subject=real.name[:255])
    enqueue("catalog.import_feed", import_id=real.pk)
    return real


def run_import(*, import_id: int) -> None:
    """Do the import whose turn it is; `import_id` only says that one waits. Afterwards the turn passes on.

    A message that comes twice, or while all turns are taken, does nothing: whoever ends sends the next.
    """
    feed_import = take_turn()
    if feed_import is None:
        return
    try:
        with shop_scope(feed_import.shop_id):
            _carry_out(feed_import)
    finally:
        pass_turn()


def _carry_out(feed_import: FeedImport) -> None:
    feed_import.problems.all().delete()
    try:
        with _file_of(feed_import) as path:
            ended = _imported(feed_import, path) if path else {"state": State.SAME}
    except errors.ForageError as problem:
        ended = {"state": State.FAILED, "reason": problem.message}
    except Exception:
        logger.exception("Import %s failed.", feed_import.pk)
        ended = {"state": State.FAILED, "reason": "Forage failed on this file; its log says why."}
        _end(feed_import, ended)
        raise
    _end(feed_import, ended)


def _end(feed_import: FeedImport, ended: dict[str, Any]) -> None:
    FeedImport.objects.filter(pk=feed_import.pk, state=State.RUNNING).update(ended_at=clock.now(), **ended)
    is_to_confirm = ended.get("removal") == Removal.TOO_MANY
    if ended["state"] == State.FAILED or not (feed_import.dry_run or is_to_confirm):
        feed_import.parts.all().delete()


@contextmanager
def _file_of(feed_import: FeedImport) -> Iterator[Path | None]:
    """The feed as a file with a telling name; None where the address holds what it held the last time."""
    with TemporaryDirectory() as folder:
        if feed_import.source is None:
            yield _put_together(feed_import, Path(folder))
        else:
            yield from _fetched(feed_import.source, Path(folder), _Beat(feed_import.pk))


def _put_together(feed_import: FeedImport, folder: Path) -> Path:
    suffixes = [suffix.lower() for suffix in Path(feed_import.name).suffixes]
    path = folder / ("feed" + "".join(suffixes[-2:] if suffixes[-1:] == [".gz"] else suffixes[-1:]))
    with path.open("wb") as target:
        for part in feed_import.parts.order_by("number").iterator(chunk_size=1):
            target.write(part.content)
    return path


def _fetched(source: FeedSource, folder: Path, beat: "_Beat") -> Iterator[Path | None]:
    path = folder / "feed"
    found = fetch(
        source.url,
        path,
        limits=Limits(MAX_FETCHED_BYTES, FETCH_SECONDS, allow_private=settings.FEEDS_ALLOW_PRIVATE_HOSTS),
        etag=source.etag,
        last_modified=source.last_modified,
        beat=lambda: beat(0),
    )
    if not found.is_new:
        yield None
        return
    yield path.rename(folder / "feed.gz") if found.is_gzip else path
    # only now is it known to be taken: what failed is fetched whole the next time
    FeedSource.objects.filter(pk=source.pk).update(etag=found.etag, last_modified=found.last_modified)


def _imported(feed_import: FeedImport, path: Path) -> dict[str, Any]:
    report = import_items(
        shop=feed_import.shop,
        path=path,
        form=_form(feed_import, path),
        apart=True,
        dry_run=feed_import.dry_run,
        progress=_Beat(feed_import.pk),
        refused=_Problems(feed_import.pk),
        removal=_wish(feed_import),
    )
    if not feed_import.dry_run:
        record_audit(
            shop=feed_import.shop,
            actor=feed_import.requested_by,
            action="catalog.imported",
            subject=feed_import.name,
            rows=report.rows,
            refused=report.rejected_count,
        )
    return {"state": State.DONE, **_counts(report)}


def _wish(feed_import: FeedImport) -> RemovalWish | None:
    if not feed_import.removal:
        return None
    mine = FeedImport.objects.filter(pk=feed_import.pk)
    return RemovalWish(
        since=feed_import.received_at or feed_import.beat_at,  # what is fetched is as new as this attempt
        agreed_to=feed_import.agreed_to,
        actor=feed_import.requested_by,
        subject=feed_import.name,
        looking=lambda: mine.update(removal=Removal.LOOKING, beat_at=clock.now()),
    )


def _form(feed_import: FeedImport, path: Path) -> str:
    if feed_import.source is None:
        return detected_format(path)
    return feed_import.source.form or format_by_content(path)


def _counts(report: ImportReport) -> dict[str, Any]:
    counts: dict[str, Any] = {name: report.changes.get(name, 0) for name in ("new", "changed", "unchanged")}
    counts |= {"rows": report.rows, "duplicates": report.duplicates, "additions": report.additions}
    counts |= {"refused": report.rejected_count, "remarks": asdict(report.remarks)}
    if (found := report.removal) is not None:
        counts |= {"removal": found.outcome, "missing": found.missing, "missing_sample": found.sample}
    return counts


class _Beat:
    """Writes how many rows are done, every two seconds."""

    def __init__(self, import_id: int) -> None:
        self._import_id = import_id
        self._last = monotonic()

    def __call__(self, rows: int) -> None:
        if monotonic() - self._last < BEAT_SECONDS:
            return
        self._last = monotonic()
        mine = FeedImport.objects.filter(pk=self._import_id, state=State.RUNNING)
        if not mine.update(rows=rows, beat_at=clock.now()):
            raise errors.Conflict("Another worker has this import, or somebody deleted it.")


class _Problems:
    """Keeps the bad rows."""

    def __init__(self, import_id: int) -> None:
        self._import_id = import_id
        self._kept = 0

    def __call__(self, rejections: list[dict[str, Any]]) -> None:
        kept = rejections[: MAX_KEPT_PROBLEMS - self._kept]
        self._kept += len(kept)
        FeedProblem.objects.bulk_create(
            FeedProblem(
                feed_import_id=self._import_id,
                line=entry["line"],
                item_id=_storable(entry["item_id"], 255),
                field=_storable(entry["field"], 100),
                value=_storable(entry["value"], MAX_VALUE_SHOWN),
                code=entry["code"],
                message=_storable(entry["message"], 500),
                words=entry["words"],
                values={name: _storable(value, 200) for name, value in entry["values"].items()},
            )
            for entry in kept
        )


def _storable(text: str, most: int) -> str:
    return text.replace("\x00", "")[:most]


def sweep_imports(*, shop: Shop) -> None:
    """Hand out again what no worker took or finished; give up after three attempts; remove what is old."""
    now = clock.now()
    mine = FeedImport.objects.filter(shop=shop)
    lost = mine.filter(state=State.RUNNING, beat_at__lt=now - LOST_AFTER)
    given_up = lost.filter(attempt__gte=MAX_ATTEMPTS)
    given_up.update(state=State.FAILED, ended_at=now, reason="Its worker was lost three times.")
    lost.filter(removal=Removal.LOOKING).update(removal=Removal.ASKED)
    lost.update(state=State.WAITING)
    for waiting in mine.filter(state=State.WAITING, beat_at__lt=now - SENT_AGAIN_AFTER):
        mine.filter(pk=waiting.pk).update(beat_at=now)
        enqueue("catalog.import_feed", import_id=waiting.pk)
    FeedPart.objects.filter(feed_import__shop=shop, feed_import__ended_at__lt=now - PREVIEW_KEPT).delete()
    mine.filter(ended_at__lt=now - IMPORT_KEPT).delete()
