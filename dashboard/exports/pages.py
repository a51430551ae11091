"""What the page of exports shows."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext

from dashboard.accounts.models import Shop
from dashboard.audiences.models import Audience
from dashboard.audiences.selectors import audience_of, audiences_of
from dashboard.exports import selectors
from dashboard.exports.models import Export, ExportSchedule
from dashboard.exports.schedules import MOST_KEPT
from dashboard.segments import selectors as segments

FILES_SHOWN = 10
_ACTIVE = (Export.State.WAITING, Export.State.RUNNING)


@dataclass(frozen=True)
class Row:
    """One export. `name`: of the segment or audience, as the merchant calls it; `reason`: in the language of the page;
    `last_day`: a moment in the last day of its period."""

    export: Export
    name: str
    reason: str
    last_day: datetime | None


@dataclass(frozen=True)
class ExportsPage:
    """The last exports, and what can be asked for."""

    rows: list[Row]
    segments: list[segments.PublishedSegment]
    audiences: list[Audience]
    schedules: list[ExportSchedule]

    @property
    def active(self) -> int:
        """How many wait or are being written."""
        return sum(row.export.state in _ACTIVE for row in self.rows)

    @property
    def ready(self) -> int:
        """How many can be fetched."""
        return sum(row.export.state == Export.State.DONE for row in self.rows)


@dataclass(frozen=True)
class AudienceExports:
    """The schedule of an audience, where it has one, and its last files."""

    audience: Audience
    schedule: ExportSchedule | None
    rows: list[Row]
    most_kept: int = MOST_KEPT

    @property
    def period(self) -> str:
        return self.schedule.get_period_display() if self.schedule else ""


def exports_page(shop: Shop) -> ExportsPage:
    published = segments.active_segments(shop)
    names = {segment.number: segment.name for segment in published}
    rows = [_row(found, names) for found in selectors.exports(shop)]
    return ExportsPage(rows, published, list(audiences_of(shop)), selectors.schedules(shop))


def audience_exports(shop: Shop, audience_id: int) -> AudienceExports:
    """Raises `NotFound`."""
    audience = audience_of(shop, audience_id)
    found = selectors.exports_of_audience(shop, audience_id, limit=FILES_SHOWN)
    return AudienceExports(audience, selectors.schedule_of(shop, audience_id), [_row(each, {}) for each in found])


def _row(found: Export, names: dict[int, str]) -> Row:
    name = names.get(found.segment or 0, "") if found.kind == Export.Kind.SEGMENT else ""
    if found.audience is not None:
        name = found.audience.name
    last_day = found.until and found.until - timedelta(microseconds=1)
    return Row(found, name, gettext(found.reason) if found.reason else "", last_day)
