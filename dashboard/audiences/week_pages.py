"""The digest of a week: which audiences and segments grew and shrank, who entered and left, and what that was worth."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dashboard.accounts.models import Shop
from dashboard.audiences.models import GroupWeek
from dashboard.audiences.selectors import audiences_of, latest_weeks, weeks_of
from dashboard.core import charts, formats
from dashboard.events.selectors import privacy_of
from dashboard.segments.selectors import active_segments

WEEK = timedelta(days=7)
CHART_GROUPS = 12


@dataclass(frozen=True)
class GroupRow:
    """A group in a week. `visitors` None: too few to be told, and so is everything else of it.

    `before`: at the end of the week before, where that is known; `smallest`: of fewer no number is told.
    """

    kind: str
    number: int
    name: str
    visitors: int | None
    before: int | None
    entered: int
    left: int
    revenue: Decimal
    currency: str
    smallest: int

    @property
    def change(self) -> int | None:
        return None if self.visitors is None or self.before is None else self.visitors - self.before

    @property
    def sentence(self) -> str:
        if self.visitors is None:
            few = _("Fewer than %(smallest)s visitors are in it; so few are never told.")
            return few % {"smallest": formats.number(self.smallest)}
        return " ".join([self._size, self._moves, self._worth])

    @property
    def _size(self) -> str:
        facts = {"visitors": formats.number(self.visitors), "before": formats.number(self.before)}
        if self.change is None:
            return (
                ngettext(
                    "It has %(visitors)s visitor; the week before is not known.",
                    "It has %(visitors)s visitors; the week before is not known.",
                    self.visitors or 0,
                )
                % facts
            )
        if self.change == 0:
            return _("It stayed at %(visitors)s visitors.") % facts
        if self.change > 0:
            return _("It grew from %(before)s to %(visitors)s visitors.") % facts
        return _("It shrank from %(before)s to %(visitors)s visitors.") % facts

    @property
    def _moves(self) -> str:
        is_segment = self.kind == GroupWeek.Kind.SEGMENT
        if not self.entered and not self.left:
            return _("No model moved anybody.") if is_segment else _("Nobody entered or left.")
        told = {"entered": self.told(self.entered), "left": self.told(self.left)}
        if is_segment:
            said = _("%(entered)s came from other segments, %(left)s went to others.") % told
            return said[:1].upper() + said[1:]
        said = _("%(entered)s entered, %(left)s left.") % told
        return said[:1].upper() + said[1:]

    @property
    def _worth(self) -> str:
        if not self.revenue or not self.visitors:
            return _("They bought nothing.")
        facts = {
            "revenue": formats.whole_money(self.revenue, self.currency),
            "each": formats.money(self.revenue / self.visitors, self.currency),
        }
        return _("They bought for %(revenue)s, %(each)s each.") % facts

    def told(self, count: int) -> str:
        """A number of visitors, unless they are so few that it is not told."""
        if 0 < count < self.smallest:
            return _("fewer than %(smallest)s") % {"smallest": formats.number(self.smallest)}
        return formats.number(count)

    @property
    def shown_entered(self) -> str:
        return self.told(self.entered)

    @property
    def shown_left(self) -> str:
        return self.told(self.left)


def week_page(shop: Shop, wanted: str) -> dict[str, Any]:
    """`wanted`: the Monday of a week; the newest where there is no such week."""
    weeks = latest_weeks(shop)
    if not weeks:
        return {"week": None, "rows": []}
    week = next((each for each in weeks if each.isoformat() == wanted), weeks[0])
    rows = _rows(shop, week)
    place = weeks.index(week)
    return {
        "week": week,
        "is_now": place == 0,
        "last_day": week + timedelta(days=6),
        "earlier": weeks[place + 1] if place + 1 < len(weeks) else None,
        "later": weeks[place - 1] if place else None,
        "rows": rows,
        "most": next((row for row in rows if row.change), None),
        "chart": _chart(rows),
    }


def _rows(shop: Shop, week: date) -> list[GroupRow]:
    """Those that changed most first, those of whom nothing is told last."""
    smallest = privacy_of(shop.pk).smallest_group
    names: dict[tuple[str, int], str] = {
        (GroupWeek.Kind.AUDIENCE, audience.pk): audience.name for audience in audiences_of(shop)
    }
    names |= {(GroupWeek.Kind.SEGMENT, segment.number): segment.name for segment in active_segments(shop)}
    before = {(row.kind, row.number): row.visitors for row in weeks_of(shop, week - WEEK)}
    rows = [
        GroupRow(
            kind=row.kind,
            number=row.number,
            name=names[row.kind, row.number],
            visitors=_told(row.visitors, smallest),
            before=_told(before.get((row.kind, row.number)), smallest),
            entered=row.entered,
            left=row.left,
            revenue=row.revenue,
            currency=shop.currency,
            smallest=smallest,
        )
        for row in weeks_of(shop, week)
        if (row.kind, row.number) in names
    ]
    return sorted(rows, key=lambda row: (row.visitors is None, -abs(row.change or 0), row.kind, row.name))


def _told(visitors: int | None, smallest: int) -> int | None:
    return None if visitors is None or 0 < visitors < smallest else visitors


def _chart(rows: list[GroupRow]) -> charts.Figure | None:
    """By how many visitors each group grew or shrank."""
    changed = [row for row in rows if row.change][:CHART_GROUPS]
    if not changed:
        return None
    changes = [row.change or 0 for row in reversed(changed)]
    return charts.Figure(
        key="changes",
        label=_("Bars: by how many visitors each group grew or shrank. %(first)s: %(change)s.")
        % {"first": changed[0].name, "change": formats.signed_number(changed[0].change)},
        caption=_("Visitors more or fewer than a week before."),
        data=[
            {
                "type": "bar",
                "orientation": "h",
                "x": changes,
                "y": [row.name.replace("<", "‹").replace(">", "›") for row in reversed(changed)],
                "marker": {"color": [charts.token("positive" if each > 0 else "negative") for each in changes]},
                "hovertemplate": "%{y}: %{x:+,d}<extra></extra>",
            }
        ],
        layout={
            "margin": {"l": 8, "r": 16, "t": 8, "b": 8},
            "xaxis": {"showgrid": True, "zeroline": True, "tickformat": "+,d"},
            "yaxis": {"showgrid": False, "automargin": True},
        },
        table=charts.Table(
            [_("Group"), _("Change")], [[row.name, formats.signed_number(row.change)] for row in changed]
        ),
        height="sm" if len(changed) <= 4 else "md",
    )
