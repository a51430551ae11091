"""New items: what each was given, what is known of it, and whether it had its fair trial."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from django.db import connection
from django.db.models import Min, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils.functional import cached_property
from scipy.special import gammaincinv

from dashboard.accounts.models import Shop
from dashboard.beliefs.selectors import earned_by
from dashboard.catalog.models import Item
from dashboard.core import clock
from dashboard.core.kept import kept
from dashboard.events.selectors.bots import is_person
from dashboard.ledger.models import FairTrial
from dashboard.ledger.selectors.trials import fair_trial_of
from dashboard.ledger.selectors.tried import counts_simulated
from recommender.beliefs.items import STRENGTH

PERIODS = (14, 30, 90)
MOST_ITEMS = 200  # the newest
KEPT_SECONDS = 300
SURE = 0.95

Outlook = Literal["unseen", "on_trial", "no_trial", "rising", "fading", "open"]

# What people did with these items; a rendered position is told by a page, a click counts once for each slate.
_GIVEN = f"""
    SELECT item_id, sum(rendered), sum(clicks), sum(carts), sum(sales), sum(money) FROM (
        SELECT item_id, count(DISTINCT recommendation_id) AS rendered, 0 AS clicks, 0 AS carts, 0 AS sales, 0 AS money
        FROM events_impression AS seen
        WHERE shop_id = %(shop)s AND timestamp >= %(since)s AND item_id = ANY(%(items)s)
            AND recommendation_id IS NOT NULL AND simulated = ANY(%(whose)s) AND {is_person("seen", "received_at")}
        GROUP BY item_id
        UNION ALL
        SELECT item_id, 0, count(DISTINCT recommendation_id) FILTER (WHERE type IN ('select_item', 'view_item')),
            count(*) FILTER (WHERE type = 'add_to_cart'), count(*) FILTER (WHERE type = 'purchase'),
            coalesce(sum(value) FILTER (WHERE type = 'purchase' AND currency IN ('', %(currency)s)), 0)
        FROM events_interaction AS did
        WHERE shop_id = %(shop)s AND timestamp >= %(since)s AND item_id = ANY(%(items)s)
            AND simulated = ANY(%(whose)s) AND {is_person("did", "received_at")}
        GROUP BY item_id
    ) AS parts GROUP BY item_id
"""  # noqa: S608  constants of the events' own


@dataclass(frozen=True)
class Given:
    """Rendered positions, and what came of the item: clicks in slates, carts, purchases, their money."""

    rendered: int = 0
    clicks: int = 0
    carts: int = 0
    sales: int = 0
    money: float = 0.0


@dataclass(frozen=True)
class Launch:
    """A new item. clicks, expected: what is believed of it; `trial`: what the shop calls a fair one."""

    item: Item
    arrived_at: datetime
    given: Given
    clicks: float
    expected: float
    trial: FairTrial
    now: datetime

    @property
    def worth(self) -> float:
        """Its clicks for one that a usual item gets in the same slots: 1 where nothing is known."""
        return (STRENGTH + self.clicks) / (STRENGTH + self.expected)

    @cached_property
    def worth_range(self) -> tuple[float, float]:
        """The range of plausible values: quantiles of the Gamma distribution that is believed."""
        shape, rate = STRENGTH + self.clicks, STRENGTH + self.expected
        low, high = gammaincinv(shape, [(1 - SURE) / 2, (1 + SURE) / 2]) / rate
        return float(low), float(high)

    @property
    def age_days(self) -> int:
        return (self.now - self.arrived_at).days

    @property
    def days_left(self) -> int:
        """Of its trial, the begun one counted."""
        return max(self.trial.days - self.age_days, 0)

    @property
    def had_trial(self) -> bool:
        """Whether it was rendered often enough by now; one that took longer than it should had it all the same."""
        return self.given.rendered >= self.trial.positions

    @property
    def outlook(self) -> Outlook:
        low, high = self.worth_range
        if low > 1.0 or high < 1.0:
            return "rising" if low > 1.0 else "fading"
        if self.had_trial:
            return "open"
        if not self.days_left:
            return "no_trial"
        return "on_trial" if self.given.rendered else "unseen"


def launches(shop: Shop, days: int) -> list[Launch]:
    """Items that arrived within so many days, at most MOST_ITEMS, the newest first; figures up to five minutes old.

    What came with the shop's first catalog is not new, unless it says when it was published.
    """
    now = clock.now()
    since = now - timedelta(days=days)
    items = list(_arrived(shop, since, now)[:MOST_ITEMS])
    names = [item.item_id for item in items]
    given = kept(f"launches:{shop.pk}:{days}:{_mark(names)}", KEPT_SECONDS, lambda: _given(shop, names, since))
    earned, trial = earned_by(shop.pk, names), fair_trial_of(shop)
    return [
        Launch(
            item, item.arrived_at, given.get(item.item_id, Given()), *earned.get(item.item_id, (0.0, 0.0)), trial, now
        )
        for item in items
    ]


def _arrived(shop: Shop, since: datetime, now: datetime) -> QuerySet[Any]:
    own = Item.objects.filter(shop=shop)
    first = own.aggregate(first=Min("created_at"))["first"] or now
    came_later = Q(published_at__isnull=False) | Q(created_at__gt=first + clock.DAY)
    rows = own.filter(came_later, deleted_at__isnull=True, is_merchandise=True)
    return (
        rows.annotate(arrived_at=Coalesce("published_at", "created_at"))
        .filter(arrived_at__gte=since, arrived_at__lte=now)
        .order_by("-arrived_at", "item_id")
    )


def _mark(names: Sequence[str]) -> str:
    """A short name for a list of items, the same in every process."""
    return hashlib.sha256(repr(names).encode()).hexdigest()[:16]


def _given(shop: Shop, names: Sequence[str], since: datetime) -> Mapping[str, Given]:
    whose = [True, False] if counts_simulated(shop) else [False]
    asked: dict[str, Any] = {"shop": shop.pk, "items": list(names), "since": since, "whose": whose}
    with connection.cursor() as cursor:
        cursor.execute(_GIVEN, {**asked, "currency": shop.currency})
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return {
        item_id: Given(int(rendered), int(clicks), int(carts), int(sales), float(money))
        for item_id, rendered, clicks, carts, sales, money in rows
    }
