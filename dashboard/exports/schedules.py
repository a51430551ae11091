"""Exports of audiences by a schedule: made, changed, ended, and started when their time has come."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext as _

from dashboard.accounts.audit_words import differences
from dashboard.accounts.models import Shop, User
from dashboard.accounts.services import record_audit
from dashboard.audiences.selectors import audience_of
from dashboard.core import clock, errors
from dashboard.core.jobs import enqueue
from dashboard.exports import selectors
from dashboard.exports.models import Export, ExportSchedule
from dashboard.exports.services import request_export

MOST_KEPT = 30
HOUR = time(5)  # of the shop's clock: figures of the night are summed by then


@transaction.atomic
def create_schedule(*, shop: Shop, audience_id: int, period: str, form: str, kept: int, label: str) -> ExportSchedule:
    """As `schedule_export`, but never in place of one that there is: raises `Conflict` then. `label`: who asked."""
    audience = audience_of(shop, audience_id, locked=True)
    if ExportSchedule.objects.filter(shop=shop, audience=audience).exists():
        raise errors.Conflict(_("This audience has a scheduled export already: change that one."))
    return schedule_export(shop=shop, audience_id=audience_id, period=period, form=form, kept=kept, label=label)


@transaction.atomic
def schedule_export(
    *, shop: Shop, audience_id: int, period: str, form: str, kept: int, actor: User | None = None, label: str = ""
) -> ExportSchedule:
    """Write an audience every day or week from now on, the first time at once, in place of the schedule that it has.

    Raises `NotFound` for an audience that there is not, `Invalid` for another period, form or number of files.
    """
    audience = audience_of(shop, audience_id)
    _check(period, form, kept)
    wishes = {"shop": shop, "period": period, "form": form, "kept": kept, "due_at": clock.now()}
    made, _is_new = ExportSchedule.objects.update_or_create(
        audience=audience, defaults={**wishes, "requested_by": (actor.email if actor else label)[:100]}
    )
    record_audit(
        shop=shop,
        actor=actor,
        label=label,
        action="export.scheduled",
        subject=audience.name,
        period=period,
        kept=kept,
    )
    return made


@transaction.atomic
def change_schedule(
    *,
    shop: Shop,
    schedule_id: int,
    period: str | None = None,
    form: str | None = None,
    kept: int | None = None,
    label: str,
) -> ExportSchedule:
    """What is left out stays. Another period counts from the next time on; nothing is written at once.

    Raises `NotFound` and `Invalid` as `schedule_export`.
    """
    found = selectors.schedule(shop, schedule_id, locked=True)
    before = {"period": found.period, "form": found.form, "kept": found.kept}
    found.period, found.form = period or found.period, form or found.form
    found.kept = found.kept if kept is None else kept
    _check(found.period, found.form, found.kept)
    changes = differences(before, {"period": found.period, "form": found.form, "kept": found.kept})
    if not changes:
        return found
    if "period" in changes:
        found.due_at = next_time(found.period, clock.now(), shop.timezone)
    found.save(update_fields=["period", "form", "kept", "due_at"])
    name = found.audience.name
    action = "export.schedule_changed"
    record_audit(shop=shop, actor=None, label=label, action=action, subject=name, changes=changes)
    return found


@transaction.atomic
def end_schedule(*, shop: Shop, audience_id: int, actor: User | None = None, label: str = "") -> None:
    """Write it no more; files that are there are kept for another day. Raises `NotFound` where there is no schedule."""
    found = ExportSchedule.objects.filter(shop=shop, audience_id=audience_id).select_related("audience").first()
    if found is None:
        raise errors.NotFound(_("This audience has no scheduled export."))
    Export.objects.filter(schedule=found, state=Export.State.DONE).update(expires_at=clock.now() + clock.DAY)
    record_audit(shop=shop, actor=actor, label=label, action="export.unscheduled", subject=found.audience.name)
    found.delete()


def write_now(*, shop: Shop, schedule_id: int, by: str, actor: User | None = None) -> Export:
    """Have a file of a schedule written out of turn: it is kept among the others, and the next time stays.

    Raises `NotFound`, and as `request_export`.
    """
    found = selectors.schedule(shop, schedule_id)
    return request_export(
        shop=shop,
        kind=Export.Kind.AUDIENCE,
        audience=found.audience_id,
        form=found.form,
        schedule=found,
        by=by,
        actor=actor,
    )


def start_due_exports(*, shop: Shop) -> int:
    """Ask for the exports whose time has come. Returns how many. Safe to run twice at once."""
    started = 0
    while _start_one(shop):
        started += 1
    return started


@transaction.atomic
def _start_one(shop: Shop) -> bool:
    now = clock.now()
    due = ExportSchedule.objects.filter(shop=shop, due_at__lte=now, audience__archived_at=None)
    found = due.select_for_update(skip_locked=True, of=("self",)).order_by("due_at").first()
    if found is None:
        return False
    found.due_at = next_time(found.period, now, shop.timezone)
    found.save(update_fields=["due_at"])
    made = Export.objects.create(
        shop=shop,
        kind=Export.Kind.AUDIENCE,
        form=found.form,
        audience_id=found.audience_id,
        schedule=found,
        requested_by=found.requested_by,
        beat_at=now,
    )
    enqueue("exports.write", export_id=made.pk)
    return True


def next_time(period: str, now: datetime, zone: str) -> datetime:
    """Five in the morning of the shop's next day, or of its next Monday."""
    today = now.astimezone(ZoneInfo(zone)).date()
    days = 1 if period == ExportSchedule.Period.DAILY else 7 - today.weekday()
    local = datetime.combine(today + timedelta(days=days), HOUR, ZoneInfo(zone))
    return local.astimezone(UTC)


def _check(period: str, form: str, kept: int) -> None:
    if period not in ExportSchedule.Period or form not in Export.Form or not 1 <= kept <= MOST_KEPT:
        message = _("Choose a period, a format, and 1 to %(most)s files to keep.") % {"most": MOST_KEPT}
        raise errors.Invalid(message)
