"""Reads: exports of a shop, and their files."""

from typing import BinaryIO
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from dashboard.accounts.models import Shop
from dashboard.core import errors
from dashboard.exports import contents
from dashboard.exports.models import Export, ExportSchedule
from dashboard.training import store

_LISTED = 50


def exports(shop: Shop) -> list[Export]:
    """Newest first."""
    return list(Export.objects.filter(shop=shop).select_related("audience").order_by("-pk")[:_LISTED])


def exports_of_audience(shop: Shop, audience_id: int, *, limit: int) -> list[Export]:
    """Newest first."""
    rows = Export.objects.filter(shop=shop, audience_id=audience_id).select_related("audience")
    return list(rows.order_by("-pk")[:limit])


def schedule_of(shop: Shop, audience_id: int) -> ExportSchedule | None:
    return ExportSchedule.objects.filter(shop=shop, audience_id=audience_id).first()


def schedule(shop: Shop, schedule_id: int, *, locked: bool = False) -> ExportSchedule:
    """One of the shop. Raises `NotFound`."""
    rows = ExportSchedule.objects.filter(shop=shop, pk=schedule_id).select_related("audience")
    found = (rows.select_for_update(of=("self",)) if locked else rows).first()
    if found is None:
        raise errors.NotFound(_("There is no such schedule in this shop."))
    return found


def schedules(shop: Shop) -> list[ExportSchedule]:
    """By the names of their audiences."""
    return list(ExportSchedule.objects.filter(shop=shop).select_related("audience").order_by("audience__name"))


def export(shop: Shop, export_id: int) -> Export:
    """One of the shop. Raises `NotFound`."""
    found = Export.objects.filter(shop=shop, pk=export_id).first()
    if found is None:
        raise errors.NotFound(_("There is no such export in this shop."))
    return found


def export_file(found: Export) -> BinaryIO:
    """Its packed file. Raises `Conflict` while it is not written, `NotFound` once it is gone."""
    if found.state == Export.State.EXPIRED:
        raise errors.NotFound(_(found.reason) if found.reason else _("The file is no longer kept. Ask for another."))
    if found.state != Export.State.DONE:
        raise errors.Conflict(_("There is a file once the export is written."))
    return store.opened_file(found.path)


def file_name(found: Export) -> str:
    """As it is saved, with the day on the shop's clock."""
    day = found.created_at.astimezone(ZoneInfo(found.shop.timezone)).date()
    number = {Export.Kind.SEGMENT: found.segment, Export.Kind.AUDIENCE: found.audience_id}.get(Export.Kind(found.kind))
    name = found.kind if number is None else f"{found.kind}-{number}"
    return f"{name}-{day.isoformat()}.{found.form}.gz"


def contents_of(found: Export) -> contents.Contents:
    """What it asks for. Raises `NotFound` for a segment that the published artifact lacks."""
    if found.kind == Export.Kind.ITEMS:
        return contents.items(found.shop)
    if found.kind == Export.Kind.INTERACTIONS:
        return contents.interactions(found.shop, since=found.since, until=found.until)
    if found.kind == Export.Kind.AUDIENCE:
        return contents.audience_members(found.shop, found.audience_id or 0)
    return contents.members(found.shop, found.segment or 0)
