"""What the page of exports shows."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext

from dashboard.accounts.models import Shop
from dashboard.exports import selectors
from dashboard.exports.models import Export
from dashboard.segments import selectors as segments

_ACTIVE = (Export.State.WAITING, Export.State.RUNNING)


@dataclass(frozen=True)
class Row:
    """One export. `name`: of the segment, as the merchant calls it; `reason`: in the language of the page; `last_day`:
    a moment in the last day of its period."""

    export: Export
    name: str
    reason: str
    last_day: datetime | None


@dataclass(frozen=True)
class ExportsPage:
    """The last exports, and what can be asked for."""

    rows: list[Row]
    segments: list[segments.PublishedSegment]

    @property
    def active(self) -> int:
        """How many wait or are being written."""
        return sum(row.export.state in _ACTIVE for row in self.rows)

    @property
    def ready(self) -> int:
        """How many can be fetched."""
        return sum(row.export.state == Export.State.DONE for row in self.rows)


def exports_page(shop: Shop) -> ExportsPage:
    published = segments.active_segments(shop)
    names = {segment.number: segment.name for segment in published}
    return ExportsPage([_row(found, names) for found in selectors.exports(shop)], published)


def _row(found: Export, names: dict[int, str]) -> Row:
    name = names.get(found.segment or 0, "") if found.kind == Export.Kind.SEGMENT else ""
    last_day = found.until and found.until - timedelta(microseconds=1)
    return Row(found, name, gettext(found.reason) if found.reason else "", last_day)
