"""What the events page shows: is data arriving, and is it sound?"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from dashboard.accounts.models import Shop
from dashboard.catalog.selectors import items_by_ids
from dashboard.core import clock, valkey
from dashboard.core.charts import Figure
from dashboard.events import charts, selectors
from dashboard.events.models import BotVisitor, Interaction

SHOWN_INTERACTIONS = 12
SHOWN_BOTS = 10
SILENT_AFTER_MINUTES = 15


@dataclass(frozen=True)
class StreamLine:
    """One interaction of the live list, with the item that it names (None where the catalog lacks it)."""

    interaction: Interaction
    item: Any


@dataclass(frozen=True)
class Live:
    """The moving part of the page. `seen` is the same while nothing of it would change.

    `newest_at` is when the newest event happened, `last_at` when it arrived.
    """

    arrived: int
    newest_at: datetime | None
    last_at: datetime | None
    chart: Figure
    stream: list[StreamLine]
    seen: str
    legend: tuple[charts.Group, ...] = charts.GROUPS

    @property
    def is_history(self) -> bool:
        """Whether all that ever came is past: what is over a day old when it arrives is no sign of life."""
        return self.last_at is not None and self.newest_at is not None and self.last_at - self.newest_at > clock.DAY

    @property
    def is_silent(self) -> bool:
        quiet = timedelta(minutes=SILENT_AFTER_MINUTES)
        return self.last_at is not None and clock.now() - self.last_at > quiet


@dataclass(frozen=True)
class Refusals:
    """What was refused in the last day: how often for which reason, and the last words about it.

    Counted in the broker, so `is_known` is False while that is away.
    """

    counts: dict[str, int]
    examples: list[dict[str, Any]]
    is_known: bool = True

    @property
    def total(self) -> int:
        return sum(self.counts.values())


@dataclass(frozen=True)
class Bots:
    """Visitors that are programs: how many by how they were found, and the newest."""

    counts: dict[str, int]
    newest: list[BotVisitor]

    @property
    def total(self) -> int:
        return sum(self.counts.values())


@dataclass(frozen=True)
class Kept:
    """How long events are kept: by the shop in days, by the installation in months (0: for good)."""

    days: int | None
    installation_months: int


def retention(shop: Shop) -> Kept:
    return Kept(selectors.retention_days(shop.pk), settings.EVENTS_RETENTION_MONTHS)


def bots(shop: Shop) -> Bots:
    return Bots(selectors.bot_counts(shop.pk), list(selectors.bots(shop.pk)[:SHOWN_BOTS]))


def live(shop: Shop) -> Live:
    return _drawn(shop, *_moving(shop))


def live_unless(shop: Shop, seen: str) -> Live | None:
    """None where a page that shows `seen` shows all there is: drawing it costs more than asking."""
    latest, minutes = _moving(shop)
    return None if _seen(latest, minutes) == seen else _drawn(shop, latest, minutes)


def _moving(shop: Shop) -> tuple[list[Interaction], list[selectors.MinuteCount]]:
    latest = list(selectors.latest_interactions(shop.pk, SHOWN_INTERACTIONS))
    return latest, selectors.arrivals_by_minute(shop.pk, charts.SHOWN_MINUTES)


def _drawn(shop: Shop, latest: list[Interaction], minutes: list[selectors.MinuteCount]) -> Live:
    return Live(
        arrived=sum(count.lines for count in minutes),
        newest_at=latest[0].timestamp if latest else None,
        last_at=latest[0].received_at if latest else None,
        chart=charts.arrivals(minutes),
        stream=_stream(shop.pk, latest),
        seen=_seen(latest, minutes),
    )


def _seen(latest: list[Interaction], minutes: list[selectors.MinuteCount]) -> str:
    """Of the last lines, of the sums, and of this minute, with which the axis moves."""
    newest = latest[0].pk if latest else 0
    lines = sum(count.lines for count in minutes)
    return f"{newest}-{lines}-{int(clock.now().timestamp()) // 60}"


def refusals(shop: Shop) -> Refusals:
    counts, examples = selectors.rejected_counts(shop.pk), selectors.rejected_examples(shop.pk)[:5]
    return Refusals(counts, examples, is_known=valkey.answers())


def _stream(shop_id: int, latest: list[Interaction]) -> list[StreamLine]:
    items = items_by_ids(shop_id, {interaction.item_id for interaction in latest})
    return [StreamLine(interaction, items.get(interaction.item_id)) for interaction in latest]
