"""Reads: exports of a shop, and their files."""

from typing import BinaryIO
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from dashboard.accounts.models import Shop
from dashboard.core import errors
from dashboard.exports import contents
from dashboard.exports.models import Export
from dashboard.training import store

_LISTED = 50


def exports(shop: Shop) -> list[Export]:
    """Newest first."""
    return list(Export.objects.filter(shop=shop).order_by("-pk")[:_LISTED])


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
    name = f"segment-{found.segment}" if found.kind == Export.Kind.SEGMENT else found.kind
    return f"{name}-{day.isoformat()}.{found.form}.gz"


def contents_of(found: Export) -> contents.Contents:
    """What it asks for. Raises `NotFound` for a segment that the published artifact lacks."""
    if found.kind == Export.Kind.ITEMS:
        return contents.items(found.shop)
    if found.kind == Export.Kind.INTERACTIONS:
        return contents.interactions(found.shop, since=found.since, until=found.until)
    return contents.members(found.shop, found.segment or 0)
