"""How a visitor's interests went: memberships as the published model sees them, at the end of each month or day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from dashboard.accounts.models import Shop
from dashboard.core import charts, formats
from dashboard.events.selectors import PastInteraction, recent_interactions
from dashboard.segments.selectors import active_segments
from dashboard.serving.request_context import HISTORY_LENGTH, RequestContext
from recommender.serving import HistoryEvent, Recommender

MOST_READ = 2_000  # interactions: 20 ms of the database
MOST_PERIODS = 12
MONTHS_FROM_DAYS = 60  # a shorter past is told by days
NAMED = 0.05  # a share below this in every period is one of the others


@dataclass(frozen=True)
class Period:
    """The memberships at the end of a month or day in which something happened: {number: share}."""

    day: date
    label: str
    shares: dict[int, float]


def periods_of(context: RequestContext) -> list[Period]:
    """Oldest first, the last ones alone; empty without a model, or where it knows nothing that the visitor did."""
    shop, visitor_id = context.request.shop, context.request.visitor_id
    if context.model is None or not visitor_id:
        return []
    past = recent_interactions(shop.pk, visitor_id, MOST_READ)
    zone = ZoneInfo(shop.timezone)
    days = [datetime.fromtimestamp(event.timestamp_seconds, zone).date() for event in past]
    by_month = bool(days) and (days[-1] - days[0]).days >= MONTHS_FROM_DAYS
    ends = {(day.replace(day=1) if by_month else day): place for place, day in enumerate(days, start=1)}
    model = context.model.recommender
    found = [
        Period(day, formats.short_month(day) if by_month else formats.short_date(day), _shares(model, past[:end]))
        for day, end in list(ends.items())[-MOST_PERIODS:]
    ]
    return [period for period in found if period.shares]


def _shares(model: Recommender, past: Sequence[PastInteraction]) -> dict[int, float]:
    """As they were after these: from the interactions that a slate would have rested on then."""
    return model.profile([HistoryEvent(*event) for event in past[-HISTORY_LENGTH:]]).segment_probabilities


def interests_figure(shop: Shop, periods: Sequence[Period]) -> charts.Figure | None:
    """Bars of shares that add up to one; None where there are not two periods to compare."""
    names = {segment.number: segment.name for segment in active_segments(shop)}
    numbers = [number for number in names if any(period.shares.get(number, 0.0) >= NAMED for period in periods)]
    if len(periods) < 2 or not numbers:
        return None
    labels = [period.label for period in periods]
    rows = {number: [period.shares.get(number, 0.0) for period in periods] for number in numbers}
    others = [1.0 - sum(shares) for shares in zip(*rows.values(), strict=True)]
    hover = "%{x}: %{y:.0%}"
    bars = [
        charts.bars(
            labels,
            values,
            name=charts.plain(names[number]),
            color=charts.segment_token(number),
            horizontal=False,
            hover=hover,
        )
        for number, values in rows.items()
    ]
    return charts.Figure(
        key="interests",
        height="sm",
        label=_("Bars: how much the visitor belonged to each segment, over time. %(change)s")
        % {"change": change_sentence(periods, names)},
        caption=change_sentence(periods, names),
        data=[*bars, charts.bars(labels, others, name=_("Others"), color="control", horizontal=False, hover=hover)],
        layout={
            "barmode": "stack",
            "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
            "xaxis": {"type": "category", "nticks": 6},
            "yaxis": charts.percent_axis(range=[0, 1]),
        },
        table=charts.Table(
            [_("Segment"), *labels],
            [
                *([names[number], *map(formats.percent, values)] for number, values in rows.items()),
                [_("Others"), *map(formats.percent, others)],
            ],
        ),
    )


def change_sentence(periods: Sequence[Period], names: dict[int, str]) -> str:
    """What was strongest first and last."""
    first, last = (max(period.shares, key=period.shares.__getitem__) for period in (periods[0], periods[-1]))
    words = {
        "first": names.get(first, _("Others")),
        "last": names.get(last, _("Others")),
        "from": periods[0].label,
        "to": periods[-1].label,
    }
    if first == last:
        return _("Mostly %(first)s from %(from)s to %(to)s.") % words
    return _("Mostly %(first)s at first (%(from)s), mostly %(last)s now (%(to)s).") % words
