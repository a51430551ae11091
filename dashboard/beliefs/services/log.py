"""The whole log of a shop, read anew: curves of fatigue, expectations, and beliefs about items."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from dashboard.accounts.models import Shop
from dashboard.beliefs.models import PlacementBelief
from dashboard.beliefs.selectors import kept_beliefs, kept_fatigue
from dashboard.beliefs.services.items import Sums, learn_arrivals, replace_beliefs
from dashboard.beliefs.services.turns import LATE, one_at_a_time
from dashboard.core import clock
from dashboard.events.selectors.rendered import rendered_slots
from recommender.beliefs.rendered import LEARNED_DAYS, Curve, Rendered, earned, fitted_curve

_DAY_SECONDS = 86_400


def learn_what_came(*, shop: Shop) -> None:
    """Add what arrived to what is believed; read the log where there is nothing to add it to."""
    if learn_arrivals(shop=shop) < 0:
        learn_anew(shop=shop)


@transaction.atomic
def learn_anew(*, shop: Shop, now: datetime | None = None) -> int:
    """Estimate from the log how visitors tire at each placement, what is expected of an item there, and what each item
    earned. Returns how many placements. Web processes serve with it within a second; a store that was lost is there
    again."""
    one_at_a_time(shop)
    now = now or clock.now()
    until = now - LATE
    seen = rendered_slots(shop.pk, since=now - timedelta(days=LEARNED_DAYS), until=until)
    placements = sorted(set(seen.placements_N.tolist()))
    curves = {placement: fitted_curve(seen, placement) for placement in placements}
    for placement, curve in curves.items():
        PlacementBelief.objects.update_or_create(
            shop=shop, placement=placement, defaults={**_as_row(curve), "learned_at": now}
        )
    PlacementBelief.objects.filter(shop=shop).exclude(placement__in=placements).delete()
    sums = {placement: _sums(seen, placement, curve, until) for placement, curve in curves.items()}
    replace_beliefs(shop=shop, sums=sums, until=until, now=now)
    kept_fatigue.invalidate(shop.pk)
    kept_beliefs.invalidate(shop.pk)
    return len(placements)


def _as_row(curve: Curve) -> dict[str, Any]:
    """Fields of `PlacementBelief`."""
    low, high = curve.fatigue.interval
    return {
        "rate": curve.fatigue.rate,
        "half_life_days": curve.fatigue.half_life_days,
        "low": low,
        "high": high,
        "impressions": curve.fatigue.impressions,
        "expectation": curve.expectation.to_dict(),
    }


def _sums(seen: Rendered, placement: str, curve: Curve, until: datetime) -> Sums:
    """{item: clicks and expected clicks}, faded."""
    columns = earned(seen, placement, curve, until_day=until.timestamp() / _DAY_SECONDS)
    items, clicks, expected = (column.tolist() for column in columns)
    return dict(zip(items, zip(clicks, expected, strict=True), strict=True))
