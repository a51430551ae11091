"""What exploration found: of the items it gave a chance, which earn their place.

Tried is an item that most of its slots owe to exploration: one that is shown without it anyway, a bestseller say, was
not found by it. An item's click rate in explored slots is compared with that of all slots of the same placements: what
stands on Home is clicked less than what goes with a product. The verdict needs the 95% interval (Wilson 1927) to lie
wholly on one side; everything else is "too early".
"""

import math
from collections import Counter, defaultdict
from dataclasses import astuple, dataclass
from typing import Literal

from django.db import connection

from dashboard.accounts.models import Shop
from dashboard.catalog.models import Item
from dashboard.core import clock
from dashboard.core.kept import kept

SLATES_MAX = 20_000  # the latest ones; unnesting them takes about 0.3 s
CACHE_SECONDS = 300
SHOWN, BACK_SHOWN = 6, 2  # rows, and how many of them are kept for what went back, however much earns its place
Z = 1.96
SHOWN_MIN = 20
EXPLORED_SHARE_MIN = 0.5
Verdict = Literal["earns", "early", "back"]

_TRIED = """
    WITH slates AS (
        SELECT recommendation_id, placement, items FROM events_exposure
        WHERE shop_id = %(shop)s AND served_at >= %(since)s
        ORDER BY served_at DESC LIMIT %(limit)s
    ), slots AS (
        SELECT s.recommendation_id, s.placement, i.item_id, i.explore
        FROM slates s, jsonb_to_recordset(s.items) AS i(item_id text, explore boolean)
    ), clicks AS (
        SELECT DISTINCT c.recommendation_id, c.item_id FROM events_interaction c
        WHERE c.shop_id = %(shop)s AND c.type = 'select_item' AND c.timestamp >= %(since)s
          AND c.recommendation_id IS NOT NULL
    )
    SELECT slots.placement, slots.item_id, count(*), count(clicks.item_id),
           count(*) FILTER (WHERE slots.explore), count(clicks.item_id) FILTER (WHERE slots.explore)
    FROM slots LEFT JOIN clicks USING (recommendation_id, item_id)
    GROUP BY slots.placement, slots.item_id
"""


@dataclass(frozen=True)
class Tried:
    """An item that exploration showed, how often it did, and what came of it."""

    item_id: str
    shown: int
    clicks: int
    verdict: Verdict

    @property
    def rate(self) -> float:
        return self.clicks / self.shown


@dataclass(frozen=True)
class Found:
    """What exploration tried: counts by verdict, and the items that tell most with their catalog entries."""

    tried: int
    earns: int
    early: int
    back: int
    usual_rate: float
    rows: list[tuple[Tried, Item]]


def exploration_found(shop: Shop, days: int) -> Found:
    """Of the last `days` days; computed at most every five minutes."""
    tried, usual = kept(f"exploration-found:{shop.pk}:{days}", CACHE_SECONDS, lambda: _tried(shop, days))
    counts = Counter(row.verdict for row in tried)
    shown = telling(tried)
    items = {i.item_id: i for i in Item.objects.filter(shop=shop, item_id__in=[row.item_id for row in shown])}
    rows = [(row, items[row.item_id]) for row in shown if row.item_id in items]
    return Found(len(tried), counts["earns"], counts["early"], counts["back"], usual, rows)


def telling(tried: list[Tried]) -> list[Tried]:
    """What earns its place, what went back, and where neither fills the rows what is not decided; most shown first."""
    by_verdict: dict[Verdict, list[Tried]] = {"earns": [], "back": [], "early": []}
    for row in sorted(tried, key=lambda row: (-row.shown, row.item_id)):
        by_verdict[row.verdict].append(row)
    back = by_verdict["back"][: max(BACK_SHOWN, SHOWN - len(by_verdict["earns"]))]
    decided = [*by_verdict["earns"][: SHOWN - len(back)], *back]
    return [*decided, *by_verdict["early"]][:SHOWN]


def _tried(shop: Shop, days: int) -> tuple[list[Tried], float]:
    since, _ = clock.day_bounds(clock.today_in(shop.timezone), shop.timezone)
    since = since - (days - 1) * clock.DAY
    with connection.cursor() as cursor:
        cursor.execute(_TRIED, {"shop": shop.pk, "since": since, "limit": SLATES_MAX})
        rows = [(placement, item_id, _Shown(*counts)) for placement, item_id, *counts in cursor.fetchall()]
    of_placement: dict[str, _Shown] = defaultdict(_Shown)
    of_item: dict[str, _Shown] = defaultdict(_Shown)
    expected: dict[str, float] = defaultdict(float)
    for placement, item_id, shown in rows:
        of_placement[placement] += shown
        of_item[item_id] += shown
    for placement, item_id, shown in rows:
        expected[item_id] += shown.explored * of_placement[placement].rate
    tried = [
        Tried(item_id, shown.explored, shown.explored_clicks, _verdict_of(shown, expected[item_id]))
        for item_id, shown in of_item.items()
        if shown.explored > EXPLORED_SHARE_MIN * shown.slots
    ]
    return tried, sum(of_placement.values(), _Shown()).rate


@dataclass(frozen=True)
class _Shown:
    """Slots and their clicks, and those of them that exploration filled."""

    slots: int = 0
    clicks: int = 0
    explored: int = 0
    explored_clicks: int = 0

    def __add__(self, other: "_Shown") -> "_Shown":
        return _Shown(*(mine + theirs for mine, theirs in zip(astuple(self), astuple(other), strict=True)))

    @property
    def rate(self) -> float:
        return self.clicks / self.slots if self.slots else 0.0


def _verdict_of(shown: _Shown, expected_clicks: float) -> Verdict:
    return verdict(shown.explored_clicks, shown.explored, expected_clicks / shown.explored)


def verdict(clicks: int, shown: int, usual_rate: float) -> Verdict:
    """Few showings decide nothing, however they went: with hundreds of items tried, some are lucky once."""
    if shown < SHOWN_MIN:
        return "early"
    low, high = wilson_interval(clicks, shown)
    if low > usual_rate:
        return "earns"
    return "back" if high < usual_rate else "early"


def wilson_interval(successes: int, trials: int) -> tuple[float, float]:
    """The 95% score interval of a proportion: honest for few trials and for none of them a success."""
    share, square = successes / trials, Z * Z
    center = (share + square / (2 * trials)) / (1 + square / trials)
    half = Z / (1 + square / trials) * math.sqrt(share * (1 - share) / trials + square / (4 * trials * trials))
    return center - half, center + half
