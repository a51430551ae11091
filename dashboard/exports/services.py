"""Writes: ask for an export, write its file, let it go."""

import gzip
import logging
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from dashboard.accounts.models import Shop, User
from dashboard.accounts.services import record_audit
from dashboard.core import clock, errors
from dashboard.core.jobs import enqueue
from dashboard.core.tenancy import operator_scope, shop_scope
from dashboard.core.turns import decide_alone, in_turn
from dashboard.exports import contents, selectors
from dashboard.exports.models import Export, ExportSchedule
from dashboard.training import store

logger = logging.getLogger(__name__)
State = Export.State
TURNS = 1  # of all shops together: a million rows take a worker's thread half a minute
MAX_WAITING = 10  # of a shop
MAX_ATTEMPTS = 3
BEAT_SECONDS = 2.0
LOST_AFTER = timedelta(minutes=5)
SENT_AGAIN_AFTER = timedelta(minutes=1)
KEPT = timedelta(days=1)
ROW_KEPT = timedelta(days=30)
PACKING = 3  # a third of the time of the default level, files a tenth larger
_LOCK = 0x6578706F727473  # "exports"


class _Lost(Exception):
    """Another worker has this export, or its file may not be made any more."""


@transaction.atomic
def request_export(
    *,
    shop: Shop,
    kind: str,
    form: str,
    by: str,
    segment: int | None = None,
    audience: int | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    schedule: ExportSchedule | None = None,
    actor: User | None = None,
) -> Export:
    """Let a worker write a whole list into a file. `by` names who asked, `actor` is that person where it is one;
    `schedule`: what keeps it among its files.

    Raises `TooMany` where the shop waits for many already, `NotFound` for a segment or an audience that there is not,
    `Forbidden` for one of too few visitors.
    """
    if kind == Export.Kind.SEGMENT:
        contents.members(shop, segment or 0)
    if kind == Export.Kind.AUDIENCE:
        contents.audience_members(shop, audience or 0)
    if Export.objects.filter(shop=shop, state=State.WAITING).count() >= MAX_WAITING:
        message = _("%(count)d exports of this shop wait already. Try again when they are written.")
        raise errors.TooMany(message % {"count": MAX_WAITING})
    made = Export.objects.create(
        shop=shop,
        kind=kind,
        form=form,
        segment=segment,
        audience_id=audience,
        schedule=schedule,
        since=since,
        until=until,
        requested_by=by[:100],
        beat_at=clock.now(),
    )
    record_audit(shop=shop, actor=actor, label=by, action="export.requested", subject=kind, rows=made.pk)
    enqueue("exports.write", export_id=made.pk)
    return made


def run_export(*, export_id: int) -> None:
    """Write the export whose turn it is; `export_id` only says that one waits. Afterwards the turn passes on."""
    found = _taken()
    if found is None:
        return
    try:
        with shop_scope(found.shop_id):
            _carry_out(found)
    finally:
        _pass_turn()


def note_download(*, found: Export, by: str, actor: User | None = None) -> None:
    """Somebody fetches the file."""
    record_audit(shop=found.shop, actor=actor, label=by, action="export.fetched", subject=found.kind, rows=found.pk)


def withdraw_exports(*, shop: Shop, reason: str) -> None:
    """Delete the files that may tell of a visitor who was erased; those that are being written begin anew."""
    telling = Export.objects.filter(shop=shop).exclude(kind=Export.Kind.ITEMS)
    for found in telling.filter(state=State.DONE):
        _let_go(found, reason)
        if found.schedule_id is not None:
            ExportSchedule.objects.filter(pk=found.schedule_id).update(due_at=clock.now())
    telling.filter(state=State.RUNNING).update(state=State.WAITING, beat_at=clock.now())


