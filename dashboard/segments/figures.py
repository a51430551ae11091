"""Writes: what members of segments did, summed once a day, and anew where another artifact is shown or somebody was
erased. A page then reads two rows instead of every interaction. What `figures` of a row consists of:

- `members` [members, clearly, hardly, sum of probabilities], `visitors` (of whom something is known)
- `worth` [buyers, orders, lines, returned, money, its squares, who came back, median of days between orders]
- `months` [[month, visitors, buyers, orders, money]]; `weekdays`, `hours` [[place, visitors, times]]
- `known` [visitors with items, with brands, with prices], `edges` of the bands of prices
- `mix` {kind: [[label, visitors, sum of shares, of their squares]]}
- `breadth` [[bin, visitors, sum of kinds, of their squares]]
- `active` [now, before], `now` [[item, visitors]], `rising` [[item, visitors now, before, ratio, low, high]]
- `belong` {segment: visitors}, `leaning` {segment: sum}
- `placements` {slug: [visitors, sums]}, `shown` {slug: [[item, visitors, slates, slates looked at]]}
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from django.db import connection, transaction

from dashboard.accounts.models import Shop
from dashboard.core import clock
from dashboard.core.jobs import enqueue
from dashboard.events.selectors import shop_days
from dashboard.segments import figures_sql as sql
from dashboard.segments.models import SegmentFigures
from dashboard.segments.selectors import shown_artifact_id
from recommender.data.events import EVENT_WEIGHTS
from recommender.statistics import rate_ratios

WINDOW = timedelta(days=28)  # what is now, and what was before: whole weeks, so that weekdays weigh alike
MONTHS_KEPT = 13
LABELS_KEPT = 100  # of a kind, the largest of each segment
ITEMS_KEPT = 60
LEAST_RISE = 1.25  # of the lower bound: less is nothing that one would act on
SHOWN_KEPT = 20

Parts = dict[int, dict[str, Any]]


def ask_for_figures(shop: Shop) -> None:
    """Have a worker sum them, once this transaction commits."""
    enqueue("segments.sum_figures", shop_id=shop.pk)


def sum_due_figures(*, shop: Shop, now: datetime | None = None) -> bool:
    """Sum them where they are of a day before, of no artifact that is shown, or of somebody who was erased."""
    artifact_id, now = shown_artifact_id(shop), now or clock.now()
    if artifact_id is None:
        return False
    today, _end = clock.day_bounds(clock.local_day(now, shop.timezone), shop.timezone)
    fresh = SegmentFigures.objects.filter(shop=shop, artifact_id=artifact_id, number=sql.SHOPS, is_stale=False)
    return not fresh.filter(summed_at__gte=today).exists() and sum_figures(shop=shop, now=now)


@transaction.atomic
def sum_figures(*, shop: Shop, now: datetime | None = None) -> bool:
    """Sum those of the artifact that is shown; False where there is none. Replaces what there was."""
    artifact_id, now = shown_artifact_id(shop), now or clock.now()
    if artifact_id is None:
        return False
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('segment_figures'), %s)", [shop.pk])
    parts = _summed(shop, artifact_id, now)
    SegmentFigures.objects.filter(shop=shop, artifact_id=artifact_id).delete()
    SegmentFigures.objects.bulk_create(
        SegmentFigures(shop=shop, artifact_id=artifact_id, number=number, figures=figures, summed_at=now)
        for number, figures in sorted(parts.items())
    )
    return True


def forget_visitor(shop: Shop) -> None:
    """Somebody was erased: sums that may hold what they did are made anew by the next sweep."""
    SegmentFigures.objects.filter(shop=shop).update(is_stale=True)


def _summed(shop: Shop, artifact_id: int, now: datetime) -> Parts:
    today = clock.local_day(now, shop.timezone)
    given: dict[str, Any] = {
        "shop": shop.pk,
        "artifact": artifact_id,
        "currency": shop.currency,
        "zone": shop.timezone,
        "simulated": shop_days(shop, today, today).counts_simulated,
        "interests": list(EVENT_WEIGHTS),
        "now_since": now - WINDOW,
        "before_since": now - 2 * WINDOW,
        "months_since": _first_month(shop, now),
    }
    parts: Parts = defaultdict(dict)
    for number, *members in _asked(sql.MEMBERS, given):
        parts[number]["members"] = members
    parts[sql.SHOPS] = {}
    for part in (_touched, _money, _times, _belonging, _slates):
        for (number, name), value in part(given).items():
            if number in parts:
                parts[number][name] = value
    # Last: who came while the others were counted may be among the buyers, so must be among the visitors.
    ((parts[sql.SHOPS]["visitors"],),) = _asked(sql.VISITORS, given)
    return parts


def _first_month(shop: Shop, now: datetime) -> datetime:
    day = clock.local_day(now, shop.timezone)
    month = 12 * day.year + day.month - 1 - (MONTHS_KEPT - 1)
    return clock.day_bounds(day.replace(year=month // 12, month=month % 12 + 1, day=1), shop.timezone)[0]


Part = dict[tuple[int, str], Any]


def _touched(given: dict[str, Any]) -> Part:
    """What they chose: mixes, breadth, items now and rising."""
    with connection.cursor() as cursor:
        cursor.execute(sql.DROP_TOUCHED)
        cursor.execute(sql.TOUCHED, given)
        cursor.execute("ANALYZE forage_touched")
    ((edges,),) = _asked(sql.PRICES, given)
    distinct = sorted(set(edges or []))
    found: Part = {(sql.SHOPS, "edges"): [float(edge) for edge in distinct]}
    for number, *known in _asked(sql.KNOWN, given):
        found[number, "known"] = known
    mixes: dict[int, dict[str, list[list[Any]]]] = defaultdict(lambda: defaultdict(list))
    for number, kind, *row in _asked(sql.MIX, {**given, "edges": distinct}):
        mixes[number][kind].append(row)
    for number, kinds in mixes.items():
        kept = LABELS_KEPT * (10 if number == sql.SHOPS else 1)
        found[number, "mix"] = {
            kind: sorted(rows, key=lambda row: (-row[2], row[0]))[:kept] for kind, rows in kinds.items()
        }
    for number, *row in _asked(sql.BREADTH, given):
        found.setdefault((number, "breadth"), []).append(row)
    return found | _items(given)


def _items(given: dict[str, Any]) -> Part:
    found: Part = {(number, "active"): active for number, *active in _asked(sql.ACTIVE, given)}
    rows: dict[int, list[tuple[str, int, int]]] = defaultdict(list)
    for number, *row in _asked(sql.ITEMS, given):
        rows[number].append((row[0], row[1], row[2]))
    for number, items in rows.items():
        most = sorted((item for item in items if item[1]), key=lambda item: (-item[1], item[0]))
        kept = most if number == sql.SHOPS else most[:ITEMS_KEPT]
        found[number, "now"] = [[item_id, now] for item_id, now, _before in kept]
        if number != sql.SHOPS:
            found[number, "rising"] = _rising(items, *found[number, "active"])
    _drop_unneeded(found)
    return found


def _drop_unneeded(found: Part) -> None:
    """Of the whole shop only the items that a segment tells of."""
    told = {item_id for (number, name), rows in found.items() if name == "now" and number > 0 for item_id, _n in rows}
    everyones = found.get((sql.SHOPS, "now"), [])
    found[sql.SHOPS, "now"] = [row for row in everyones if row[0] in told]


def _rising(items: list[tuple[str, int, int]], active_now: int, active_before: int) -> list[list[Any]]:
    """Items whose rate surely rose, the surest first."""
    if not active_now or not active_before:
        return []
    now_I, before_I = (np.array([item[place] for item in items]) for place in (1, 2))
    found = rate_ratios(now_I, before_I, active_now, active_before)
    order_I = [int(i) for i in np.argsort(-found.low_I, kind="stable") if found.low_I[i] >= LEAST_RISE]
    return [
        [*items[i], *(round(float(value_I[i]), 3) for value_I in (found.ratio_I, found.low_I, found.high_I))]
        for i in order_I[:ITEMS_KEPT]
    ]


def _money(given: dict[str, Any]) -> Part:
    found: Part = {(number, "worth"): worth for number, *worth in _asked(sql.WORTH, given)}
    return found | _gathered("months", _asked(sql.MONTHS, given))


def _times(given: dict[str, Any]) -> Part:
    rows = _asked(sql.WHEN, given)
    weekdays = [(number, day, visitors, times) for number, day, _hour, visitors, times in rows if day is not None]
    hours = [(number, hour, visitors, times) for number, _day, hour, visitors, times in rows if hour is not None]
    return _gathered("weekdays", weekdays) | _gathered("hours", hours)


def _belonging(given: dict[str, Any]) -> Part:
    found: Part = defaultdict(dict)
    for name, query in (("belong", sql.OVERLAP), ("leaning", sql.LEANING)):
        for number, other, value in _asked(query, given):
            found[number, name][str(other)] = value
    return found


def _slates(given: dict[str, Any]) -> Part:
    found: Part = defaultdict(dict)
    for number, placement, *sums in _asked(sql.PLACEMENTS, given):
        found[number, "placements"][placement] = sums
    for number, placement, *row in _asked(sql.SHOWN, given):
        found[number, "shown"].setdefault(placement, []).append(row)
    for (_number, name), of_placements in found.items():
        if name == "shown":
            for placement, rows in of_placements.items():
                of_placements[placement] = sorted(rows, key=lambda row: (-row[2], row[0]))[:SHOWN_KEPT]
    return found


def _gathered(name: str, rows: Iterable[tuple[Any, ...]]) -> Part:
    found: Part = {}
    for number, *row in sorted(rows):
        found.setdefault((number, name), []).append(row)
    return found


def _asked(query: str, given: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, given)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows
