"""What each item earned: added up while events arrive."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

import numpy as np
from django.db import connection, transaction

from dashboard.accounts.models import Shop
from dashboard.beliefs.models import ItemBelief, Learning
from dashboard.beliefs.selectors import expectation_of, kept_beliefs
from dashboard.beliefs.services.turns import LATE, one_at_a_time
from dashboard.core import clock
from dashboard.events.selectors.rendered import Arrived, arrived_slots
from recommender.slate.record import RecordError, SlateRecord

Sums = Mapping[str, tuple[float, float]]  # {item: (clicks, expected clicks)}
_ADD = """
    INSERT INTO beliefs_itembelief AS known (shop_id, placement, item_id, clicks, expected, revision)
    SELECT %(shop)s, %(placement)s, item_id, clicks, expected, %(revision)s
    FROM unnest(%(items)s::text[], %(clicks)s::float8[], %(expected)s::float8[]) AS sums (item_id, clicks, expected)
    ON CONFLICT (shop_id, placement, item_id) DO UPDATE SET revision = excluded.revision,
        clicks = known.clicks + excluded.clicks, expected = known.expected + excluded.expected
"""


@transaction.atomic
def learn_arrivals(*, shop: Shop, now: datetime | None = None) -> int:
    """Add what arrived since the last time to what is believed of the items. Returns of how many slots, −1 where the
    shop has no beliefs yet, or has lost them: then the whole log is to be read."""
    one_at_a_time(shop)
    now = now or clock.now()
    learning = Learning.objects.filter(shop=shop).first()
    if learning is None:
        return -1
    until = max(now - LATE, learning.learned_until)
    arrived = arrived_slots(shop.pk, since=learning.learned_until, until=until)
    learning.learned_until = until
    if arrived:
        learning.revision = _next_revision(learning.revision, now)
        for placement in sorted({slot.placement for slot in arrived}):
            own = [slot for slot in arrived if slot.placement == placement]
            _add(shop, placement, _sums(shop, placement, own), learning.revision)
        kept_beliefs.invalidate(shop.pk)
    learning.save()
    return len(arrived)


def replace_beliefs(*, shop: Shop, sums: Mapping[str, Sums], until: datetime, now: datetime) -> None:
    """{placement: what its items earned} in place of all that was believed."""
    before = Learning.objects.filter(shop=shop).values_list("revision", flat=True).first() or 0
    revision = _next_revision(before, now)
    ItemBelief.objects.filter(shop=shop).delete()
    for placement, own in sums.items():
        _add(shop, placement, own, revision)
    values = {"learned_until": until, "revision": revision, "counted_revision": revision}
    Learning.objects.update_or_create(shop=shop, defaults=values)


def _next_revision(before: int, now: datetime) -> int:
    """By the clock, so that it rises where the store was lost, too."""
    return max(before + 1, int(now.timestamp() * 1000))


def _sums(shop: Shop, placement: str, slots: Sequence[Arrived]) -> Sums:
    expected_N = expectation_of(shop.pk, placement).of(
        np.array([slot.position for slot in slots]), np.array([slot.score for slot in slots])
    )
    fatigue_of = cache(_fatigue_in)  # a record once, whatever number of its slots arrived
    sums: dict[str, tuple[float, float]] = {}
    for slot, expected in zip(slots, expected_N.tolist(), strict=True):
        clicks, so_far = sums.get(slot.item_id, (0.0, 0.0))
        sums[slot.item_id] = (
            clicks + slot.is_newly_clicked,
            so_far + (expected * _tired(slot, fatigue_of) if slot.is_newly_seen else 0.0),
        )
    return sums


def _tired(slot: Arrived, fatigue_of: Callable[[bytes], np.ndarray | None]) -> float:
    """The factor of fatigue with which it was served; 1 where the log does not tell."""
    fatigue_K = fatigue_of(bytes(slot.record or b""))
    return 1.0 if fatigue_K is None else float(fatigue_K[slot.position - 1])


def _fatigue_in(record: bytes) -> np.ndarray | None:
    """Of what was shown, by position."""
    try:
        read = SlateRecord.decode(record)
    except RecordError:
        return None
    return None if read.fatigue_C is None else read.fatigue_C[read.shown_K]


def _add(shop: Shop, placement: str, sums: Sums, revision: int) -> None:
    ordered = sorted(sums.items())
    parameters: dict[str, Any] = {
        "shop": shop.pk,
        "placement": placement,
        "revision": revision,
        "items": [item_id for item_id, _ in ordered],
        "clicks": [clicks for _, (clicks, _) in ordered],
        "expected": [expected for _, (_, expected) in ordered],
    }
    with connection.cursor() as cursor:
        cursor.execute(_ADD, parameters)