def sweep_exports(*, shop: Shop) -> None:
    """Delete files whose time is over, hand out again what no worker took or finished, give up after three attempts."""
    now, mine = clock.now(), Export.objects.filter(shop=shop)
    for found in mine.filter(state=State.DONE, expires_at__lte=now):
        _let_go(found, "")
    for schedule in ExportSchedule.objects.filter(shop=shop):
        for found in mine.filter(schedule=schedule, state=State.DONE).order_by("-pk")[schedule.kept :]:
            _let_go(found, "")
    lost = mine.filter(state=State.RUNNING, beat_at__lt=now - LOST_AFTER)
    lost.filter(attempt__gte=MAX_ATTEMPTS).update(
        state=State.FAILED, ended_at=now, reason=gettext_noop("Its worker was lost three times.")
    )
    lost.update(state=State.WAITING)
    for waiting in mine.filter(state=State.WAITING, beat_at__lt=now - SENT_AGAIN_AFTER):
        mine.filter(pk=waiting.pk).update(beat_at=now)
        enqueue("exports.write", export_id=waiting.pk)
    mine.filter(ended_at__lt=now - ROW_KEPT).exclude(state=State.DONE).delete()


@operator_scope("shops take turns")
@transaction.atomic
def _taken() -> Export | None:
    decide_alone(_LOCK)
    if Export.objects.filter(state=State.RUNNING, beat_at__gte=clock.now() - LOST_AFTER).count() >= TURNS:
        return None
    running = Export.objects.filter(state=State.RUNNING).values("shop")
    first: Export | None = in_turn(Export.objects.filter(state=State.WAITING).exclude(shop__in=running)).first()
    if first is None:
        return None
    Export.objects.filter(pk=first.pk).update(
        state=State.RUNNING, attempt=F("attempt") + 1, beat_at=clock.now(), rows=0, reason=""
    )
    return Export.objects.select_related("shop").get(pk=first.pk)


@operator_scope("shops take turns")
def _pass_turn() -> None:
    first = in_turn(Export.objects.filter(state=State.WAITING)).first()
    if first is not None:
        enqueue("exports.write", export_id=first.pk)


def _carry_out(found: Export) -> None:
    try:
        with TemporaryDirectory(dir=_work_folder()) as folder:
            path = Path(folder) / "export"
            rows = _write(found, path)
            name = f"exports/shop-{found.shop_id}/{found.pk}-{found.attempt}.{found.form}.gz"
            size = path.stat().st_size
            store.put_file(path, name)
        now = clock.now()
        _end(
            found,
            State.DONE,
            rows=rows,
            size_bytes=size,
            path=name,
            expires_at=None if found.schedule_id else now + KEPT,
        )
    except _Lost:
        logger.warning("Export %s is no longer ours.", found.pk)
    except errors.ForageError as problem:
        _end(found, State.FAILED, reason=problem.message)
    except Exception:
        _end(found, State.FAILED, reason=gettext_noop("Forage failed on this export; its log says why."))
        raise


def _write(found: Export, path: Path) -> int:
    """The lines, packed; returns how many rows they are."""
    rows, last = 0, monotonic()
    with gzip.open(path, "wb", compresslevel=PACKING) as target:
        for line in selectors.contents_of(found).lines(found.form):
            target.write(line.encode() if isinstance(line, str) else line)
            rows += 1
            if monotonic() - last >= BEAT_SECONDS:
                last = monotonic()
                _change(found, rows=rows, beat_at=clock.now())
    return rows - (found.form == Export.Form.CSV)


def _end(found: Export, state: str, **columns: object) -> None:
    try:
        _change(found, state=state, ended_at=clock.now(), **columns)
    except _Lost:
        if path := columns.get("path"):
            store.delete_file(str(path))


def _change(found: Export, **columns: object) -> None:
    """Raises `_Lost` where the export is not ours any more: `attempt` is our fencing token."""
    if not Export.objects.filter(pk=found.pk, state=State.RUNNING, attempt=found.attempt).update(**columns):
        raise _Lost


def _let_go(found: Export, reason: str) -> None:
    store.delete_file(found.path)
    Export.objects.filter(pk=found.pk).update(state=State.EXPIRED, reason=reason)


def _work_folder() -> Path:
    folder = Path(settings.DATA_DIR) / "exports"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
