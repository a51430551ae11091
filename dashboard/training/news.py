"""What is new in a shop since its last training, as figures that decide whether to train again before the night."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from dashboard.accounts.models import Shop
from dashboard.catalog.selectors import items_since
from dashboard.core import clock
from dashboard.training import selectors
from dashboard.training.learnt_rows import counted

MUCH_NEW_SHARE, MUCH_NEW_INTERACTIONS = 0.20, 1_000  # of what was learnt from, and at least
MANY_ITEMS_SHARE, MANY_ITEMS = 0.10, 50  # of the items that were learnt, and at least
DRIFT, DRIFT_INTERACTIONS = 0.25, 1_000  # total variation between the shares of categories; of fewer it is noise
DRIFT_RECENT, DRIFT_BEFORE = timedelta(days=2), timedelta(days=28)

_SHARES = """
    SELECT coalesce(item.categories[1], ''), count(*) FILTER (WHERE i.timestamp >= %(recent)s),
        count(*) FILTER (WHERE i.timestamp < %(recent)s)
    FROM events_interaction i
    JOIN catalog_item item ON item.shop_id = i.shop_id AND item.item_id = i.item_id
    WHERE i.shop_id = %(shop)s AND i.timestamp >= %(since)s AND i.timestamp <= %(now)s
        AND i.type IN ('view_item', 'add_to_cart', 'add_to_wishlist', 'purchase')
    GROUP BY 1
"""


@dataclass(frozen=True)
class News:
    """`drift`: how far the interests of the last two days are from those of the four weeks before, 0 (the same shares
    of categories) to 1 (none in common); None where there is too little of either."""

    interactions: int
    items: int
    drift: float | None
    learnt_interactions: int
    learnt_items: int

    @property
    def calls_for_a_run(self) -> str:
        """Why not to wait for the night: much, items, drift; "" for no reason."""
        if self.interactions >= max(MUCH_NEW_INTERACTIONS, MUCH_NEW_SHARE * self.learnt_interactions):
            return "much"
        if self.items >= max(MANY_ITEMS, MANY_ITEMS_SHARE * self.learnt_items):
            return "items"
        return "drift" if self.drift is not None and self.drift >= DRIFT else ""


def news_of(shop: Shop, *, now: datetime | None = None) -> News | None:
    """Since the last run that ended with an artifact; None where there was none."""
    now, last = now or clock.now(), selectors.last_learnt(shop)
    if last is None:
        return None
    since = last.started_at or last.created_at
    rows = counted(shop, selectors.retrain_plan(shop).counts_simulated)
    return News(
        interactions=rows.filter(received_at__gt=since).count(),
        items=items_since(shop.pk, since),
        drift=_drift(shop, now) if since < now - DRIFT_RECENT else None,  # otherwise it is learnt already
        learnt_interactions=int(last.counts.get("interactions", 0)),
        learnt_items=int(last.counts.get("items", 0)),
    )


def _drift(shop: Shop, now: datetime) -> float | None:
    recent = now - DRIFT_RECENT
    moments: dict[str, Any] = {"shop": shop.pk, "now": now, "recent": recent, "since": recent - DRIFT_BEFORE}
    with connection.cursor() as cursor:
        cursor.execute(_SHARES, moments)
        rows = cursor.fetchall()
    return total_variation([row[1] for row in rows], [row[2] for row in rows])


def total_variation(recent: list[int], before: list[int]) -> float | None:
    """Half the sum of the differences of shares; None where either is of fewer than `DRIFT_INTERACTIONS`."""
    if min(sum(recent), sum(before)) < DRIFT_INTERACTIONS:
        return None
    pairs = zip(recent, before, strict=True)
    return 0.5 * sum(abs(new / sum(recent) - old / sum(before)) for new, old in pairs)
